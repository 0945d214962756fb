import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { NoteDocument } from '../../../node/notes/document.ts'
import { Fragments, packEntries } from '../../../node/notes/fragments.ts'
import * as limits from '../../../node/notes/limits.ts'
import { TextAhead } from '../../../node/notes/text-ahead.ts'
import { withoutClients } from '../../../node/notes/update-scan.ts'
import type { Entry } from '../../../protocols/journal.ts'
import { encodeNoteUpdate, FRAGMENT_BYTES, MAX_UPDATES_PER_ENTRY } from '../../../protocols/note-facts.ts'

const ADA = 'ad'.repeat(16)
const EVE = 'ee'.repeat(16)

function write(doc: Y.Doc, change: (text: Y.Text) => void): Uint8Array {
  const before = Y.encodeStateVector(doc)
  change(doc.getText('text'))
  return Y.encodeStateAsUpdate(doc, before)
}

function entryOf(updates: Uint8Array[], writer: string, number: number, lamport: number): Entry {
  const body = encodeNoteUpdate({ updates, authors: [] })
  return {
    topic: 'note/x',
    kind: 'note-update',
    version: 1,
    critical: false,
    node: writer,
    writer,
    number,
    index: 0,
    lamport,
    body
  }
}

test('what came within a tick leaves as one update that holds all of it', () => {
  const document = new NoteDocument()
  const docs = [new Y.Doc(), new Y.Doc(), new Y.Doc()]
  const updates = docs.flatMap((doc, i) => [
    write(doc, (text) => text.insert(0, `${i}a`)),
    write(doc, (text) => text.insert(2, `${i}b`))
  ])
  const { news, broken } = document.applyFromClients(updates)
  expect(broken).toEqual([])
  const reader = new Y.Doc()
  Y.applyUpdate(reader, news as Uint8Array)
  expect(reader.getText('text').toString()).toBe(document.text())
  expect(document.text()).toHaveLength(12)
})

test('what is known already is no news', () => {
  const document = new NoteDocument()
  const update = write(new Y.Doc(), (text) => text.insert(0, 'once'))
  expect(document.applyFromClients([update]).news).toBeDefined()
  expect(document.applyFromClients([update]).news).toBeUndefined()
})

test('text that waits for something that is not here is not called saved, and is once it has come', () => {
  const document = new NoteDocument()
  const doc = new Y.Doc()
  const first = write(doc, (text) => text.insert(0, 'first '))
  const second = write(doc, (text) => text.insert(6, 'second'))
  const bound = new Set<number>()
  expect(document.judge(second, ADA, bound).accepted).toBeDefined()
  expect([...document.applyFromClients([second]).waiting]).toEqual([ADA])
  document.judge(first, ADA, bound)
  const applied = document.applyFromClients([first])
  expect([...applied.waiting]).toEqual([])
  const reader = new Y.Doc()
  Y.applyUpdate(reader, applied.news as Uint8Array)
  expect(reader.getText('text').toString()).toBe('first second')
})

test('an update with the text of two people keeps what belongs to its sender', () => {
  const document = new NoteDocument()
  const [ada, eve] = [new Y.Doc(), new Y.Doc()]
  const honest = write(ada, (text) => text.insert(0, 'honest'))
  document.judge(honest, ADA, new Set())
  document.applyFromClients([honest])
  Y.applyUpdate(eve, honest)
  const own = write(eve, (text) => text.insert(6, ' own'))
  const forger = new Y.Doc()
  Y.applyUpdate(forger, Y.encodeStateAsUpdate(eve))
  forger.clientID = ada.clientID
  const forged = write(forger, (text) => text.insert(0, 'forged '))
  const verdict = document.judge(Y.mergeUpdates([own, forged]), EVE, new Set())
  expect(verdict.refused).toEqual({ code: 'NOTE_FOREIGN_TEXT', clientIds: [ada.clientID] })
  document.applyFromClients([verdict.accepted as Uint8Array])
  expect(document.text()).toBe('honest own')
})

