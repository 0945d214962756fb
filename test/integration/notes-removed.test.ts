import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createJournalSync } from '../../node/journal/index.ts'
import { RecoveryCopies } from '../../node/notes/recovery-copies.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { systemRandom } from '../../node/platform/random.ts'
import {
  encodeNoteRemoved,
  NOTE_FACT_VERSION,
  NOTE_REMOVED_KIND,
  NOTES_REMOVED_TOPIC,
  noteTopic
} from '../../protocols/note-facts.ts'
import { PipeLinks } from '../kit/journal-pieces.ts'
import { MemoryJournal } from '../unit/notes/memory-journal.ts'
import { NoteClient } from '../unit/notes/note-client.ts'
import { eventually, type NoteNode, startNoteNode } from '../unit/notes/note-node.ts'
import { openRealJournal } from '../unit/notes/real-journal.ts'

const ends: (() => void | Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function node(...parameters: Parameters<typeof startNoteNode>): Promise<NoteNode> {
  const made = await startNoteNode(...parameters)
  ends.push(() => made.stop())
  return made
}

async function client(port: number, note: string, name: string): Promise<NoteClient> {
  const made = new NoteClient(port, note, { token: `token-of-${name}-learner` })
  ends.push(() => made.destroy())
  return await made.synced()
}

async function bodiesOf(journal: Pick<MemoryJournal, 'entriesOf'>, topic: string): Promise<number> {
  let bodies = 0
  for await (const { body } of journal.entriesOf(topic)) if (body !== undefined) bodies++
  return bodies
}

test('a removed note is gone on both nodes: from the lists, from the journals, and for everybody who has it open', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'joinery-notes-'))
  ends.push(() => rm(folder, { recursive: true, force: true }))
  const sides = await Promise.all(
    ['left', 'right'].map(async (name) => {
      const journal = await openRealJournal(join(folder, name), name)
      ends.push(() => journal.close())
      const links = new PipeLinks(name)
      const sync = createJournalSync({ journal, links, clock: systemClock, random: systemRandom })
      sync.start()
      ends.push(() => sync.stop())
      return { journal, links, node: await node(journal, { links }) }
    })
  )
  const [left, right] = sides
  if (!left || !right) throw new Error('two nodes are needed')
  PipeLinks.connect(left.links, right.links)
  const { id } = await left.node.notes.create('Day one')
  await eventually(() => right.node.notes.list().length === 1)
  const ada = await client(left.node.port, id, 'ada')
  const bob = await client(right.node.port, id, 'bob')
  ada.write((text) => text.insert(0, 'kept by nobody'))
  await bob.until(() => bob.doc.getText('text').toString() === 'kept by nobody')
  await left.node.notes.remove(id)
  for (const one of [ada, bob]) {
    await one.until(() => one.closeCode !== undefined)
    expect(one.closeCode).toBe(4410)
    expect(one.messages.filter(({ kind }) => kind === 'refused')).toEqual([{ kind: 'refused', code: 'NOTE_REMOVED' }])
  }
  for (const { node: one, journal } of sides) {
    await eventually(() => one.notes.list().length === 0)
    await eventually(async () => (await bodiesOf(journal, noteTopic(id))) === 0)
    await expect(one.notes.exportText(id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(one.notes.remove(id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }
  // A browser that kept the text cannot bring it back.
  const back = new NoteClient(right.node.port, id, { token: 'token-of-bob-learner', doc: bob.doc })
  ends.push(() => back.destroy())
  await back.until(() => back.closeCode !== undefined)
  expect(back.closeCode).toBe(4410)
  expect(right.node.notes.list()).toEqual([])
  const journal = left.journal
  await left.node.stop()
  const again = await node(journal)
  expect(again.notes.list()).toEqual([])
})

test('text that a device wrote before it heard of the removal goes as well, when it comes', async () => {
  const [left, right] = [new MemoryJournal('aa'), new MemoryJournal('bb')]
  left.link(right)
  const nodes = await Promise.all([node(left), node(right)])
  const { id } = await nodes[0].notes.create('Day one')
  await eventually(() => nodes[1].notes.list().length === 1)
  left.cut(right)
  const bob = await client(nodes[1].port, id, 'bob')
  for (let number = 0; number < 20; number++) bob.write((text) => text.insert(0, `${number} `))
  await bob.until(() => bob.saved.saved === 20)
  await nodes[0].notes.remove(id)
  expect(await bodiesOf(right, noteTopic(id))).toBeGreaterThan(0)
  left.heal(right)
  await bob.until(() => bob.closeCode === 4410)
  for (const journal of [left, right]) await eventually(async () => (await bodiesOf(journal, noteTopic(id))) === 0)
  for (const one of nodes) {
    expect(one.notes.list()).toEqual([])
    expect(one.problems).toEqual([])
  }
})

test('what was refused of a removed note is taken off the disk, and nothing else', async () => {
  const journal = new MemoryJournal('aa')
  const one = await node(journal)
  const notes = [await one.notes.create('Gone'), await one.notes.create('Stays')]
  for (const { id } of notes) {
    const writer = await client(one.port, id, 'ada')
    const update = writer.write((text) => text.insert(0, 'mine'))
    await writer.until(() => writer.saved.saved === 1)
    const forger = await client(one.port, id, 'eve')
    // The same clientID with other content is somebody else's text.
    const forged = new NoteClient(one.port, id, { token: 'token-of-eve-learner', doc: writer.doc })
    ends.push(() => forged.destroy())
    await forged.synced()
    forged.write((text) => text.insert(0, 'forged'))
    await forged.until(() => forged.messages.some(({ kind }) => kind === 'refused'))
    expect(update.length).toBeGreaterThan(0)
    forger.destroy()
  }
  const copies = async (): Promise<number> => (await readdir(join(one.directory, 'refused'))).length
  await eventually(async () => (await copies()) === 2)
  await one.notes.remove(notes[0]?.id ?? '')
  await eventually(async () => (await copies()) === 1)
})

test('what a device had no time to take away is gone with its next start', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'joinery-notes-'))
  ends.push(() => rm(directory, { recursive: true, force: true }))
  const journal = new MemoryJournal('aa')
  const first = await startNoteNode(journal, {}, { directory })
  const { id } = await first.notes.create('Gone')
  await first.notes.remove(id)
  await first.stop()
  await mkdir(join(directory, 'snapshots'), { recursive: true })
  for (const name of [id, 'stays']) await writeFile(join(directory, 'snapshots', `${name}.note`), 'text')
  const copies = new RecoveryCopies(nodeDisk, join(directory, 'refused'))
  for (const note of [id, 'stays']) {
    await copies.keep({
      note,
      code: 'NOTE_FULL',
      owner: 'a'.repeat(32),
      address: '10.0.0.1',
      update: new Uint8Array(1)
    })
  }
  const again = await node(journal, {}, { directory })
  await eventually(async () => (await readdir(join(directory, 'refused'))).length === 1)
  expect(await readdir(join(directory, 'snapshots'))).toEqual(['stays.note'])
  expect(again.problems).toEqual([])
})

