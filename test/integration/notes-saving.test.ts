import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { decodeNoteUpdate } from '../../protocols/note-facts.ts'
import { MemoryJournal } from '../unit/notes/memory-journal.ts'
import { makeCable } from '../unit/notes/memory-links.ts'
import { NoteClient } from '../unit/notes/note-client.ts'
import { eventually, type NoteNode, startNoteNode } from '../unit/notes/note-node.ts'

const clients: NoteClient[] = []
const nodes: NoteNode[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  for (const node of nodes.splice(0)) await node.stop()
})

function client(...parameters: ConstructorParameters<typeof NoteClient>): NoteClient {
  const made = new NoteClient(...parameters)
  clients.push(made)
  return made
}

async function node(...parameters: Parameters<typeof startNoteNode>): Promise<NoteNode> {
  const made = await startNoteNode(...parameters)
  nodes.push(made)
  return made
}

/** The text that the entries make, whatever a node says. */
function textOf(journal: MemoryJournal, note: string): string {
  const doc = new Y.Doc({ gc: false })
  for (const entry of journal.entries) {
    if (entry.topic !== `note/${note}`) continue
    for (const update of decodeNoteUpdate(entry.body)?.updates ?? []) Y.applyUpdate(doc, update)
  }
  return doc.getText('text').toString()
}

const ADA = 'token-of-ada-lovelace'
const EVE = 'token-of-eve-dropper'

test('saved is said only after the entry is on the disk, and not while the disk refuses', async () => {
  const journal = new MemoryJournal('aa')
  journal.failure = new Error('no space left on device')
  const { port, problems } = await node(journal)
  const ada = await client(port, 'full-disk', { token: ADA }).synced()
  ada.write((text) => text.insert(0, 'kept'))
  await eventually(() => problems.some(({ code }) => code === 'NOTE_FAILED'))
  expect(ada.saved.saved).toBe(0)
  journal.failure = undefined
  await ada.until(() => ada.saved.saved === 1)
  expect(textOf(journal, 'full-disk')).toBe('kept')
})

test('saved on N devices counts the peers that confirmed, and one device alone says one', async () => {
  const [left, right] = [new MemoryJournal('aa'), new MemoryJournal('bb')]
  left.link(right)
  left.cut(right)
  const { port } = await node(left)
  const ada = await client(port, 'copies', { token: ADA }).synced()
  ada.write((text) => text.insert(0, 'a'))
  await ada.until(() => ada.saved.saved === 1)
  expect(ada.saved).toMatchObject({ copied: 0, devices: 1 })
  left.heal(right)
  await ada.until(() => ada.saved.copied === 1 && ada.saved.devices === 2)
})

test('a browser that forges text under another person’s clientID changes nothing of theirs; what it sent is set aside and reported', async () => {
  const journal = new MemoryJournal('aa')
  const { port, problems, directory } = await node(journal)
  const ada = await client(port, 'forged', { token: ADA }).synced()
  const eve = await client(port, 'forged', { token: EVE }).synced()
  ada.write((text) => text.insert(0, 'honest'))
  await eve.until(() => eve.text === 'honest')
  const forger = new Y.Doc({ gc: false })
  Y.applyUpdate(forger, Y.encodeStateAsUpdate(eve.doc))
  forger.clientID = ada.doc.clientID
  const before = Y.encodeStateVector(forger)
  forger.getText('text').insert(6, ' lies')
  eve.send({ kind: 'update', update: Y.encodeStateAsUpdate(forger, before), answer: false })
  await eventually(() => problems.some(({ code }) => code === 'NOTE_REFUSED'))
  await eventually(() => problems.length > 0)
  ada.write((text) => text.insert(6, ' truth'))
  await eve.until(() => eve.text === 'honest truth')
  await ada.until(() => ada.saved.saved === 2)
  expect(textOf(journal, 'forged')).toBe('honest truth')
  const kept = await readdir(join(directory, 'refused'))
  expect(kept.filter((name) => name.endsWith('.refused'))).toHaveLength(1)
})

test('a clientID belongs to whoever showed it first, before anything was written under it', async () => {
  const journal = new MemoryJournal('aa')
  const { port, problems } = await node(journal)
  const ada = await client(port, 'early', { token: ADA }).synced()
  const eve = await client(port, 'early', { token: EVE }).synced()
  const state = new TextEncoder().encode('{"user":{"name":"Ada"}}')
  ada.send({ kind: 'awareness', entries: [{ clientId: ada.doc.clientID, clock: 1, state }] })
  await eve.until(() => eve.messages.some((message) => message.kind === 'awareness'))
  const forger = new Y.Doc({ gc: false })
  forger.clientID = ada.doc.clientID
  forger.getText('text').insert(0, 'squatted')
  eve.send({ kind: 'update', update: Y.encodeStateAsUpdate(forger), answer: false })
  await eventually(() => problems.some(({ code }) => code === 'NOTE_REFUSED'))
  ada.write((text) => text.insert(0, 'mine'))
  await eve.until(() => eve.text === 'mine')
})