test('taking a client out of an update leaves the others and the deletions', () => {
  const [one, two] = [new Y.Doc(), new Y.Doc()]
  const base = write(one, (text) => text.insert(0, 'keep delete'))
  Y.applyUpdate(two, base)
  const rest = withoutClients(
    Y.mergeUpdates([
      write(one, (text) => text.insert(0, 'out ')),
      write(two, (text) => text.delete(4, 7)),
      write(two, (text) => text.insert(4, '!'))
    ]),
    [one.clientID]
  )
  const reader = new Y.Doc()
  Y.applyUpdate(reader, base)
  Y.applyUpdate(reader, rest)
  expect(reader.getText('text').toString()).toBe('keep!')
})

test('a connection writes under so many clientIDs, and not under one more', () => {
  const document = new NoteDocument()
  const bound = new Set<number>()
  const verdicts = Array.from({ length: limits.MAX_AUTHORS_PER_CONNECTION + 1 }, () => {
    const update = write(new Y.Doc(), (text) => text.insert(0, 'x'))
    const verdict = document.judge(update, EVE, bound)
    document.applyFromClients([update])
    return verdict
  })
  expect(verdicts.slice(0, -1).every(({ refused }) => refused === undefined)).toBe(true)
  expect(verdicts.at(-1)?.refused?.code).toBe('NOTE_TOO_MANY_AUTHORS')
})

test('a note that is full takes deletions and nothing else', () => {
  const document = new NoteDocument()
  const doc = new Y.Doc({ gc: false })
  const bound = new Set<number>()
  const full = write(doc, (text) => text.insert(0, 'x'.repeat(limits.MAX_NOTE_BYTES - 1_000)))
  expect(document.judge(full, ADA, bound).refused).toBeUndefined()
  document.applyFromClients([full])
  const fits = write(doc, (text) => text.insert(0, 'y'.repeat(500)))
  expect(document.judge(fits, ADA, bound).refused).toBeUndefined()
  document.applyFromClients([fits])
  const more = write(doc, (text) => text.insert(0, 'z'.repeat(600)))
  expect(document.judge(more, ADA, bound)).toEqual({
    accepted: undefined,
    refused: { code: 'NOTE_FULL', clientIds: [] }
  })
  const other = new Y.Doc({ gc: false })
  Y.applyUpdate(other, document.state())
  const deletion = write(other, (text) => text.delete(0, 1_000))
  expect(document.judge(deletion, EVE, bound).refused).toBeUndefined()
})

test('replicas that were fed forged text in different orders are equal once they are built anew from the entries', () => {
  const [honest, forger] = [new Y.Doc(), new Y.Doc()]
  forger.clientID = honest.clientID
  const one = entryOf([write(honest, (text) => text.insert(0, 'first'))], 'aa', 0, 1)
  const two = entryOf([write(forger, (text) => text.insert(0, 'OTHER'))], 'bb', 0, 2)
  const [left, right] = [new NoteDocument(), new NoteDocument()]
  for (const entry of [one, two]) left.applyEntries([entry])
  for (const entry of [two, one]) right.applyEntries([entry])
  expect(left.vector()).toEqual(right.vector())
  expect(left.text()).not.toBe(right.text())
  left.rebuild([two, one])
  right.rebuild([one, two])
  expect(left.text()).toBe(right.text())
  expect(left.text()).toBe('first')
  expect(left.vectorAndContent()).toEqual(right.vectorAndContent())
})

