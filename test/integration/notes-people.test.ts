import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { cookiesOfTicket, noteTicket } from '../../node/daemon/note-ticket.ts'
import type { NotesComponents } from '../../node/notes/index.ts'
import { MemoryJournal } from '../unit/notes/memory-journal.ts'
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

/** XOR stands for the members' key ring: only who knows it can make or read one. */
const seal = (key: number) => ({
  seal: (plain: Uint8Array) => Uint8Array.of(key, ...plain.map((byte) => byte ^ key)),
  open: (sealed: Uint8Array) => (sealed[0] === key ? sealed.slice(1).map((byte) => byte ^ key) : undefined)
})
const ROOM = seal(85)
const PEOPLE: Record<string, { id: string; shownName: string }> = {
  's=ada': { id: 'aa', shownName: 'Ada Lovelace' },
  's=eve': { id: 'ee', shownName: 'Eve' }
}
const ended = new Set<string>()

const identify: NonNullable<NotesComponents['identify']> = ({ headers }, ticket) => {
  const cookies = headers.cookie ?? (ticket === undefined ? undefined : cookiesOfTicket(ROOM, ticket))
  return cookies === undefined || ended.has(cookies) ? undefined : PEOPLE[cookies]
}

async function node(journal: MemoryJournal): Promise<NoteNode> {
  const made = await startNoteNode(journal, { identify })
  nodes.push(made)
  return made
}

/** As a browser: the cookie of a page of the same device. */
const signedIn = (port: number, cookie: string) => ({ headers: { cookie, origin: `http://127.0.0.1:${port}` } })
const TOKEN = 'token-of-a-browser-1'

function forge(victim: NoteClient, known: Y.Doc): Uint8Array {
  const forger = new Y.Doc({ gc: false })
  Y.applyUpdate(forger, Y.encodeStateAsUpdate(known))
  forger.clientID = victim.doc.clientID
  const before = Y.encodeStateVector(forger)
  forger.getText('text').insert(0, 'lies ')
  return Y.encodeStateAsUpdate(forger, before)
}

test('text of a signed-in person is theirs: neither another account nor the same browser without the session writes under it', async () => {
  const { port, problems } = await node(new MemoryJournal('aa'))
  const ada = await client(port, 'n', { token: TOKEN, ...signedIn(port, 's=ada') }).synced()
  ada.write((text) => text.insert(0, 'honest'))
  for (const init of [signedIn(port, 's=eve'), { token: TOKEN }]) {
    const before = problems.length
    const other = await client(port, 'n', init).synced()
    await other.until(() => other.text === 'honest')
    other.send({ kind: 'update', update: forge(ada, other.doc), answer: false })
    await eventually(() => problems.length > before)
    expect(other.text).toBe('honest')
  }
  ada.write((text) => text.insert(6, ' words'))
  await ada.until(() => ada.saved.saved === 2)
})

test('one person in two browsers is one person', async () => {
  const { port, problems } = await node(new MemoryJournal('aa'))
  const first = await client(port, 'n', signedIn(port, 's=ada')).synced()
  first.write((text) => text.insert(0, 'one'))
  first.socket.terminate()
  const second = await client(port, 'n', { doc: first.doc, ...signedIn(port, 's=ada') }).synced()
  second.write((text) => text.insert(3, ' two'))
  await second.until(() => second.saved.saved === 1)
  expect(problems).toEqual([])
})

test('who signs in while the page is open keeps what they wrote before, and goes on under it', async () => {
  const { port, problems } = await node(new MemoryJournal('aa'))
  const before = await client(port, 'n', { token: TOKEN }).synced()
  before.write((text) => text.insert(0, 'as a guest'))
  await before.until(() => before.saved.saved === 1)
  before.socket.terminate()
  const after = await client(port, 'n', { token: TOKEN, doc: before.doc, ...signedIn(port, 's=ada') }).synced()
  after.write((text) => text.insert(text.length, ', and as Ada'))
  await after.until(() => after.saved.saved === 1)
  const state = new TextEncoder().encode('{"user":{"name":"Ada"}}')
  after.send({ kind: 'awareness', entries: [{ clientId: after.doc.clientID, clock: 9, state }] })
  await after.until(() => after.messages.some((message) => message.kind === 'awareness'))
  expect(problems).toEqual([])
})

test('on another device a ticket stands for the session, as long as that lasts; a made-up one stands for nobody', async () => {
  const [left, right] = [new MemoryJournal('aa'), new MemoryJournal('bb')]
  left.link(right)
  const [a, b] = [await node(left), await node(right)]
  const ada = await client(a.port, 'n', signedIn(a.port, 's=ada')).synced()
  ada.write((text) => text.insert(0, 'here'))
  await ada.until(() => ada.saved.saved === 1)
  ada.socket.terminate()
  const ticket = noteTicket(ROOM, 's=ada') as string
  const moved = await client(b.port, 'n', { ticket, doc: ada.doc }).synced()
  await moved.until(() => moved.text === 'here')
  moved.write((text) => text.insert(4, ' and there'))
  await moved.until(() => moved.saved.saved === 1)
  moved.socket.terminate()
  const forged = Buffer.from(seal(84).seal(new TextEncoder().encode('joinery note ticket 1\ns=ada'))).toString(
    'base64url'
  )
  const unmarked = Buffer.from(ROOM.seal(new TextEncoder().encode('joinery note ticket 0\ns=ada'))).toString(
    'base64url'
  )
  ended.add('s=ada')
  try {
    for (const worthless of [forged, unmarked, ticket]) {
      const before = b.problems.length
      const nobody = await client(b.port, 'n', { ticket: worthless }).synced()
      nobody.send({ kind: 'update', update: forge(ada, nobody.doc), answer: false })
      await eventually(() => b.problems.length > before)
    }
  } finally {
    ended.delete('s=ada')
  }
  const odd = client(b.port, 'n', { ticket: 'not a ticket!' })
  await odd.until(() => odd.closeCode !== undefined)
})

test('a ticket is made of a small cookie only', () => {
  expect(noteTicket(ROOM, undefined)).toBeUndefined()
  expect(noteTicket(ROOM, 'x'.repeat(512))).toMatch(/^[A-Za-z0-9_-]{16,1024}$/)
  expect(noteTicket(ROOM, 'x'.repeat(513))).toBeUndefined()
})

test('the account in a cursor is what the node knows, whatever the client says', async () => {
  const { port } = await node(new MemoryJournal('aa'))
  const reader = await client(port, 'n').synced()
  const told = (of: NoteClient): unknown => {
    for (const message of reader.messages.toReversed()) {
      if (message.kind !== 'awareness') continue
      const entry = message.entries.find(({ clientId }) => clientId === of.doc.clientID)
      if (entry) return JSON.parse(Buffer.from(entry.state).toString()).user
    }
    return undefined
  }
  const says = async (one: NoteClient, user: object): Promise<void> => {
    const state = new TextEncoder().encode(JSON.stringify({ user }))
    one.send({ kind: 'awareness', entries: [{ clientId: one.doc.clientID, clock: 1, state }] })
    await reader.until(() => told(one) !== undefined)
  }
  const ada = await client(port, 'n', signedIn(port, 's=ada')).synced()
  await says(ada, { name: 'the Countess', account: 'Grace Hopper' })
  expect(told(ada)).toEqual({ name: 'the Countess', account: 'Ada Lovelace' })
  const guest = await client(port, 'n', { token: TOKEN }).synced()
  await says(guest, { name: 'Ada Lovelace', account: 'Ada Lovelace' })
  expect(told(guest)).toEqual({ name: 'Ada Lovelace' })
})
