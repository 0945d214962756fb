/** What notes keep on a device besides the journal, and how much of everything: at each limit and one past it. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as encoding from 'lib0/encoding'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Authors } from '../../../node/notes/authors.ts'
import { NoteDocument } from '../../../node/notes/document.ts'
import '../../../node/notes/errors.ts'
import {
  MAX_AUTHORS_PER_NOTE,
  MAX_NOTES,
  MAX_PENDING_BYTES,
  MAX_RECOVERY_COPIES,
  MAX_RECOVERY_COPY_BYTES,
  MAX_SNAPSHOT_BYTES,
  MAX_UPDATE_ITEMS
} from '../../../node/notes/limits.ts'
import { NoteCatalogue } from '../../../node/notes/note-catalogue.ts'
import { RecoveryCopies } from '../../../node/notes/recovery-copies.ts'
import { SnapshotStore } from '../../../node/notes/snapshot-store.ts'
import type { NoteIndex } from '../../../node/notes/title-fold.ts'
import { scanUpdate } from '../../../node/notes/update-scan.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { systemRandom } from '../../../node/platform/random.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'
import { MemoryJournal } from './memory-journal.ts'

const refused = (bytes: number, note = 'day-1') => ({
  ...{ note, code: 'NOTE_FOREIGN_TEXT', owner: 'a'.repeat(32), address: '10.0.0.1' },
  update: new Uint8Array(bytes)
})

test('of what was refused so many copies stay, the newest; larger ones and those that come while one is written are counted only', async () => {
  using folder = temporaryFolder()
  const directory = join(folder.path, 'refused')
  const copies = new RecoveryCopies(nodeDisk, directory)
  for (let i = 0; i < MAX_RECOVERY_COPIES; i++) await copies.keep(refused(1))
  expect(readdirSync(directory)).toHaveLength(MAX_RECOVERY_COPIES)
  await copies.keep(refused(MAX_RECOVERY_COPY_BYTES))
  const names = readdirSync(directory)
  expect(names).toHaveLength(MAX_RECOVERY_COPIES)
  expect(names).not.toContain('1.refused')
  expect(names).toContain(`${MAX_RECOVERY_COPIES + 1}.refused`)
  expect(copies.dropped).toBe(0)
  await copies.keep(refused(MAX_RECOVERY_COPY_BYTES + 1))
  await Promise.all([copies.keep(refused(1)), copies.keep(refused(1))])
  expect(copies.dropped).toBe(2)
})

test('of a note that is gone no refused copy stays, also beside a damaged one', async () => {
  using folder = temporaryFolder()
  const copies = new RecoveryCopies(nodeDisk, folder.path)
  for (const note of ['gone', 'stays', 'gone']) await copies.keep(refused(1, note))
  writeFileSync(join(folder.path, '0.refused'), 'damaged')
  await copies.forget(new Set(['gone']))
  expect(readdirSync(folder.path).sort()).toEqual(['0.refused', '2.refused'])
})

test('a note as large as a snapshot may be is put away whole; a larger one is read from its entries', async () => {
  using folder = temporaryFolder()
  const snapshots = new SnapshotStore(nodeDisk, folder.path)
  const stateOf = (bytes: number) => ({ ...full, state: () => new Uint8Array(bytes) }) as unknown as NoteDocument
  const full = { authors: new Authors(), progress: new Map() }
  await snapshots.save('fits', stateOf(MAX_SNAPSHOT_BYTES))
  await snapshots.save('larger', stateOf(MAX_SNAPSHOT_BYTES + 1))
  expect(readdirSync(folder.path)).toEqual(['fits.note'])
})

test('a room has so many notes, and one more is refused with a code; one that is there is opened all the same', async () => {
  const stamp = { lamport: 1, writer: 'aa', number: 1, index: 0 }
  const state = { titles: new Map(), texts: new Map(), removed: new Set() } as unknown as NoteIndex
  const journal = new MemoryJournal('aa')
  const index = { state, onChange: () => () => undefined }
  const catalogue = new NoteCatalogue({ journal, random: systemRandom, index })
  for (let i = 0; i < MAX_NOTES - 1; i++) state.titles.set(`n${i}`, { title: 'x', stamp })
  expect(catalogue.mayExist('typed-in')).toBe(true)
  state.titles.set('last', { title: 'x', stamp })
  expect([catalogue.mayExist('typed-in'), catalogue.mayExist('last')]).toEqual([false, true])
  await expect(catalogue.create('One more')).rejects.toMatchObject({ code: 'NOTES_TOO_MANY' })
  expect(journal.entries).toEqual([])
})

test('a note knows so many authors, and not one more', () => {
  const authors = new Authors()
  for (let i = 0; i < MAX_AUTHORS_PER_NOTE; i++) expect(authors.bind(i, 'a'.repeat(32))).toBe(true)
  expect(authors.bind(MAX_AUTHORS_PER_NOTE, 'a'.repeat(32))).toBe(false)
  // Whoever is known writes on.
  expect(authors.bind(7, 'a'.repeat(32))).toBe(true)
})

test('an update brings so many changes, and one with more is refused before it is applied', () => {
  /** One author, and so many changes of which each only says that something of length one was here. */
  const updateOf = (items: number): Uint8Array => {
    const encoder = encoding.createEncoder()
    for (const value of [1, items, 7, 0]) encoding.writeVarUint(encoder, value)
    for (let i = 0; i < items; i++) encoding.writeUint16(encoder, 0x0100)
    encoding.writeVarUint(encoder, 0)
    return encoding.toUint8Array(encoder)
  }
  expect(scanUpdate(updateOf(MAX_UPDATE_ITEMS)).items).toBe(MAX_UPDATE_ITEMS)
  expect(() => scanUpdate(updateOf(MAX_UPDATE_ITEMS + 1))).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }))
})

test.each([
  ['as much as may wait for text that has not come yet waits', 0, true],
  ['more than that is not kept', 2_000, false]
])('%s', (_rule, more, waits) => {
  const writer = new Y.Doc({ gc: false })
  writer.getText('text').insert(0, 'first ')
  const first = Y.encodeStateAsUpdate(writer)
  const before = Y.encodeStateVector(writer)
  writer.getText('text').insert(6, 'x'.repeat(MAX_PENDING_BYTES - 1_000 + more))
  const document = new NoteDocument()
  document.applyFromClients([Y.encodeStateAsUpdate(writer, before)])
  expect(document.text()).toBe('')
  document.applyFromClients([first])
  // What was not kept comes again from whoever has it.
  expect(document.text().length > 6).toBe(waits)
  document.destroy()
})
