/** Cuts what a client sends into sections that end with a flush; what follows stays as it is. */
import { JoineryError } from '../../../protocols/errors.ts'
import { readPkt } from '../pkt-line.ts'
import { MAX_SECTION_BYTES } from './limits.ts'

const FIRST_SPACE_BYTES = 16 * 1024

export interface Section {
  /** Whole, with its flush. */
  bytes: Buffer
  lines: Buffer[]
}

export class PktSections {
  readonly #source: AsyncIterator<Uint8Array>
  #space = Buffer.alloc(FIRST_SPACE_BYTES)
  /** What is in it and was not given out. */
  #held = this.#space.subarray(0, 0)

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
      this.#hold(more.value)
    }
  }

  /** Grows by doubling: a long section is copied a few times, and not once for each of its lines. */
  #hold(bytes: Uint8Array): void {
    const length = this.#held.length + bytes.length
    const start = this.#held.byteOffset - this.#space.byteOffset
    if (start + length > this.#space.length) {
      const before = this.#held
      // A new one also where the old would do: what was given out may still be read.
      this.#space = Buffer.allocUnsafe(Math.max(FIRST_SPACE_BYTES, length * 2))
      this.#space.set(before, 0)
      this.#held = this.#space.subarray(0, before.length)
    }
    const at = this.#held.byteOffset - this.#space.byteOffset
    this.#space.set(bytes, at + this.#held.length)
    this.#held = this.#space.subarray(at, at + length)
  }

  /** All that comes after the sections that were taken. */
  async *rest(): AsyncGenerator<Uint8Array> {
    const held = this.#held
    this.#held = this.#space.subarray(0, 0)
    if (held.length > 0) yield held
    for (let more = await this.#source.next(); more.done !== true; more = await this.#source.next()) yield more.value
  }
}