test('a clientID that was bound on one device is bound on the other', async () => {
  const [left, right] = [new MemoryJournal('aa'), new MemoryJournal('bb')]
  left.link(right)
  const [a, b] = [await node(left), await node(right)]
  const ada = await client(a.port, 'both', { token: ADA }).synced()
  ada.write((text) => text.insert(0, 'honest'))
  const eve = await client(b.port, 'both', { token: EVE }).synced()
  await eve.until(() => eve.text === 'honest')
  const forger = new Y.Doc({ gc: false })
  Y.applyUpdate(forger, Y.encodeStateAsUpdate(eve.doc))
  forger.clientID = ada.doc.clientID
  const before = Y.encodeStateVector(forger)
  forger.getText('text').insert(0, 'lies ')
  eve.send({ kind: 'update', update: Y.encodeStateAsUpdate(forger, before), answer: false })
  await eventually(() => b.problems.some(({ code }) => code === 'NOTE_REFUSED'))
  // The same person, from the same browser, through the other device: it is theirs.
  ada.socket.terminate()
  const moved = await client(b.port, 'both', { token: ADA, doc: ada.doc }).synced()
  moved.write((text) => text.insert(text.length, ' words'))
  await eve.until(() => eve.text === 'honest words')
  await moved.until(() => moved.saved.saved === 1)
  expect(moved.refusals).toEqual([])
})

test('deleting what somebody has yet to write deletes nothing', async () => {
  const journal = new MemoryJournal('aa')
  const { port } = await node(journal)
  const ada = await client(port, 'future', { token: ADA }).synced()
  const eve = await client(port, 'future', { token: EVE }).synced()
  ada.write((text) => text.insert(0, 'one'))
  await eve.until(() => eve.text === 'one')
  // A document in which Ada wrote more, and all of it was deleted: its deletions name clocks that the node does not have.
  const future = new Y.Doc({ gc: false })
  Y.applyUpdate(future, Y.encodeStateAsUpdate(eve.doc))
  future.clientID = ada.doc.clientID
  future.getText('text').insert(3, ' two three four')
  const before = Y.encodeStateVector(future)
  future.getText('text').delete(3, 15)
  eve.send({ kind: 'update', update: Y.encodeStateAsUpdate(future, before), answer: false })
  ada.write((text) => text.insert(3, ' two'))
  await eve.until(() => eve.text === 'one two')
  ada.write((text) => text.insert(7, ' three'))
  await eve.until(() => eve.text === 'one two three')
  await ada.until(() => ada.saved.saved === 3)
  expect(textOf(journal, 'future')).toBe('one two three')
})

test('text sent ahead by a device that dies before its entry is written, is written by the other one before it is called saved', async () => {
  const [left, right] = [new MemoryJournal('aa'), new MemoryJournal('bb')]
  left.link(right)
  const cable = makeCable()
  const a = await node(left, { links: cable.left })
  const b = await node(right, { links: cable.right })
  cable.plug()
  const ada = await client(a.port, 'ahead', { token: ADA }).synced()
  const bob = await client(b.port, 'ahead', { token: 'token-of-bob-builder' }).synced()
  ada.write((text) => text.insert(0, 'durable. '))
  await bob.until(() => bob.text === 'durable. ')
  const state = new TextEncoder().encode('{"user":{"name":"Ada"}}')
  ada.send({ kind: 'awareness', entries: [{ clientId: ada.doc.clientID, clock: 1, state }] })
  // Cursors come only on the link that also carries text ahead.
  await bob.until(() => bob.messages.some((message) => message.kind === 'awareness'))
  left.failure = new Error('the card has died')
  ada.write((text) => text.insert(text.length, 'only ahead.'))
  await bob.until(() => bob.text === 'durable. only ahead.')
  expect(textOf(right, 'ahead')).toBe('durable. ')
  cable.pull()
  left.cut(right)
  const moved = await client(b.port, 'ahead', { token: ADA, doc: ada.doc }).synced()
  // The node asks what it lacks; the answer has nothing new, and still nothing may be called saved that is not.
  await moved.until(() => moved.messages.some((message) => message.kind === 'have'))
  moved.send({ kind: 'update', update: Y.encodeStateAsUpdate(moved.doc, Y.encodeStateVector(bob.doc)), answer: true })
  await moved.until(() => moved.saved.saved === 1)
  expect(textOf(right, 'ahead')).toBe('durable. only ahead.')
})

