/**
 * What was refused is not thrown away: it may be somebody's work under a name that the node did not recognise. A few newest copies stay on
 * this device as Yjs updates, beside a line that says whose and why. They change nothing by themselves.
 */
import { join } from 'node:path'
import { type CborValue, decodeCbor, encodeCbor } from '../../protocols/cbor.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import { MAX_RECOVERY_COPIES, MAX_RECOVERY_COPY_BYTES } from './limits.ts'

/** Names beside the update. */
const MAX_FILE_BYTES = MAX_RECOVERY_COPY_BYTES + 4096

/** What a client sent and the note did not take, or not all of it. */
export interface RefusedUpdate {
  note: string
  code: string
  owner: string
  address: string
  update: Uint8Array
}

export class RecoveryCopies {
  readonly #disk: Disk
  readonly #directory: string
  /** One write at a time: a flood of refused updates costs the disk no more than one after the other. */
  #writing: Promise<void> | undefined
  #dropped = 0
  #next: number | undefined

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  /** Updates that were not kept because too many came, or because they were too large. */
  get dropped(): number {
    return this.#dropped
  }

  /** Rejects when the disk did; does not wait in a queue. */
  async keep(refused: RefusedUpdate): Promise<void> {
    if (this.#writing || refused.update.length > MAX_RECOVERY_COPY_BYTES) {
      this.#dropped++
      return
    }
    this.#writing = this.#write({ ...refused, update: refused.update.slice() })
    try {
      await this.#writing
    } finally {
      this.#writing = undefined
    }
  }

  /** What was refused of a note that is gone goes too. */
  async forget(notes: ReadonlySet<string>): Promise<void> {
    if (notes.size === 0) return
    await this.#writing?.catch(() => undefined)
    if ((await this.#disk.stat(this.#directory)) === undefined) return
    for (const { name } of await this.#disk.list(this.#directory)) {
      if (!name.endsWith('.refused')) continue
      const path = join(this.#directory, name)
      const bytes = await readSmallFile(this.#disk, path, MAX_FILE_BYTES)
      const note = bytes && noteOf(bytes)
      if (note !== undefined && notes.has(note)) await this.#disk.remove(path)
    }
  }

  async #write(refused: RefusedUpdate): Promise<void> {
    await this.#disk.makeDirectory(this.#directory)
    const numbers = (await this.#disk.list(this.#directory))
      .map((entry) => Number(/^(\d+)\.refused$/.exec(entry.name)?.[1] ?? Number.NaN))
      .filter((number) => !Number.isNaN(number))
      .sort((a, b) => a - b)
    this.#next ??= (numbers.at(-1) ?? 0) + 1
    const { note, code, owner, address, update } = refused
    const bytes = encodeCbor({ note, code, owner, address, update })
    await writeDurably(this.#disk, join(this.#directory, `${this.#next++}.refused`), bytes)
    for (const number of numbers.slice(0, Math.max(0, numbers.length + 1 - MAX_RECOVERY_COPIES)))
      await this.#disk.remove(join(this.#directory, `${number}.refused`))
  }
}

/** Undefined for a damaged copy: it is nobody's, and must not keep the others here. */
function noteOf(bytes: Uint8Array): string | undefined {
  try {
    const { note } = decodeCbor(bytes, MAX_FILE_BYTES) as { note?: CborValue }
    return typeof note === 'string' ? note : undefined
  } catch {
    return undefined
  }
}