test('the text of a note whose removal a power cut interrupted is erased with the next start', async () => {
  const journal = new MemoryJournal('aa')
  const first = await startNoteNode(journal)
  const { id } = await first.notes.create('Gone')
  const ada = await client(first.port, id, 'ada')
  ada.write((text) => text.insert(0, 'for nobody'))
  await ada.until(() => ada.saved.saved === 1)
  ada.destroy()
  const erase = journal.erase
  journal.erase = () => Promise.reject(new Error('the power failed'))
  await expect(first.notes.remove(id)).rejects.toThrow('the power failed')
  await first.stop()
  expect(await bodiesOf(journal, noteTopic(id))).toBe(1)
  journal.erase = erase
  const again = await node(journal)
  await eventually(async () => (await bodiesOf(journal, noteTopic(id))) === 0)
  expect([again.notes.list(), again.problems]).toEqual([[], []])
})

test('notes that are stopped have taken away what was removed: the journal and the disk may be closed', async () => {
  const journal = new MemoryJournal('aa')
  const one = await startNoteNode(journal)
  const { id } = await one.notes.create('Gone')
  const ada = await client(one.port, id, 'ada')
  ada.write((text) => text.insert(0, 'for nobody'))
  await ada.until(() => ada.saved.saved === 1)
  // As another device removes it: what is left to do is this device's own business.
  await journal.append([
    { topic: NOTES_REMOVED_TOPIC, kind: NOTE_REMOVED_KIND, version: NOTE_FACT_VERSION, body: encodeNoteRemoved(id) }
  ])
  await one.stop()
  expect(await bodiesOf(journal, noteTopic(id))).toBe(0)
  expect(one.problems).toEqual([])
})
