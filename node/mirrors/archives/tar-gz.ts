import type { ImportSource } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { InflationMeter, inflate } from './inflate.ts'
import { type TarEntry, TarReader, type TarSink } from './tar.ts'

/**
 * Reads a whole `.tar.gz`, so that one that is cut off is noticed wherever the cut is.
 *
 * @throws JoineryError ARCHIVE_BROKEN, ARCHIVE_UNSAFE, ARCHIVE_TOO_LARGE
 */
export async function readTarGz(source: ImportSource, onEntry: (entry: TarEntry) => TarSink): Promise<void> {
  const reader = new TarReader(source.path, onEntry)
  for await (const bytes of inflate('gzip', source, 0, source.sizeBytes, new InflationMeter(source))) reader.push(bytes)
  reader.end()
}

/** A sink that keeps what it gets, for the few small files that we look into. */
export class SmallFile {
  readonly #name: string
  readonly #maxBytes: number
  readonly #parts: Uint8Array[] = []
  #size = 0

  /** @param name for the message */
  constructor(name: string, maxBytes: number) {
    this.#name = name
    this.#maxBytes = maxBytes
  }

  readonly sink = (bytes: Uint8Array): void => {
    this.#size += bytes.length
    if (this.#size > this.#maxBytes) {
      throw new JoineryError('ARCHIVE_TOO_LARGE', `${this.#name} is larger than ${this.#maxBytes} bytes`)
    }
    // Copied: the bytes belong to the inflater's buffer.
    this.#parts.push(Uint8Array.from(bytes))
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts)
  }
}
