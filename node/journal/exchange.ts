/**
 * The side of a journal that the exchange with peers reads: vectors, ranges, what is wanted. No decision is taken here.
 */
import type { WriterId } from '../../protocols/journal.ts'
import type { Intake } from './intake.ts'
import type { DurableBatch, JournalExchange, ReadBatch } from './journal.ts'
import { Listeners } from './listeners.ts'
import type { PeerKnowledge } from './peer-knowledge.ts'
import type { Repairs } from './repairs.ts'
import type { JournalStore } from './store.ts'

export interface ExchangeComponents {
  store: JournalStore
  intake: Intake
  repairs: Repairs
  knowledge: PeerKnowledge
  /** A listener failed. */
  failed(cause: unknown): void
}

export interface ExchangeEvents {
  durable(batches: readonly DurableBatch[]): void
  changed(): void
}

export function createExchange({ store, intake, repairs, knowledge, failed }: ExchangeComponents): {
  exchange: JournalExchange
  events: ExchangeEvents
} {
  const durable = new Listeners<readonly DurableBatch[]>(failed)
  const changes = new Listeners<void>(failed)
  repairs.onAdded(() => changes.tell())
  const { table } = store
  return {
    events: { durable: (batches) => durable.tell(batches), changed: () => changes.tell() },
    exchange: {
      root: () => table.root(),
      bucketHashes: () => table.bucketHashes(),
      rowsOf: (bucket) => table.rowsOf(bucket),
      tips: (writer) => table.tips(writer),
      next: (writer) => Math.max(-1, ...table.logsOf(writer).map((log) => log.head.number)) + 1,
      writerCount: () => table.writerCount,
      batchCount: () => table.all.reduce((count, log) => count + log.durable.number + 1 - log.start, 0),
      wants: (writer, number) => intake.isOpen && table.wants(writer, number),
      repairs: () => (intake.isOpen ? repairs.ranges() : []),
      read: (writer, from, to) => readBatches(store, writer, from, to),
      take: (batches) => intake.take(batches),
      knowledgeOf: (peer) => knowledge.of(peer),
      peerConfirmed: () => knowledge.changed(),
      onDurable: (listener) => durable.add(listener),
      onChanged: (listener) => changes.add(listener)
    }
  }
}

/** Of a forked writer all branches, number by number: whoever reads needs the predecessor first. */
async function readBatches(
  store: JournalStore,
  writer: WriterId,
  from: number,
  to: number | null
): Promise<{ batches: ReadBatch[]; next: number | undefined }> {
  const logs = store.table.logsOf(writer)
  const batches: ReadBatch[] = []
  let next: number | undefined
  for (const log of logs) {
    const end = Math.min(to ?? Number.POSITIVE_INFINITY, store.table.visibleEnd(log))
    const start = Math.max(from, log.start)
    if (start > end) continue
    const found = await store.readRange(log.index, start, end)
    const last = found.at(-1)?.number
    batches.push(...found)
    // A branch that was cut short by the size bounds the others too, so that all go on at one number.
    if (last !== undefined && last < end) next = Math.min(next ?? Number.POSITIVE_INFINITY, last + 1)
  }
  if (logs.length === 1) return { batches, next }
  const bound = next ?? Number.POSITIVE_INFINITY
  const together = batches.filter(({ number }) => number < bound).sort((a, b) => a.number - b.number)
  return { batches: together, next }
}
