/** Asks devices for pages as a learner's programs would: over the network, with a limit on time and bytes. */
import { JoineryError } from '../../../protocols/errors.ts'
import { type Clock, sleep } from '../../platform/clock.ts'
import { sha256Hasher } from '../../platform/hash.ts'

/** A weak Wi-Fi and a busy Pi. */
const ANSWER_MS = 30_000
/** Indexes of a whole mirror have some megabytes. */
const MAX_TEXT_BYTES = 16 * 2 ** 20

export class HttpVisitor {
  readonly #clock: Clock
  readonly #signal: AbortSignal

  constructor(components: { clock: Clock }, init: { signal: AbortSignal }) {
    this.#clock = components.clock
    this.#signal = init.signal
  }

  /** @throws Error with what the device answered instead */
  async text(address: string, init: RequestInit = {}): Promise<string> {
    return await this.#ask(address, init, async (answer) => {
      const parts: Uint8Array[] = []
      let bytes = 0
      for await (const part of bodyOf(answer)) {
        bytes += part.length
        if (bytes > MAX_TEXT_BYTES) throw new JoineryError('TOO_LARGE', 'the answer is too long')
        parts.push(part)
      }
      return Buffer.concat(parts).toString()
    })
  }

  /** Reads all of it and keeps nothing. */
  async digest(address: string): Promise<{ digest: Uint8Array; bytes: number }> {
    return await this.#ask(address, {}, async (answer) => {
      const hash = sha256Hasher()
      let bytes = 0
      for await (const part of bodyOf(answer)) {
        hash.update(part)
        bytes += part.length
      }
      return { digest: hash.digest(), bytes }
    })
  }

  /** What one device made a moment ago reaches the others within a second or so. */
  async until<Value>(withinMs: number, ask: () => Promise<Value>): Promise<Value> {
    const endMs = this.#clock.monotonicMs() + withinMs
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (this.#clock.monotonicMs() >= endMs) throw error
        await sleep(this.#clock, 250, this.#signal)
      }
    }
  }

  async #ask<Value>(address: string, init: RequestInit, read: (answer: Response) => Promise<Value>): Promise<Value> {
    const limit = new AbortController()
    const cancel = this.#clock.after(ANSWER_MS, () => limit.abort(new JoineryError('TIMED_OUT', 'no answer in time')))
    try {
      const answer = await fetch(address, { ...init, signal: AbortSignal.any([limit.signal, this.#signal]) })
      if (!answer.ok) {
        await answer.body?.cancel()
        throw new JoineryError('NOT_FOUND', `${new URL(address).pathname} was answered with ${answer.status}`)
      }
      return await read(answer)
    } finally {
      cancel()
    }
  }
}

function bodyOf(answer: Response): AsyncIterable<Uint8Array> {
  return (answer.body ?? []) as unknown as AsyncIterable<Uint8Array>
}
