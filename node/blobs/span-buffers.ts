import type { ServerResponse } from 'node:http'

/**
 * Buffers of one length that are used again. New memory for each span costs more than reading and sending it: 0.5 to 0.7 CPU s per GB
 * against 0.25, by page faults and collections.
 */
export class SpanBuffers {
  readonly #bytes: number
  readonly #kept: number
  readonly #free: Uint8Array[] = []
  /** How many are in use. */
  used = 0

  /** @param init.kept so many are kept for the next answer */
  constructor(init: { bytes: number; kept: number }) {
    this.#bytes = init.bytes
    this.#kept = init.kept
  }

  /** The buffer is `action`'s until it ends. One that a broken answer may still be using is left to the collector. */
  async use(response: ServerResponse, action: (buffer: Uint8Array) => Promise<void>): Promise<void> {
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes)
    this.used++
    try {
      await action(buffer)
    } finally {
      this.used--
    }
    if (response.writableFinished && this.#free.length < this.#kept) this.#free.push(buffer)
  }
}
