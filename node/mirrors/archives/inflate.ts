import { pipeline, Readable } from 'node:stream'
import { createGunzip, createInflateRaw } from 'node:zlib'
import type { ImportSource } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import '../errors.ts'
import { INFLATION_FREE_BYTES, MAX_INFLATED_BYTES, MAX_INFLATION, READ_BYTES } from './limits.ts'

/** Bytes `start` ≤ i < `end` of a file, in spans of `READ_BYTES`. A file that ends earlier is broken (or changed while we read it). */
export async function* spans(source: ImportSource, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; ) {
    const bytes = await source.read(at, Math.min(READ_BYTES, end - at))
    if (bytes.length === 0) throw new JoineryError('ARCHIVE_BROKEN', `${source.path}: the file ends too early`)
    at += bytes.length
    yield bytes
  }
}

/** Exactly `length` bytes; for small lengths. */
export async function readExactly(source: ImportSource, position: number, length: number): Promise<Uint8Array> {
  if (position < 0 || length < 0 || position + length > source.sizeBytes) {
    throw new JoineryError('ARCHIVE_BROKEN', `${source.path}: points past its own end`)
  }
  const first = await source.read(position, length)
  if (first.length === length) return first
  const whole = new Uint8Array(length)
  let at = 0
  for await (const bytes of spans(source, position, position + length)) {
    whole.set(bytes.subarray(0, length - at), at)
    at += bytes.length
  }
  return whole
}

/** Counts what comes out of one archive, over all of its entries, and ends a bomb early. */
export class InflationMeter {
  #inflated = 0
  readonly #limit: number
  readonly #label: string

  constructor(archive: { path: string; sizeBytes: number }) {
    this.#label = archive.path
    this.#limit = Math.min(MAX_INFLATED_BYTES, Math.max(INFLATION_FREE_BYTES, archive.sizeBytes * MAX_INFLATION))
  }

  /** How much may still come out. */
  get leftBytes(): number {
    return this.#limit - this.#inflated
  }

  add(bytes: number): void {
    this.#inflated += bytes
    if (this.#inflated > this.#limit) {
      throw new JoineryError('ARCHIVE_UNSAFE', `${this.#label}: unpacks to more than ${MAX_INFLATION} times its size`)
    }
  }
}

/** @throws JoineryError ARCHIVE_BROKEN when the stream is damaged, cut off, or longer than what was compressed */
export async function* inflate(
  kind: 'gzip' | 'raw',
  source: ImportSource,
  start: number,
  end: number,
  meter: InflationMeter
): AsyncGenerator<Uint8Array> {
  const engine = kind === 'gzip' ? createGunzip() : createInflateRaw()
  const input = Readable.from(spans(source, start, end))
  // An error of the input or of the engine comes out of the loop below: the callback is only there so that it is nobody else's.
  pipeline(input, engine, () => {})
  try {
    for await (const bytes of engine as AsyncIterable<Uint8Array>) {
      meter.add(bytes.length)
      yield bytes
    }
    if (engine.bytesWritten !== end - start) {
      throw new JoineryError('ARCHIVE_BROKEN', `${source.path}: has bytes after its end`)
    }
  } catch (error) {
    if (error instanceof JoineryError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (!code.startsWith('Z_') && code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
    throw new JoineryError('ARCHIVE_BROKEN', `${source.path}: damaged or cut off (${code})`, { cause: error })
  } finally {
    engine.destroy()
    input.destroy()
  }
}
