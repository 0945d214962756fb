import type { ImportSource } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { MAX_BLOB_BYTES } from '../../../protocols/piece-list.ts'
import type { SourceFile, SourceFolder, SourceStat } from '../../platform/source-folder.ts'
import { MAX_INSPECTOR_READ_BYTES, READ_BYTES } from '../limits.ts'
import { isSystemError, unreadable } from './folder-scan.ts'
import type { FoundFile } from './found-file.ts'

/** A file that is being imported: known to be the one that was found, and to stay as it is until it is read. */
export class OpenSource implements ImportSource {
  readonly path: string
  readonly sizeBytes: number
  /** As it was when it was opened. */
  readonly opened: SourceStat
  readonly #found: FoundFile
  readonly #file: SourceFile
  /** What went wrong with the file, as opposed to what went wrong with storing it. */
  fault: JoineryError | undefined

  private constructor(found: FoundFile, file: SourceFile, opened: SourceStat) {
    this.path = found.path
    this.sizeBytes = opened.sizeBytes
    this.opened = opened
    this.#found = found
    this.#file = file
  }

  /** @throws JoineryError `FILE_UNREADABLE`, `FILE_CHANGED` or `FILE_TOO_LARGE` */
  static async open(sources: SourceFolder, root: string, found: FoundFile): Promise<OpenSource> {
    let file: SourceFile | undefined
    try {
      file = await sources.open(found.sourceIn(root))
      const opened = await file.stat()
      if (opened.kind !== 'file' || opened.inode !== found.inode) throw changed(found)
      if (opened.sizeBytes > MAX_BLOB_BYTES)
        throw new JoineryError(
          'FILE_TOO_LARGE',
          `${found.shown} has ${opened.sizeBytes} bytes, at most ${MAX_BLOB_BYTES} are kept as one file`
        )
      return new OpenSource(found, file, opened)
    } catch (error) {
      await file?.close()
      throw isSystemError(error) ? unreadable(found.shown, error) : error
    }
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    if (length > MAX_INSPECTOR_READ_BYTES) throw new RangeError(`${length} bytes are too many for one read`)
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.sizeBytes - position)))
    let at = 0
    while (at < bytes.length) {
      const read = await this.#readInto(bytes.subarray(at), position + at)
      if (read === 0) throw this.#failed(changed(this.#found))
      at += read
    }
    return bytes
  }

  /** All of it, each span valid until the next is asked for. Ends with an error when the file is not what it was when it was opened. */
  async *stream(seen: (bytes: Uint8Array) => void): AsyncGenerator<Uint8Array> {
    const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, this.sizeBytes))
    for (let at = 0; at < this.sizeBytes; ) {
      const read = await this.#readInto(buffer.subarray(0, Math.min(READ_BYTES, this.sizeBytes - at)), at)
      if (read === 0) throw this.#failed(changed(this.#found))
      at += read
      const span = buffer.subarray(0, read)
      seen(span)
      // What is read last is given only when nothing has changed, so that no store takes a torn file for a whole one.
      if (at >= this.sizeBytes) await this.checkUnchanged()
      yield span
    }
    if (this.sizeBytes === 0) await this.checkUnchanged()
  }

  async checkUnchanged(): Promise<void> {
    let now: SourceStat
    try {
      now = await this.#file.stat()
    } catch (error) {
      throw this.#failed(isSystemError(error) ? unreadable(this.#found.shown, error) : error)
    }
    if (now.fingerprint !== this.opened.fingerprint) throw this.#failed(changed(this.#found))
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #readInto(into: Uint8Array, position: number): Promise<number> {
    try {
      return await this.#file.read(into, position)
    } catch (error) {
      throw this.#failed(isSystemError(error) ? unreadable(this.#found.shown, error) : error)
    }
  }

  #failed(error: unknown): unknown {
    if (error instanceof JoineryError) this.fault = error
    return error
  }
}

function changed(found: FoundFile): JoineryError {
  return new JoineryError('FILE_CHANGED', `${found.shown} changed while it was imported`)
}
