import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { createJournalSync, type Journal, type JournalSync } from '../../node/journal/index.ts'
import { type Clock, systemClock } from '../../node/platform/clock.ts'
import { systemRandom } from '../../node/platform/random.ts'
import { PipeLinks } from '../kit/journal-pieces.ts'
import { MemoryJournal } from '../unit/notes/memory-journal.ts'
import { makeCable } from '../unit/notes/memory-links.ts'
import { NoteClient } from '../unit/notes/note-client.ts'
import { eventually, type NoteNode, type StockClient, startNoteNode, stockClient } from '../unit/notes/note-node.ts'
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

function stock(...parameters: Parameters<typeof stockClient>): StockClient {
  const made = stockClient(...parameters)
  ends.push(() => made.destroy())
  return made
}

test('two stock providers on two nodes with the real journals: text, cursors, and what was written while the nodes did not know each other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'joinery-notes-'))
  ends.push(() => rm(folder, { recursive: true, force: true }))
  const synchronize = (journal: Journal, links: PipeLinks): JournalSync => {
    const sync = createJournalSync({ journal, links, clock: systemClock, random: systemRandom })
    sync.start()
    ends.push(() => sync.stop())
    return sync
  }
  const names = ['left', 'right']
  const sides = await Promise.all(
    names.map(async (name) => {
      const journal = await openRealJournal(join(folder, name), name)
      ends.push(() => journal.close())
      const links = new PipeLinks(name)
      const sync = synchronize(journal, links)
      return { journal, links, sync, node: await node(journal, { links }) }
    })
  )
  const [left, right] = sides
  if (!left || !right) throw new Error('two nodes are needed')
  const ada = stock(left.node.port, 'real', { token: 'token-of-ada-lovelace' })
  const bob = stock(right.node.port, 'real', { token: 'token-of-bob-builder' })
  ada.text.insert(0, 'written on the left. ')
  bob.text.insert(0, 'written on the right. ')
  await eventually(() => left.node.notes.list().length === 1 && right.node.notes.list().length === 1)
  expect(ada.text.toString()).toBe('written on the left. ')
  PipeLinks.connect(left.links, right.links)
  await eventually(() => ada.text.length === 43 && bob.text.length === 43)
  expect(ada.text.toString()).toBe(bob.text.toString())
  for (const part of ['written on the left. ', 'written on the right. '])
    expect(ada.text.toString().split(part)).toHaveLength(2)
  ada.provider.awareness.setLocalStateField('user', { name: 'Ada' })
  await eventually(() => bob.provider.awareness.getStates().get(ada.doc.clientID)?.user?.name === 'Ada')
  // Text that is sent ahead does not wait for the journals, whose entries go no further meanwhile.
  for (const { sync } of sides) sync.stop()
  ada.text.insert(0, 'quick ')
  await eventually(() => bob.text.toString().startsWith('quick '))
  for (const { journal, links } of sides) synchronize(journal, links)
  const own = new NoteClient(left.node.port, 'real', { token: 'token-of-eve-dropper' })
  ends.push(() => own.destroy())
  await own.synced()
  own.write((text) => text.insert(0, 'counted '))
  await own.until(() => own.saved.saved === 1 && own.saved.copied === 1 && own.saved.devices === 2)
})

test('replicas that differ although their vectors are equal are found, built anew from the entries, and are equal', async () => {
  // Half a minute is a third of a second here.
  const hasty: Clock = {
    ...systemClock,
    after: (delayMs, action) => systemClock.after(delayMs >= 20_000 ? delayMs / 100 : delayMs, action)
  }
  const [one, two] = [new MemoryJournal('aa'), new MemoryJournal('bb')]
  one.link(two)
  one.cut(two)
  const cable = makeCable()
  const left = await node(one, { links: cable.left, clock: hasty })
  const right = await node(two, { links: cable.right, clock: hasty })
  const [honest, forger] = [new Y.Doc(), new Y.Doc()]
  forger.clientID = honest.clientID
  honest.getText('text').insert(0, 'first')
  forger.getText('text').insert(0, 'OTHER')
  const append = (journal: MemoryJournal, doc: Y.Doc) =>
    journal.append([
      { topic: 'note/torn', kind: 'note-update', version: 1, body: { updates: [Y.encodeStateAsUpdate(doc)] } }
    ])
  // As two nodes would have them that were lied to on two sides of a cut.
  await append(one, honest)
  await append(two, forger)
  const ada = new NoteClient(left.port, 'torn', { token: 'token-of-ada-lovelace' })
  const bob = new NoteClient(right.port, 'torn', { token: 'token-of-bob-builder' })
  ends.push(
    () => ada.destroy(),
    () => bob.destroy()
  )
  await Promise.all([ada.synced(), bob.synced()])
  expect([ada.text, bob.text]).toEqual(['first', 'OTHER'])
  one.heal(two)
  cable.plug()
  await eventually(() => [...left.problems, ...right.problems].some(({ code }) => code === 'NOTE_DIVERGED'))
  // The one whose text was not the one of the entries is told to load it again.
  await eventually(
    () => bob.messages.some(({ kind }) => kind === 'reset') || ada.messages.some(({ kind }) => kind === 'reset')
  )
  const texts = async () => [(await left.notes.exportText('torn')).text, (await right.notes.exportText('torn')).text]
  let last: string[] = []
  await eventually(
    () => {
      void texts().then((now) => {
        last = now
      })
      return last.length === 2 && last[0] === last[1]
    },
    () => last.join(' / ')
  )
  expect(last[0]).toBe('first')
})
