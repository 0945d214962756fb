/** How what people type gets into the journal: how often, how much at once, and what happens while the disk does not take it. */
import { expect, test } from 'vitest'
import type { Connection } from '../../../node/notes/connection.ts'
import {
  APPEND_BYTES,
  APPEND_RETRY_MS,
  MAX_COUNTED_BATCHES,
  MAX_UNSAVED_BYTES,
  WRITE_MS
} from '../../../node/notes/limits.ts'
import { TextLog } from '../../../node/notes/text-log.ts'
import type { JournalAccess, NewEntry, Position, Stamp } from '../../../protocols/journal.ts'
import { decodeNoteUpdate } from '../../../protocols/note-facts.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

function setUp() {
  const time = new SimulatedTime()
  const appended: { atMs: number; updates: Uint8Array[] }[] = []
  const disk = { fails: false, copiedUpTo: -1 }
  const full: boolean[] = []
  const journal = {
    append(entries: NewEntry[]): Promise<Stamp[]> {
      if (disk.fails) return Promise.reject(new Error('ENOSPC'))
      const number = appended.length
      const updates = entries.flatMap(({ body }) => decodeNoteUpdate(body)?.updates ?? [])
      appended.push({ atMs: time.nowMs, updates })
      return Promise.resolve(entries.map((_, index) => ({ lamport: number, writer: 'aa', number, index })))
    },
    copiesElsewhere: ({ number }: Position) => (number <= disk.copiedUpTo ? 1 : 0)
  } as unknown as JournalAccess
  const ignore = (): void => undefined
  const log = new TextLog(
    {
      ...{ clock: new SimulatedClock(time), journal, onTold: ignore, onStamped: ignore, onFailure: ignore },
      onFull: (is) => full.push(is)
    },
    'day-1'
  )
  const client = { saved: 0, copied: 0 }
  const connection = {
    markSaved: (count: number) => {
      client.saved = count
      return true
    },
    markCopied: (count: number) => {
      client.copied = Math.max(client.copied, count)
      return true
    }
  } as unknown as Connection
  let typed = 0
  const type = (bytes: number): void => log.add(new Uint8Array(bytes).fill(++typed), [], new Map([[connection, typed]]))
  return { time, appended, disk, full, log, client, type }
}

test('the first key after a silence is written at once, the others together and so often at most', async () => {
  const { time, appended, type } = setUp()
  type(10)
  await time.run(1)
  expect(appended).toHaveLength(1)
  for (let i = 0; i < 5; i++) type(10)
  await time.run(WRITE_MS - 1)
  expect(appended).toHaveLength(1)
  await time.run(WRITE_MS)
  expect(appended.map(({ updates }) => updates.length)).toEqual([1, 5])
})

test('so much goes in one append, the rest with the next; nothing is called saved before its own', async () => {
  const { time, appended, client, type } = setUp()
  type(1)
  await time.run(1)
  type(APPEND_BYTES)
  type(1)
  await time.run(WRITE_MS)
  expect([appended.length, client.saved]).toEqual([2, 1])
  await time.run(2 * WRITE_MS)
  expect([appended.length, client.saved]).toEqual([3, 3])
})

test('what the disk refuses is tried again, in order, and nothing is called saved meanwhile', async () => {
  const { time, appended, disk, log, client, type } = setUp()
  disk.fails = true
  type(10)
  type(20)
  await time.run(APPEND_RETRY_MS / 2)
  expect([client.saved, log.unsavedBytes]).toEqual([0, 30])
  disk.fails = false
  await time.run(APPEND_RETRY_MS - 1)
  expect(appended).toHaveLength(0)
  await time.run(APPEND_RETRY_MS + WRITE_MS)
  expect(appended.flatMap(({ updates }) => updates.map(({ length }) => length))).toEqual([10, 20])
  expect([client.saved, log.unsavedBytes]).toEqual([2, 0])
})

test('with so much unwritten its clients are read on; with one byte more they are not, until it is written', async () => {
  const { time, disk, full, type } = setUp()
  disk.fails = true
  for (let mebibyte = 0; mebibyte < MAX_UNSAVED_BYTES / 2 ** 20; mebibyte++) type(2 ** 20)
  await time.run(1)
  expect(full).toEqual([])
  type(1)
  expect(full).toEqual([true])
  disk.fails = false
  await time.run(60_000)
  expect(full).toEqual([true, false])
})

test('copies elsewhere are told also of text that is older than the batches that are counted', async () => {
  const { time, disk, log, client, type } = setUp()
  for (let i = 0; i <= MAX_COUNTED_BATCHES; i++) {
    type(1)
    await time.run((i + 1) * WRITE_MS)
  }
  expect(client.saved).toBe(MAX_COUNTED_BATCHES + 1)
  disk.copiedUpTo = MAX_COUNTED_BATCHES
  log.checkCopies()
  expect(client.copied).toBe(MAX_COUNTED_BATCHES + 1)
})

test('closing writes what waits without its pause, and gives up what the disk never takes', async () => {
  const { time, appended, disk, log, type } = setUp()
  type(1)
  await time.run(1)
  type(2)
  disk.fails = true
  await time.run(WRITE_MS)
  disk.fails = false
  let drained = false
  void log.drained().then(() => {
    drained = true
  })
  await time.run(WRITE_MS + APPEND_RETRY_MS)
  expect([appended.length, drained]).toEqual([2, true])
  disk.fails = true
  type(3)
  await time.run(WRITE_MS + 2 * APPEND_RETRY_MS)
  expect(log.stop()).toBe(3)
  expect(time.pending).toBe(0)
})