test('entries of random sessions give one text, whatever their order and however often they come', () => {
  let seed = 20_261_124
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed % below
  }
  for (let session = 0; session < 20; session++) {
    const docs = Array.from({ length: 3 }, () => new Y.Doc({ gc: false }))
    const entries: Entry[] = []
    for (let step = 0; step < 40; step++) {
      const at = random(docs.length)
      const doc = docs[at] as Y.Doc
      const update = write(doc, (text) => {
        if (text.length > 3 && random(3) === 0) text.delete(random(text.length - 2), 2)
        else text.insert(random(text.length + 1), `${step} `)
      })
      entries.push(entryOf([update], `w${at}`, entries.filter(({ writer }) => writer === `w${at}`).length, step))
      if (random(4) === 0) for (const other of docs) Y.applyUpdate(other, Y.encodeStateAsUpdate(doc))
    }
    const inOrder = new NoteDocument()
    inOrder.applyEntries(entries)
    // Writers interleave at will; each one's own entries keep their order, as the chain of a log does.
    const shuffled = new NoteDocument()
    const lanes = [0, 1, 2].map((lane) => entries.filter(({ writer }) => writer === `w${lane}`))
    while (lanes.some((lane) => lane.length > 0)) {
      const next = lanes[random(3)]?.shift()
      if (next) shuffled.applyEntries(random(3) === 0 ? [next, next] : [next])
    }
    expect(shuffled.text(), `session ${session}`).toBe(inOrder.text())
    expect(shuffled.vectorAndContent()).toEqual(inOrder.vectorAndContent())
  }
})

test('long updates are split at the limit and joined again; what is unfinished stays bounded', () => {
  const long = new Uint8Array(FRAGMENT_BYTES + 1).fill(7)
  const packed = packEntries([Uint8Array.of(1), long, new Uint8Array(FRAGMENT_BYTES)], [[5, new Uint8Array(16)]])
  expect(packed.map(({ fragment, updates }) => fragment ?? updates.length)).toEqual([
    1,
    { at: 0, of: 2 },
    { at: 1, of: 2 },
    1
  ])
  expect(packed.map(({ authors }) => authors.length)).toEqual([1, 0, 0, 0])
  const fragments = new Fragments()
  expect(fragments.add('w', packed[1]?.updates[0] as Uint8Array, { at: 0, of: 2 })).toBeUndefined()
  const whole = fragments.add('w', packed[2]?.updates[0] as Uint8Array, { at: 1, of: 2 })
  expect(whole?.[0]).toEqual(Buffer.from(long))
  for (let i = 0; i <= limits.MAX_UNFINISHED_UPDATES; i++) fragments.add(`w${i}`, Uint8Array.of(i), { at: 0, of: 2 })
  expect(fragments.add('w0', Uint8Array.of(0), { at: 1, of: 2 })).toBeUndefined()
  expect(fragments.add('w1', Uint8Array.of(0), { at: 1, of: 2 })).toBeDefined()
})

test('many small updates fill entries to their limits', () => {
  const packed = packEntries(new Array(MAX_UPDATES_PER_ENTRY + 1).fill(Uint8Array.of(1)), [])
  expect(packed.map(({ updates }) => updates.length)).toEqual([MAX_UPDATES_PER_ENTRY, 1])
  const half = new Uint8Array(limits.ENTRY_BYTES / 2)
  expect(packEntries([half, half, Uint8Array.of(1)], []).map(({ updates }) => updates.length)).toEqual([2, 1])
})

test('text ahead is covered by an entry with the same bytes, and no more than its limit waits', () => {
  const ahead = new TextAhead()
  expect(ahead.add({ updates: [Uint8Array.of(1), Uint8Array.of(2)], authors: [] }, 0)).toBe(true)
  ahead.cover([Uint8Array.of(1)])
  expect(ahead.size).toBe(1)
  expect(ahead.take(limits.ADOPT_AFTER_MS - 1, limits.ADOPT_AFTER_MS).updates).toEqual([])
  expect(ahead.take(limits.ADOPT_AFTER_MS, limits.ADOPT_AFTER_MS).updates).toEqual([Uint8Array.of(2)])
  expect(ahead.add({ updates: [new Uint8Array(limits.MAX_AHEAD_BYTES)], authors: [] }, 0)).toBe(true)
  expect(ahead.add({ updates: [Uint8Array.of(3)], authors: [] }, 0)).toBe(false)
})
