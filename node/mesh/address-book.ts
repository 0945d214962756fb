/** Where members were reached, kept over restarts: in many halls multicast does not work, and nobody wants to type addresses twice. */

import { join } from 'node:path'
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../protocols/cbor.ts'
import { tryMeshAddress } from '../../protocols/mesh-address.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { isNodeId } from '../../protocols/node-id.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import { ADDRESS_BOOK_INTERVAL_MS, MAX_ADDRESSES_PER_NODE, MAX_KNOWN_NODES } from './limits.ts'

const MAX_BOOK_BYTES = MAX_KNOWN_NODES * MAX_ADDRESSES_PER_NODE * 256

export class AddressBook {
  readonly #clock: Clock
  readonly #disk: Disk
  readonly #folder: string
  readonly #path: string
  /** Newest last. */
  readonly #entries = new BoundedMap<NodeId, string[]>(MAX_KNOWN_NODES)
  #cancelWrite: (() => void) | undefined
  #writing: Promise<void> = Promise.resolve()
  /** Why the last write failed: the book is a convenience, so a full disk does not stop the mesh, but `doctor` tells. */
  failure: string | undefined

  constructor(components: { clock: Clock; disk: Disk }, init: { folder: string }) {
    this.#clock = components.clock
    this.#disk = components.disk
    this.#folder = init.folder
    this.#path = join(init.folder, 'address-book')
  }

  /** A damaged book is an empty one: it only makes finding the others quicker. */
  async load(): Promise<ReadonlyMap<NodeId, string[]>> {
    await this.#disk.makeDirectory(this.#folder)
    const bytes = await readSmallFile(this.#disk, this.#path, MAX_BOOK_BYTES)
    if (bytes) {
      try {
        for (const [node, addresses] of entriesFromCbor(decodeCbor(bytes, MAX_BOOK_BYTES)))
          this.#entries.set(node, addresses)
      } catch (error) {
        this.failure = error instanceof Error ? error.message : 'unreadable'
      }
    }
    return this.#entries
  }

  remember(node: NodeId, addresses: string[]): void {
    const kept = addresses.slice(0, MAX_ADDRESSES_PER_NODE)
    const before = this.#entries.get(node)
    this.#entries.set(node, kept)
    if (before && before.join() === kept.join()) return
    this.#cancelWrite ??= this.#clock.after(ADDRESS_BOOK_INTERVAL_MS, () => this.#write())
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    if (this.#cancelWrite) {
      this.#cancelWrite()
      this.#write()
    }
    await this.#writing
  }

  #write(): void {
    this.#cancelWrite = undefined
    const bytes = encodeCbor([...this.#entries].map(([node, addresses]) => [node, addresses]))
    this.#writing = this.#writing.then(() =>
      writeDurably(this.#disk, this.#path, bytes).then(
        () => {
          this.failure = undefined
        },
        (error: Error) => {
          this.failure = error.message
        }
      )
    )
  }
}

function entriesFromCbor(value: CborValue): [NodeId, string[]][] {
  if (!Array.isArray(value)) throw new Error('not an address book')
  const entries: [NodeId, string[]][] = []
  for (const one of value.slice(-MAX_KNOWN_NODES)) {
    if (!Array.isArray(one) || typeof one[0] !== 'string' || !isNodeId(one[0]) || !Array.isArray(one[1])) continue
    const addresses = one[1]
      .filter((address) => typeof address === 'string')
      .filter((address) => tryMeshAddress(address))
    entries.push([one[0], addresses.slice(0, MAX_ADDRESSES_PER_NODE)])
  }
  return entries
}
