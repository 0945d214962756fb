/** Reads the rows of a journal's store at its start: logs and their ends, erasures, claims, what is hollow. Batches are not read. */
import type { CborValue } from '../../protocols/cbor.ts'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import type { KeyValueStore } from '../platform/key-value.ts'
import { LOG_BYTES, META_KEY, NUMBER_BYTES, placeAtEnd, rangeOf, readNumber, textAfterLetter } from './keys.ts'
import type { Log } from './log-table.ts'
import { damaged, rowOf } from './rows.ts'
import { FORMAT, type JournalStore } from './store.ts'

const MAX_META_BYTES = 16 * 2 ** 20
const MAX_ROW_BYTES = 64 * 1024

export async function loadRows(store: JournalStore, kv: KeyValueStore): Promise<void> {
  const meta = await kv.get(META_KEY)
  if (meta) readRow(store, meta, 4, (row) => loadMeta(store, row), MAX_META_BYTES)
  for await (const [key, value] of store.entries(rangeOf('w'))) {
    readRow(store, value, 5, ([writer, node, start, parent, points]) => {
      store.table.add({
        index: readNumber(key, 1, LOG_BYTES),
        key: writer as Uint8Array,
        node: node as string,
        start: start as number,
        parent: (parent as number | null) ?? undefined,
        forkPoints: (points as [number, Uint8Array][]).map(([number, hash]) => ({ number, hash }))
      })
    })
  }
  const ended = new Set<Log>()
  for await (const [key, value] of store.entries(rangeOf('l'))) {
    readRow(store, value, 5, ([number, hash, lamport, end, sequence]) => {
      const log = store.table.at(readNumber(key, 1, LOG_BYTES))
      if (!log) throw damaged('an end without its log')
      ended.add(log)
      store.setDurable(
        log,
        { number: number as number, hash: hash as Uint8Array, lamport: lamport as number, end: end as boolean },
        sequence as number
      )
    })
  }
  if (ended.size < store.table.all.length) store.isDamaged = true
  for await (const [key, value] of store.entries(rangeOf('e'))) {
    readRow(store, value, 5, ([lamport, writer, number, index, done]) => {
      const topic = textAfterLetter(key)
      if (done !== true) store.unfinishedErasures.add(topic)
      const stamp = { lamport: lamport as number, writer: writer as string, number: number as number }
      store.erased.set(topic, { ...stamp, index: index as number })
    })
  }
  for await (const [key, value] of store.entries(rangeOf('k'))) {
    const zero = key.indexOf(0)
    store.noteCritical({
      kind: new TextDecoder().decode(key.subarray(1, zero)),
      version: readNumber(key, zero + 1, 2),
      log: readNumber(key, zero + 3, LOG_BYTES),
      number: readNumber(value, 0, NUMBER_BYTES)
    })
  }
  for await (const [key, value] of store.entries(rangeOf('c'))) {
    readRow(store, value, 2, ([done, ranges]) => {
      store.coveredRows.push({
        ...placeAtEnd(key.subarray(0, -2)),
        index: readNumber(key, key.length - 2, 2),
        isDone: done as boolean,
        ranges: (ranges as [Uint8Array, number, number, Uint8Array, number[]?][]).map(
          ([writer, from, to, hash, places]) => ({ writer, from, to, hash, ...(places && { places }) })
        )
      })
    })
  }
  for await (const key of store.keys(rangeOf('h'))) store.hollow.push(placeAtEnd(key))
  store.table.setRemoved(store.meta.removed)
  await store.loadCutHashes(store.table.all)
}

/** What does not pass marks the store as damaged: `rebuildRows` then makes the rows anew from the batches. */
function readRow(
  store: JournalStore,
  bytes: Uint8Array,
  length: number,
  use: (row: CborValue[]) => void,
  maxBytes = MAX_ROW_BYTES
): void {
  try {
    use(rowOf(bytes, length, maxBytes))
  } catch (error) {
    if (hasCode(error, 'JOURNAL_NEWER')) throw error
    store.isDamaged = true
  }
}

function loadMeta(store: JournalStore, [format, foldEpoch, sealEpoch, removed]: CborValue[]): void {
  if (format !== FORMAT) throw new JoineryError('JOURNAL_NEWER', `the journal has format ${String(format)}`)
  store.meta.foldEpoch = foldEpoch as number
  store.meta.sealEpoch = sealEpoch as number
  store.meta.removed = new Map((removed as [string, [string, number][]][]).map(([node, cuts]) => [node, new Map(cuts)]))
}
