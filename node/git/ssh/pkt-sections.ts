/** Cuts what a client sends into sections that end with a flush; what follows stays as it is. */
import { JoineryError } from '../../../protocols/errors.ts'
import { readPkt } from '../pkt-line.ts'
import { MAX_SECTION_BYTES } from './limits.ts'

export interface Section {
  /** Whole, with its flush. */
  bytes: Buffer
  lines: Buffer[]
}

export class PktSections {
  readonly #source: AsyncIterator<Uint8Array>
  #held: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /**
   * @returns undefined when the client has ended instead of beginning another one
   * @throws JoineryError `PUSH_MALFORMED`, `TOO_LARGE`, `CLOSED` in the middle of a section
   */
  async next(): Promise<Section | undefined> {
    const lines: Buffer[] = []
    for (let at = 0; ; ) {
      const read = readPkt(this.#held, at)
      if (read) {
        at = read.next
        if (read.pkt.kind === 'line') lines.push(read.pkt.bytes)
        if (read.pkt.kind !== 'flush') continue
        const bytes = this.#held.subarray(0, at)
        this.#held = this.#held.subarray(at)
        return { bytes, lines }
      }
      if (this.#held.length > MAX_SECTION_BYTES) throw new JoineryError('TOO_LARGE', 'a request without an end')
      const more = await this.#source.next()
      if (more.done === true) {
        if (this.#held.length === 0) return undefined
        throw new JoineryError('CLOSED', 'the client ended in the middle of a request')
      }
      this.#held = Buffer.concat([this.#held, more.value])
    }
  }

  /** All that comes after the sections that were taken. */
  async *rest(): AsyncGenerator<Uint8Array> {
    if (this.#held.length > 0) yield this.#held
    this.#held = Buffer.alloc(0)
    for (let more = await this.#source.next(); more.done !== true; more = await this.#source.next()) yield more.value
  }
}
