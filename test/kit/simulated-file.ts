/** One file of a simulated disk: what was written, and what of it is durable. */
import type { SeededRandom } from './seeded-random.ts'

const SECTOR_BYTES = 512

export interface FileNode {
  kind: 'file'
  bytes: Uint8Array
  length: number
  durable: Uint8Array
  unsynced: ({ at: number; bytes: Uint8Array } | { truncatedTo: number })[]
  modifiedMs: number
}

export function newFile(modifiedMs = 0): FileNode {
  return { kind: 'file', bytes: new Uint8Array(0), length: 0, durable: new Uint8Array(0), unsynced: [], modifiedMs }
}

export function write(file: FileNode, at: number, bytes: Uint8Array, nowMs: number): void {
  const end = at + bytes.length
  if (file.bytes.length < end) file.bytes = resized(file.bytes, Math.max(end, 2 * file.bytes.length))
  if (at > file.length) file.bytes.fill(0, file.length, at)
  file.bytes.set(bytes, at)
  file.length = Math.max(file.length, end)
  file.unsynced.push({ at, bytes })
  file.modifiedMs = nowMs
}

export function truncate(file: FileNode, length: number, nowMs: number): void {
  if (file.bytes.length < length) file.bytes = resized(file.bytes, length)
  if (length > file.length) file.bytes.fill(0, file.length, length)
  file.length = length
  file.unsynced.push({ truncatedTo: length })
  file.modifiedMs = nowMs
}

function resized(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(length)
  copy.set(bytes.subarray(0, length))
  return copy
}

/** After a power cut: each unsynced sector is kept with the chance `keep`, and what is on the medium is what there is. */
export function settleFile(file: FileNode, keep: number, random: SeededRandom): void {
  const ends = file.unsynced.map((change) =>
    'truncatedTo' in change ? change.truncatedTo : change.at + change.bytes.length
  )
  // As long as it can become: grown once, not sector by sector.
  const room = resized(
    file.durable,
    ends.reduce((most, end) => Math.max(most, end), Math.max(file.durable.length, file.length))
  )
  let length = file.durable.length
  for (const change of file.unsynced) {
    if ('truncatedTo' in change) {
      if (!random.chance(keep)) continue
      if (change.truncatedTo < length) room.fill(0, change.truncatedTo, length)
      length = change.truncatedTo
      continue
    }
    for (let from = 0; from < change.bytes.length; ) {
      const at = change.at + from
      const to = Math.min(change.bytes.length, from + SECTOR_BYTES - (at % SECTOR_BYTES))
      if (random.chance(keep)) {
        room.set(change.bytes.subarray(from, to), at)
        length = Math.max(length, change.at + to)
      }
      from = to
    }
  }
  // Delayed allocation: the length arrived, the data did not.
  if (file.length > length && random.chance(keep / 2)) length = file.length
  const bytes = room.slice(0, length)
  file.bytes = bytes
  file.length = length
  file.durable = bytes.slice()
  file.unsynced = []
}
