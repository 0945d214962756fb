import { join } from 'node:path'
import { type ImportPart, placeOf } from './layout.ts'

/** A file that is to be read. There are as many as the folder has, so it keeps little and makes the rest when it is asked. */
export class FoundFile {
  readonly part: ImportPart
  readonly sizeBytes: number
  readonly inode: number
  /** Inside the part, as it lies. */
  readonly #relative: string
  /** Absolute; only where a link leads elsewhere. */
  readonly #linked: string | undefined

  constructor(part: ImportPart, relative: string, stat: { sizeBytes: number; inode: number }, linked?: string) {
    this.part = part
    this.#relative = relative
    this.sizeBytes = stat.sizeBytes
    this.inode = stat.inode
    this.#linked = linked
  }

  get collection(): string {
    return this.part.collection
  }

  /** In the collection, as it lies. */
  get path(): string {
    return placeOf(this.part, this.#relative).normalize('NFC')
  }

  /** Relative to what is imported: how a person knows it. */
  get shown(): string {
    return this.part.folder ? `${this.part.folder}/${this.#relative}` : this.#relative
  }

  /** Absolute, without links. */
  sourceIn(root: string): string {
    return this.#linked ?? join(root, this.shown)
  }
}
