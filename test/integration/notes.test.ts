import { afterEach, expect, test } from 'vitest'
import { MemoryJournal } from '../unit/notes/memory-journal.ts'
import { eventually, type NoteNode, type StockClient, startNoteNode, stockClient } from '../unit/notes/note-node.ts'

const clients: StockClient[] = []
const nodes: NoteNode[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  for (const node of nodes.splice(0)) await node.stop()
})

function client(...parameters: Parameters<typeof stockClient>): StockClient {
  const made = stockClient(...parameters)
  clients.push(made)
  return made
}

async function node(...parameters: Parameters<typeof startNoteNode>): Promise<NoteNode> {
  const made = await startNoteNode(...parameters)
  nodes.push(made)
  return made
}

test('two stock y-websocket clients of one node see each other’s text and cursors, and the text is in the journal', async () => {
  const journal = new MemoryJournal('aa')
  const { port, notes } = await node(journal)
  const one = client(port, 'day-1', { token: 'one-token-of-some-length' })
  const two = client(port, 'day-1', { token: 'two-token-of-some-length' })
  one.provider.awareness.setLocalStateField('user', { name: 'Ada' })
  one.text.insert(0, 'Hello ')
  await eventually(() => two.text.toString() === 'Hello ')
  two.text.insert(6, 'world')
  await eventually(() => one.text.toString() === 'Hello world')
  await eventually(() => two.provider.awareness.getStates().get(one.doc.clientID)?.user?.name === 'Ada')
  expect(one.provider.synced).toBe(true)
  await eventually(() => notes.list().length === 1)
  expect((await notes.exportText('day-1')).text).toBe('Hello world')
  one.destroy()
  await eventually(() => !two.provider.awareness.getStates().has(one.doc.clientID))
})

test('a note survives the end of its node, and is read from its entries by the next', async () => {
  const journal = new MemoryJournal('aa')
  const first = await node(journal)
  const writer = client(first.port, 'kept')
  writer.text.insert(0, 'written once')
  await eventually(() => journal.entries.length > 0)
  writer.destroy()
  await first.stop()
  nodes.length = 0
  const second = await node(journal)
  const reader = client(second.port, 'kept')
  await eventually(() => reader.text.toString() === 'written once')
})

test('two clients on two nodes: the cable is pulled, both go on, it returns, and there is one text with everything once', async () => {
  const [left, right] = [new MemoryJournal('aa'), new MemoryJournal('bb')]
  left.link(right)
  const [a, b] = [await node(left), await node(right)]
  const one = client(a.port, 'shared', { token: 'one-token-of-some-length' })
  const two = client(b.port, 'shared', { token: 'two-token-of-some-length' })
  one.text.insert(0, 'start. ')
  await eventually(() => two.text.toString() === 'start. ')
  left.cut(right)
  one.text.insert(one.text.length, 'left went on. ')
  two.text.insert(two.text.length, 'right went on. ')
  await eventually(() => left.entries.length >= 2 && right.entries.length >= 2)
  expect(one.text.toString()).toBe('start. left went on. ')
  left.heal(right)
  await eventually(() => one.text.toString() === two.text.toString() && one.text.toString().includes('right'))
  const text = one.text.toString()
  for (const part of ['start. ', 'left went on. ', 'right went on. ']) expect(text.split(part).length - 1, part).toBe(1)
  expect(text.length).toBe('start. left went on. right went on. '.length)
})
