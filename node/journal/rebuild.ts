/**
 * Makes the rows and indexes of a store anew from its batches, after flipped bits or a repair by LevelDB. What cannot be told from the batches (a
 * branch of a copied key whose row is gone) is left aside and comes again from peers.
 */
import { type Batch, decodeBatch } from '../../protocols/batch.ts'
import { sameBytes } from '../../protocols/cbor.ts'
import { sha256 } from '../platform/hash.ts'
import type { KeyValueChange } from '../platform/key-value.ts'
import { bodiesMatch } from './bodies.ts'
import type { WriterAuthority } from './journal.ts'
import { type Head, hexOf, type Log } from './log-table.ts'
import type { JournalStore } from './store.ts'
import { lastLamport } from './writer.ts'

export interface RebuildComponents {
  store: JournalStore
  authority: WriterAuthority
  /** What a batch erases and covers. */
  changesFor(log: Log, batch: Batch, certificate: Uint8Array | undefined): KeyValueChange[]
}

/** Changes of one write: some batches' rows and index entries. */
const CHANGES_AT_ONCE = 2000

/** @returns how many logs were found that had no row */
export async function rebuildRows({ store, authority, changesFor }: RebuildComponents): Promise<number> {
  const ends = new Map<Log, { head: Head; sequence: number }>()
  let changes: KeyValueChange[] = []
  /** Of the log that is being read: its first batch comes first. */
  let certificate: Uint8Array | undefined
  let found = 0
  for await (const { log: index, number, stored } of store.allBatches()) {
    store.table.reserve(index)
    const batch = stored && soundBatch(stored.bytes)
    if (!stored || !batch || batch.header.number !== number) continue
    store.noteSequence(stored.sequence)
    if (number === 0) certificate = batch.header.certificate
    let log = store.table.at(index)
    if (!log) {
      log = logOf(store, authority, index, batch)
      if (!log) continue
      found++
      changes.push(store.logChange(log))
    }
    if (!sameBytes(batch.header.writer, log.key)) continue
    const { end } = batch.header
    const head = { number, hash: sha256(batch.headerBytes), lamport: lastLamport(batch.header), end }
    ends.set(log, { head, sequence: Math.max(ends.get(log)?.sequence ?? 0, stored.sequence) })
    changes.push(...store.indexChanges(log, batch, stored.sequence), ...changesFor(log, batch, certificate))
    if (changes.length < CHANGES_AT_ONCE) continue
    await store.write(changes, { sync: false })
    changes = []
  }
  for (const [log, { head, sequence }] of ends) {
    // A row that knows of more is right: what is missing behind the last batch is a hole.
    if (log.durable.number < head.number) store.setDurable(log, head, sequence)
    changes.push(store.logEndChange(log, log.durable, log.sequence))
  }
  store.meta.foldEpoch++
  store.table.setRemoved(store.meta.removed)
  await store.loadCutHashes(store.table.all)
  await store.write([...changes, store.metaChange()], { sync: true })
  store.isDamaged = false
  return found
}

function soundBatch(bytes: Uint8Array): Batch | undefined {
  try {
    const batch = decodeBatch(bytes)
    return bodiesMatch(batch) ? batch : undefined
  } catch {
    // Found again as a hole.
    return undefined
  }
}

/** Only a first batch says whose the log is. */
function logOf(store: JournalStore, authority: WriterAuthority, index: number, batch: Batch): Log | undefined {
  const { number, writer, certificate } = batch.header
  if (number !== 0 || store.table.logsOf(hexOf(writer)).length > 0) return undefined
  try {
    const { node } = authority.check(certificate)
    return store.table.add({ index, key: writer.slice(), node, start: 0, parent: undefined, forkPoints: [] })
  } catch {
    // It was checked when it came: then the authority itself lacks something now, and a peer will bring it again.
    return undefined
  }
}
