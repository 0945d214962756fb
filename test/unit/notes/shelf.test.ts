/** Which notes are in memory: only those that somebody has open, so many of them, and for so long. */
import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { IDLE_NOTE_MS, MAX_OPEN_NOTES, READ_ENTRIES, SNAPSHOT_AFTER_ENTRIES } from '../../../node/notes/limits.ts'
import { NoteShelf } from '../../../node/notes/note-shelf.ts'
import type { SnapshotStore } from '../../../node/notes/snapshot-store.ts'
import { encodeNoteUpdate, NOTE_FACT_VERSION, NOTE_UPDATE_KIND, noteTopic } from '../../../protocols/note-facts.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { MemoryJournal } from './memory-journal.ts'

const time = new SimulatedTime()
const clock = new SimulatedClock(time)
const saved: string[] = []
const shelves: NoteShelf[] = []

function shelfOver(journal: MemoryJournal): NoteShelf {
  const snapshots = {
    load: () => Promise.resolve(false),
    save: (id: string) => Promise.resolve(void saved.push(id))
  } as unknown as SnapshotStore
  const ignore = (): void => undefined
  const shelf = new NoteShelf({
    ...{ clock, journal, snapshots, onShelfChanged: ignore, onCursors: ignore, onText: ignore },
    onRefused: (refused) => expect(refused).toBeUndefined(),
    onFailure: (error) => expect(error).toBeUndefined()
  })
  shelves.push(shelf)
  return shelf
}

/** Each key an entry of its own. */
async function written(journal: MemoryJournal, note: string, keys: number): Promise<void> {
  const doc = new Y.Doc({ gc: false })
  journal.syncMs = 0
  const entries = []
  for (let i = 0; i < keys; i++) {
    const before = Y.encodeStateVector(doc)
    doc.getText('text').insert(i, 'x')
    const body = encodeNoteUpdate({ updates: [Y.encodeStateAsUpdate(doc, before)], authors: [] })
    entries.push({
      topic: noteTopic(note),
      kind: NOTE_UPDATE_KIND,
      version: NOTE_FACT_VERSION,
      audience: 'room' as const,
      body
    })
  }
  await journal.append(entries)
}

afterEach(async () => {
  for (const shelf of shelves.splice(0)) await shelf.stop()
  saved.length = 0
})

test('text of a note that nobody has open stays on the disk: nothing is read for it, and nothing is in memory', async () => {
  const journal = new MemoryJournal('aa')
  await written(journal, 'day-1', 3)
  let read = 0
  const entriesOf = journal.entriesOf.bind(journal)
  journal.entriesOf = (topic) => {
    read++
    return entriesOf(topic)
  }
  const shelf = shelfOver(journal)
  shelf.takeEntries('day-1', journal.entries)
  expect([shelf.ids(), read]).toEqual([[], 0])
  expect((await shelf.open('day-1')).document.text()).toBe('xxx')
  expect(read).toBe(1)
  // A second visitor reads nothing.
  await Promise.all([shelf.open('day-1'), shelf.open('day-1')])
  expect(read).toBe(1)
})

test('a note stays for a while after its last reader, and then goes', async () => {
  const shelf = shelfOver(new MemoryJournal('aa'))
  await shelf.open('day-1')
  const openedMs = time.nowMs
  shelf.sweep(openedMs + IDLE_NOTE_MS)
  expect(shelf.ids()).toEqual(['day-1'])
  shelf.sweep(openedMs + IDLE_NOTE_MS + 1)
  expect(shelf.ids()).toEqual([])
  // Whoever comes while it is put away waits, and has it again.
  expect((await shelf.open('day-1')).id).toBe('day-1')
})

test('so many notes are in memory: for one more the one that is idle the longest goes, and without an idle one it is told', async () => {
  const shelf = shelfOver(new MemoryJournal('aa'))
  for (let i = 0; i < MAX_OPEN_NOTES; i++) {
    await time.run(time.nowMs + 1)
    await shelf.open(`note-${i}`)
  }
  expect(shelf.ids()).toHaveLength(MAX_OPEN_NOTES)
  await shelf.open('one-more')
  expect(shelf.ids()).toHaveLength(MAX_OPEN_NOTES)
  expect(shelf.ids()).not.toContain('note-0')
  expect(shelf.ids()).toContain('note-1')
  // All are in use now.
  for (const note of shelf.notes()) Object.defineProperty(note, 'isIdle', { value: false, configurable: true })
  await expect(shelf.open('too-many')).rejects.toMatchObject({ code: 'NOTES_BUSY' })
  expect((await shelf.open('one-more')).id).toBe('one-more')
})

test.each([READ_ENTRIES - 1, READ_ENTRIES, READ_ENTRIES + 1])('a note of %i entries is read whole', async (entries) => {
  const journal = new MemoryJournal('aa')
  await written(journal, 'long', entries)
  const { document } = await shelfOver(journal).open('long')
  expect(document.text()).toHaveLength(entries)
})

test.each([
  [SNAPSHOT_AFTER_ENTRIES - 1, 0],
  [SNAPSHOT_AFTER_ENTRIES, 1]
])('a note that took %i entries since leaves %i snapshots when it is closed', async (entries, snapshots) => {
  const journal = new MemoryJournal('aa')
  await written(journal, 'day-1', entries)
  const shelf = shelfOver(journal)
  await shelf.open('day-1')
  await shelf.stop()
  expect(saved).toHaveLength(snapshots)
})

test('a note that cannot be read is tried again by the next visitor', async () => {
  const journal = new MemoryJournal('aa')
  await written(journal, 'day-1', 1)
  const entriesOf = journal.entriesOf.bind(journal)
  journal.entriesOf = () => {
    journal.entriesOf = entriesOf
    throw new Error('EIO')
  }
  const shelf = shelfOver(journal)
  await expect(shelf.open('day-1')).rejects.toThrow('EIO')
  expect((await shelf.open('day-1')).document.text()).toBe('x')
})
