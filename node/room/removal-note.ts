/** What a removed device was told of it, kept for its next start: its own journal never gets to hear of the removal. */
import { join } from 'node:path'
import { type CborValue, decodeCbor, encodeCbor } from '../../protocols/cbor.ts'
import type { RoomId } from '../../protocols/certificate.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { isNodeId } from '../../protocols/node-id.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'

const FILE = 'told-removed'
const FILE_VERSION = 1
const MAX_FILE_BYTES = 256

export class RemovalNote {
  readonly #disk: Disk
  readonly #folder: string
  readonly #room: RoomId
  #by: NodeId | undefined
  #writing: Promise<void> = Promise.resolve()

  private constructor(disk: Disk, folder: string, room: RoomId, by: NodeId | undefined) {
    this.#disk = disk
    this.#folder = folder
    this.#room = room
    this.#by = by
  }

  /** A note that is damaged or of another room is none: the next member that we meet tells us again. */
  static async open(disk: Disk, folder: string, room: RoomId): Promise<RemovalNote> {
    const bytes = await readSmallFile(disk, join(folder, FILE), MAX_FILE_BYTES)
    return new RemovalNote(disk, folder, room, bytes && toldBy(bytes, room))
  }

  static async remove(disk: Disk, folder: string): Promise<void> {
    await disk.remove(join(folder, FILE))
    await disk.syncDirectory(folder)
  }

  /** The member that said so. */
  get by(): NodeId | undefined {
    return this.#by
  }

  async note(by: NodeId): Promise<void> {
    this.#by = by
    const bytes = encodeCbor([FILE_VERSION, this.#room, by])
    await this.#afterOthers(() => writeDurably(this.#disk, join(this.#folder, FILE), bytes))
  }

  async forget(): Promise<void> {
    this.#by = undefined
    await this.#afterOthers(() => RemovalNote.remove(this.#disk, this.#folder))
  }

  #afterOthers(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work)
    // A write that failed is told by its caller and does not stop the next one.
    this.#writing = done.catch(() => {})
    return done
  }
}

function toldBy(bytes: Uint8Array, room: RoomId): NodeId | undefined {
  let value: CborValue
  try {
    value = decodeCbor(bytes, MAX_FILE_BYTES)
  } catch {
    return undefined
  }
  if (!Array.isArray(value) || value.length !== 3 || value[0] !== FILE_VERSION || value[1] !== room) return undefined
  return typeof value[2] === 'string' && isNodeId(value[2]) ? value[2] : undefined
}
