/**
 * An ordered map from bytes to bytes that survives the process: LevelDB on a device, a sorted array in the simulator.
 * Only a write with `sync` survives a power cut; everything earlier then does too.
 */
import { ClassicLevel } from 'classic-level'

export type KeyValueChange = { type: 'put'; key: Uint8Array; value: Uint8Array } | { type: 'del'; key: Uint8Array }

export interface KeyRange {
  gte?: Uint8Array
  gt?: Uint8Array
  lt?: Uint8Array
  lte?: Uint8Array
  reverse?: boolean
  limit?: number
}

export interface KeyValueStore {
  get(key: Uint8Array): Promise<Uint8Array | undefined>
  getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]>
  /** All or nothing. With `sync` it resolves once it is on the medium. */
  write(changes: KeyValueChange[], options: { sync: boolean }): Promise<void>
  entries(range: KeyRange): AsyncIterable<[Uint8Array, Uint8Array]>
  keys(range: KeyRange): AsyncIterable<Uint8Array>
  /** What was overwritten or deleted between the two keys leaves the medium; costs a rewrite of what is left there. */
  purge?(first: Uint8Array, last: Uint8Array): Promise<void>
  close(): Promise<void>
}

const CACHE_BYTES = 8 * 2 ** 20
const WRITE_BUFFER_BYTES = 4 * 2 ** 20

/** @param directory made when missing; only one process can have it open */
export async function openLevel(directory: string): Promise<KeyValueStore> {
  const level = new ClassicLevel<Uint8Array, Uint8Array>(directory, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    cacheSize: CACHE_BYTES,
    writeBufferSize: WRITE_BUFFER_BYTES
  })
  await level.open()
  return {
    get: (key) => level.get(key),
    getMany: (keys) => level.getMany(keys),
    write: (changes, { sync }) => level.batch(changes, { sync }),
    entries: (range) => level.iterator(range),
    keys: (range) => level.keys(range),
    async purge(first, last) {
      await level.compactRange(first, last)
      // What lies in the lowest level already is merged only with something above it: here with the removal of two keys that are not there.
      const marks = [first, last].map((key) => ({ type: 'del' as const, key: Uint8Array.of(...key, 0) }))
      await level.batch(marks)
      await level.compactRange(first, Uint8Array.of(...last, 0))
    },
    close: () => level.close()
  }
}

/** Saves what can be read of a store that does not open any more. What was in its damaged parts is gone: check what is left. */
export async function repairLevel(directory: string): Promise<void> {
  await ClassicLevel.repair(directory)
}
