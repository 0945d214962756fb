import type { Cid } from '../../protocols/cid.ts'
import type { Disk, DiskFile } from '../platform/disk.ts'
import { OPEN_FILES } from './limits.ts'

interface Opened {
  file: Promise<DiskFile>
  readers: number
  dropped: boolean
}

/** Files kept open for reading: a class downloads the same few, and opening costs as much as reading. Least recently used go first. */
export class OpenFiles {
  readonly #disk: Disk
  readonly #opened = new Map<Cid, Opened>()

  constructor(components: { disk: Disk }) {
    this.#disk = components.disk
  }

  async use<Result>(cid: Cid, path: string, action: (file: DiskFile) => Promise<Result>): Promise<Result> {
    const opened = this.#take(cid, path)
    opened.readers++
    try {
      return await action(await opened.file)
    } catch (error) {
      this.drop(cid)
      throw error
    } finally {
      opened.readers--
      this.#closeIfDone(opened)
    }
  }

  /** After this the path is opened anew: the blob was removed or replaced. */
  drop(cid: Cid): void {
    const opened = this.#opened.get(cid)
    if (!opened) return
    this.#opened.delete(cid)
    opened.dropped = true
    this.#closeIfDone(opened)
  }

  inUse(cid: Cid): boolean {
    return (this.#opened.get(cid)?.readers ?? 0) > 0
  }

  close(): void {
    for (const cid of [...this.#opened.keys()]) this.drop(cid)
  }

  #take(cid: Cid, path: string): Opened {
    let opened = this.#opened.get(cid)
    if (opened) this.#opened.delete(cid)
    else opened = { file: this.#disk.open(path, 'read'), readers: 0, dropped: false }
    this.#opened.set(cid, opened)
    if (this.#opened.size > OPEN_FILES) {
      const oldest = this.#opened.keys().next().value
      if (oldest !== undefined && oldest !== cid) this.drop(oldest)
    }
    return opened
  }

  #closeIfDone(opened: Opened): void {
    if (!opened.dropped || opened.readers > 0) return
    opened.readers = Number.NEGATIVE_INFINITY
    // A file that could not be opened or closed holds nothing that could be lost: it was only read.
    opened.file.then((file) => file.close()).catch(() => undefined)
  }
}