test('a long update goes in parts and comes back whole', async () => {
  const [left, right] = [new MemoryJournal('aa'), new MemoryJournal('bb')]
  left.link(right)
  const [a, b] = [await node(left), await node(right)]
  const ada = await client(a.port, 'long', { token: ADA }).synced()
  const long = 'all work and no play '.repeat(60_000)
  ada.write((text) => text.insert(0, long))
  await ada.until(() => ada.saved.saved === 1)
  expect(left.entries.length).toBeGreaterThan(1)
  const reader = await client(b.port, 'long', { token: EVE }).synced()
  await reader.until(() => reader.text.length === long.length)
})

test('a note that was closed is read from its snapshot and from the entries since', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'joinery-notes-'))
  try {
    const journal = new MemoryJournal('aa')
    const past = new Y.Doc({ gc: false })
    for (let i = 0; i < 210; i++) {
      const before = Y.encodeStateVector(past)
      past.getText('text').insert(past.getText('text').length, `${i} `)
      const update = Y.encodeStateAsUpdate(past, before)
      await journal.append([{ topic: 'note/snapshot', kind: 'note-update', version: 1, body: { updates: [update] } }])
    }
    const first = await node(journal, {}, { directory })
    const ada = await client(first.port, 'snapshot', { token: ADA }).synced()
    ada.write((text) => text.insert(text.length, 'ada '))
    await ada.until(() => ada.saved.saved === 1)
    const wanted = ada.text
    await first.stop()
    nodes.length = 0
    expect(await readdir(join(directory, 'snapshots'))).toEqual(['snapshot.note'])
    // Entries that the snapshot has are not needed again; the later one is.
    journal.entries.splice(0, 100)
    const other = new Y.Doc()
    other.getText('text').insert(0, 'later ')
    await journal.append([
      { topic: 'note/snapshot', kind: 'note-update', version: 1, body: { updates: [Y.encodeStateAsUpdate(other)] } }
    ])
    const second = await node(journal, {}, { directory })
    const reader = await client(second.port, 'snapshot', { token: EVE }).synced()
    expect([`${wanted}later `, `later ${wanted}`]).toContain(reader.text)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('stopping a node writes what its clients had sent', async () => {
  const journal = new MemoryJournal('aa')
  journal.syncMs = 100
  const made = await node(journal)
  const ada = await client(made.port, 'stopping', { token: ADA }).synced()
  const eve = await client(made.port, 'stopping', { token: EVE }).synced()
  ada.write((text) => text.insert(0, 'last words'))
  await eve.until(() => eve.text === 'last words')
  await made.stop()
  nodes.length = 0
  expect(textOf(journal, 'stopping')).toBe('last words')
})

test('whoever comes first after a device died brings what others wrote there, and does not become its owner', async () => {
  const journal = new MemoryJournal('aa')
  const { port, problems } = await node(journal)
  // What both typed on the device that died, of which nothing was saved.
  const [adas, bobs] = [new Y.Doc({ gc: false }), new Y.Doc({ gc: false })]
  adas.getText('text').insert(0, 'ada ')
  Y.applyUpdate(bobs, Y.encodeStateAsUpdate(adas))
  bobs.getText('text').insert(4, 'bob ')
  Y.applyUpdate(adas, Y.encodeStateAsUpdate(bobs))
  const ada = await client(port, 'after', { token: ADA, doc: adas }).synced()
  ada.send({ kind: 'update', update: Y.encodeStateAsUpdate(adas), answer: true })
  await ada.until(() => ada.saved.saved === 1)
  const bob = await client(port, 'after', { token: 'token-of-bob-in-a-test', doc: bobs }).synced()
  bob.send({ kind: 'update', update: Y.encodeStateAsUpdate(bobs), answer: true })
  bob.write((text) => text.insert(text.length, 'more'))
  await bob.until(() => bob.saved.saved === 2)
  expect(textOf(journal, 'after')).toBe('ada bob more')
  expect(problems).toEqual([])
})

test('what was refused is not called saved, whether a client has shown a cursor or not', async () => {
  const journal = new MemoryJournal('aa')
  const { port, problems } = await node(journal)
  const ada = await client(port, 'refused', { token: ADA }).synced()
  ada.write((text) => text.insert(0, 'hers'))
  await ada.until(() => ada.saved.saved === 1)
  const doc = new Y.Doc({ gc: false })
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(ada.doc))
  doc.clientID = ada.doc.clientID
  const eve = await client(port, 'refused', { token: EVE, doc }).synced()
  eve.write((text) => text.insert(0, 'not hers'))
  await eve.until(() => eve.refusals.includes('NOTE_FOREIGN_TEXT'))
  ada.write((text) => text.insert(4, ', still'))
  await ada.until(() => ada.saved.saved === 2)
  expect(eve.saved.saved).toBe(0)
  expect(problems).toHaveLength(1)
})
