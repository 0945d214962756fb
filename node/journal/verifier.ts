/**
 * Reads the whole journal and checks it: hashes, chain, signatures, bodies. What does not pass is asked of peers afterwards.
 */
import { decodeBatch, entryCount, signedBytes } from '../../protocols/batch.ts'
import { sameBytes } from '../../protocols/cbor.ts'
import type { Position } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { sha256 } from '../platform/hash.ts'
import { bodiesMatch } from './bodies.ts'
import type { Signing, VerifyReport } from './journal.ts'
import { MAX_REPORTED_POSITIONS } from './limits.ts'
import type { Log } from './log-table.ts'
import type { Repairs } from './repairs.ts'
import type { JournalStore } from './store.ts'

export interface VerifierComponents {
  store: JournalStore
  signing: Signing
  repairs: Repairs
  /** Whether a missing body is one that somebody erased. */
  isHollow(log: Log, batch: ReturnType<typeof decodeBatch>): boolean
}

export async function verifyJournal(components: VerifierComponents, signal?: AbortSignal): Promise<VerifyReport> {
  const report: VerifyReport = { batches: 0, entries: 0, holes: [], rotten: [], hollow: [], unindexed: 0, repairing: 0 }
  for (const log of components.store.table.all) await verifyLog(components, log, report, signal)
  report.repairing = components.repairs.size
  return report
}

async function verifyLog(
  { store, signing, repairs, isHollow }: VerifierComponents,
  log: Log,
  report: VerifyReport,
  signal: AbortSignal | undefined
): Promise<void> {
  const end = log.durable
  const missing = (list: Position[], number: number): void => {
    // Past the cut of a removed node nothing counts, and no peer gives it.
    if (store.table.isHidden(log, number)) return
    if (list.length < MAX_REPORTED_POSITIONS) list.push({ writer: log.writer, number, index: 0 })
    repairs.add(log, number)
  }
  let next = log.start
  let before = await hashBefore(store, log)
  for await (const { number, stored } of store.batchesOf(log.index)) {
    signal?.throwIfAborted()
    if (number > end.number) break
    for (; next < number; next++) {
      missing(report.holes, next)
      before = undefined
    }
    next = number + 1
    report.batches++
    const batch = stored && decoded(stored.bytes)
    if (!batch) {
      missing(report.rotten, number)
      before = undefined
      continue
    }
    const hash = sha256(batch.headerBytes)
    const sound =
      batch.header.number === number &&
      sameBytes(batch.header.writer, log.key) &&
      (!before || sameBytes(batch.header.previous, before)) &&
      (number < end.number || sameBytes(hash, end.hash)) &&
      bodiesMatch(batch) &&
      signing.verify(batch.header.writer, signedBytes(batch.headerBytes), batch.signature)
    before = sound ? hash : undefined
    if (!sound) {
      missing(report.rotten, number)
      continue
    }
    report.entries += entryCount(batch.header)
    if (isHollow(log, batch)) missing(report.hollow, number)
    if (!(await store.isIndexed(log, batch, stored.sequence))) {
      report.unindexed++
      await store.write(store.indexChanges(log, batch, stored.sequence), { sync: false })
    }
  }
  for (; next <= end.number; next++) missing(report.holes, next)
}

async function hashBefore(store: JournalStore, log: Log): Promise<Uint8Array | undefined> {
  if (log.parent === undefined || log.start === 0) return undefined
  const parent = await store.read(log.parent, log.start - 1)
  const batch = parent && decoded(parent.bytes)
  return batch && sha256(batch.headerBytes)
}

function decoded(bytes: Uint8Array): ReturnType<typeof decodeBatch> | undefined {
  try {
    return decodeBatch(bytes)
  } catch {
    return undefined
  }
}

/** Looks for missing numbers in the keys alone; our own logs first: a node must know what it has said. */
export async function findHoles(
  store: JournalStore,
  repairs: Repairs,
  self: NodeId,
  signal: AbortSignal
): Promise<void> {
  const logs = [...store.table.all].sort((a, b) => Number(b.node === self) - Number(a.node === self))
  for (const log of logs) {
    // Batches that came after we started are not in question.
    const end = store.table.visibleEnd(log)
    let next = log.start
    for await (const number of store.numbersOf(log.index)) {
      if (signal.aborted) return
      if (number > end) break
      for (; next < number; next++) repairs.add(log, next)
      next = number + 1
    }
    for (; next <= end; next++) repairs.add(log, next)
  }
}
