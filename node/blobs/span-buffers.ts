import type { ServerResponse } from 'node:http'
import { KEPT_BUFFERS, SPAN_BYTES } from './limits.ts'

/**
 * Buffers of one span that are used again. New memory for each span costs more than reading and sending it: 0.5 to 0.7 CPU s per GB
 * against 0.25, by page faults and collections.
 */
export class SpanBuffers {
  readonly #free: Uint8Array[] = []

  /** The buffer is `action`'s until it ends. One that a broken answer may still be using is left to the collector. */
  async use(response: ServerResponse, action: (buffer: Uint8Array) => Promise<void>): Promise<void> {
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(SPAN_BYTES)
    await action(buffer)
    if (response.writableFinished && this.#free.length < KEPT_BUFFERS) this.#free.push(buffer)
  }
}
