import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { NoteDocument } from '../../../node/notes/document.ts'
import { joinTyped } from '../../../node/notes/joined-update.ts'
import { ENTRY_BYTES } from '../../../node/notes/limits.ts'
import { createNoteMerger } from '../../../node/notes/note-merger.ts'
import { titleFold } from '../../../node/notes/title-fold.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import type { CborValue } from '../../../protocols/cbor.ts'
import type { Entry, NewEntry } from '../../../protocols/journal.ts'
import { encodeNoteUpdate, lastOfMerged } from '../../../protocols/note-facts.ts'
import { type SeededRandom, seededRandom } from '../../kit/seeded-random.ts'

const merger = createNoteMerger(systemClock)

function entryOf(body: CborValue | undefined, number: number, kind = 'note-update', writer = 'w'): Entry {
  const place = { writer, number, index: 0, lamport: number }
  return { topic: 'note/x', kind, version: 1, critical: false, node: 'n', body, ...place }
}

function asEntries(merged: NewEntry[] | undefined, number: number): Entry[] {
  return (merged ?? []).map((one, i) => entryOf(one.body, number + i, one.kind, 'later'))
}

const cursors = new WeakMap<Y.Doc, number>()

function placeOf(doc: Y.Doc, random: SeededRandom): number {
  const { length } = doc.getText('text')
  const at = random.chance(0.8) ? Math.min(length, (cursors.get(doc) ?? 0) + 1) : random.below(length + 1)
  cursors.set(doc, at)
  return at
}

/** What some people type and delete, an entry for each tick. */
function session(seed: number, entries: number): Entry[] {
  const random = seededRandom(seed)
  const docs = [new Y.Doc({ gc: false }), new Y.Doc({ gc: false }), new Y.Doc({ gc: false })]
  return Array.from({ length: entries }, (_, number) => {
    const updates: Uint8Array[] = []
    for (let keys = 1 + random.below(4); keys > 0; keys--) {
      const doc = random.pick(docs)
      const text = doc.getText('text')
      const before = Y.encodeStateVector(doc)
      if (text.length > 3 && random.chance(0.2)) text.delete(random.below(text.length - 1), 1)
      // Mostly behind the last key of the same person, as people type.
      else text.insert(placeOf(doc, random), String.fromCharCode(97 + random.below(26)))
      const update = Y.encodeStateAsUpdate(doc, before)
      updates.push(update)
      if (random.chance(0.7)) for (const other of docs) Y.applyUpdate(other, update)
    }
    return entryOf(encodeNoteUpdate({ updates, authors: [] }), number)
  })
}

test('merged entries make the text, the vector and the deletions of the ones that they stand for', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const entries = session(seed, 120)
    const merged = asEntries(await merger.merge('note/x', entries.slice(10, 100)), 500)
    const [plain, compacted, both] = [new NoteDocument(), new NoteDocument(), new NoteDocument()]
    plain.applyEntries(entries)
    compacted.applyEntries([...entries.slice(0, 10), ...entries.slice(100), ...merged])
    both.applyEntries([...merged, ...entries, ...merged])
    for (const one of [compacted, both]) {
      expect(one.text(), `seed ${seed}`).toBe(plain.text())
      expect(one.vectorAndContent(), `seed ${seed}`).toEqual(plain.vectorAndContent())
    }
    expect(lastOfMerged(merged[0]?.body)).toEqual({ writer: 'w', number: 99, index: 0, lamport: 99 })
  }
})

test('what one person typed in a row becomes one struct, and a reader in the middle of it goes on', () => {
  const doc = new Y.Doc({ gc: false })
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => void updates.push(update))
  for (const [at, key] of [...'typed in a row'].entries()) doc.getText('text').insert(at, key)
  const joined = joinTyped(Y.mergeUpdates(updates))
  expect(Y.decodeUpdate(joined).structs).toHaveLength(1)
  for (let known = 0; known <= updates.length; known++) {
    const reader = new Y.Doc({ gc: false })
    for (const update of updates.slice(0, known)) Y.applyUpdate(reader, update)
    // Somebody else inserts right behind what is known: between two characters of the joined struct.
    reader.getText('text').insert(reader.getText('text').length, '|')
    Y.applyUpdate(reader, joined)
    const other = new Y.Doc({ gc: false })
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc))
    Y.applyUpdate(other, Y.encodeStateAsUpdate(reader))
    expect(reader.getText('text').toString()).toBe(other.getText('text').toString())
  }
})

test('merging is no news of a note: the list keeps its order', async () => {
  const entries = session(1, 40)
  const merged = asEntries(await merger.merge('note/x', entries), 900)
  const before = titleFold.empty()
  for (const entry of entries) titleFold.apply(before, entry)
  for (const order of [merged, [...entries, ...merged], [...merged, ...entries]]) {
    const state = titleFold.empty()
    for (const entry of order) titleFold.apply(state, entry)
    expect(state).toEqual(before)
  }
})

test('an entry that says whose a clientID is keeps its place, and so does a part of a long update', () => {
  const [update = new Uint8Array()] = [Y.encodeStateAsUpdate(new Y.Doc())]
  const body = (more: object): CborValue => encodeNoteUpdate({ updates: [update], authors: [], ...more })
  expect(merger.mayMerge(entryOf(body({}), 1))).toBe(true)
  expect(merger.mayMerge(entryOf(body({ authors: [[1, new Uint8Array(16)]] }), 1))).toBe(false)
  expect(merger.mayMerge(entryOf(body({ fragment: { at: 0, of: 2 } }), 1))).toBe(false)
  expect(merger.mayMerge(entryOf({ updates: 'none' }, 1))).toBe(false)
})

test('what Yjs does not understand stays as it is', async () => {
  const body = encodeNoteUpdate({ updates: [Uint8Array.of(255, 255, 255, 255), Uint8Array.of(7)], authors: [] })
  expect(await merger.merge('note/x', [entryOf(body, 1)])).toBeUndefined()
})

test('much text goes into several entries, each of which a body can hold', async () => {
  const random = seededRandom(3)
  const entries = Array.from({ length: 30 }, (_, number) => {
    const doc = new Y.Doc({ gc: false })
    doc.getText('text').insert(0, Buffer.from(random.bytes(20_000)).toString('base64'))
    return entryOf(encodeNoteUpdate({ updates: [Y.encodeStateAsUpdate(doc)], authors: [] }), number)
  })
  const merged = await merger.merge('note/x', entries)
  expect(merged?.length).toBeGreaterThan(1)
  const [plain, compacted] = [new NoteDocument(), new NoteDocument()]
  plain.applyEntries(entries)
  compacted.applyEntries(asEntries(merged, 500))
  expect(compacted.text()).toBe(plain.text())
  for (const { body } of merged ?? []) {
    const { updates } = body as unknown as { updates: Uint8Array[] }
    const bytes = updates.reduce((sum, { length }) => sum + length, 0)
    if (updates.length > 1) expect(bytes).toBeLessThanOrEqual(ENTRY_BYTES)
  }
})
