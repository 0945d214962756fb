import type { ServerResponse } from 'node:http'
import { JoineryError } from '../../protocols/errors.ts'
import type { Clock } from '../platform/clock.ts'
import { STALLED_CLIENT_MS } from './limits.ts'

/** What a slow visitor gets at once, so that "nothing left in 30 s" means less than 1 KB/s and not a crowded radio. */
const SLOW_SPAN_BYTES = 32 * 1024
const SLOW_SPAN_MS = 3_000

/**
 * Sends spans as fast as the visitor takes them; the next one is asked for when this one has left, so that its buffer may be used again.
 * Resolves when all is sent or the visitor left. A visitor who takes nothing for 30 s is cut off.
 *
 * @param spans ended early when the visitor leaves
 */
export async function sendSpans(
  components: { clock: Clock },
  response: ServerResponse,
  spans: AsyncIterable<Uint8Array>,
  sent?: (bytes: number) => void
): Promise<void> {
  if (await sendPart(components, response, spans, sent)) await ended(components.clock, response)
}

/** The same without the end of the answer. False when the visitor has left. */
export async function sendPart(
  components: { clock: Clock },
  response: ServerResponse,
  spans: AsyncIterable<Uint8Array>,
  sent?: (bytes: number) => void
): Promise<boolean> {
  const { clock } = components
  let slow = false
  for await (const span of spans) {
    for (let at = 0; at < span.length; ) {
      const part = slow ? span.subarray(at, at + SLOW_SPAN_BYTES) : span.subarray(at)
      at += part.length
      const askedMs = clock.monotonicMs()
      if (!(await left(clock, response, part))) return false
      sent?.(part.length)
      slow = clock.monotonicMs() - askedMs > SLOW_SPAN_MS
    }
  }
  return !response.destroyed
}

/** Sends one last span. Resolves when it has left or the visitor has. */
export function ended(clock: Clock, response: ServerResponse, bytes?: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(STALLED_CLIENT_MS, () => response.destroy())
    const done = (): void => {
      cancel()
      resolve()
    }
    // `close` follows `finish` and also a visitor who left.
    response.once('close', done)
    if (response.destroyed) done()
    else if (bytes) response.end(bytes, done)
    else response.end(done)
  })
}

/** Resolves when the part was handed to the system; false when the visitor left, or took nothing for so long that it was cut off. */
function left(clock: Clock, response: ServerResponse, part: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (stays: boolean): void => {
      cancel()
      response.off('close', onClose)
      resolve(stays)
    }
    const onClose = (): void => end(false)
    const cancel = clock.after(STALLED_CLIENT_MS, () => {
      response.destroy()
      end(false)
    })
    if (response.destroyed || response.writableEnded) {
      end(false)
      return
    }
    response.once('close', onClose)
    response.write(part, (error) => end(!error))
  })
}

/** Waits for the first span, so that what cannot be had is an error and not an answer that breaks off. */
export async function begun(spans: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = spans[Symbol.asyncIterator]()
  const first = await iterator.next()
  let next: Promise<IteratorResult<Uint8Array>> | undefined = Promise.resolve(first)
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const now = next ?? iterator.next()
        next = undefined
        return now
      },
      async return() {
        await iterator.return?.()
        return { done: true, value: undefined }
      }
    })
  }
}

export function cutOff(response: ServerResponse, error: unknown): void {
  // The head has gone out: only a broken connection tells the visitor that the bytes are not complete.
  response.destroy(error instanceof Error ? error : new JoineryError('INTERNAL', 'reading failed'))
}
