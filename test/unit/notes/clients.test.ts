import { once } from 'node:events'
import { request } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { MemoryJournal } from './memory-journal.ts'
import { NoteClient } from './note-client.ts'
import { eventually, startNoteNode } from './note-node.ts'

const ends: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function statusOf(port: number): Promise<number | undefined> {
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' }
  const asked = request({ port, host: '127.0.0.1', path: '/notes/sync/other', headers }).end()
  const [response] = (await once(asked, 'response')) as [{ statusCode?: number; resume(): void }]
  response.resume()
  return response.statusCode
}

test('a device has so many clients in all notes together, and no more; one that leaves makes room', async () => {
  const node = await startNoteNode(new MemoryJournal('aa'), {}, { limits: { clients: 2 } })
  ends.push(() => node.stop())
  const client = (note: string): NoteClient => {
    const made = new NoteClient(node.port, note, { token: `token-of-${note}-learner` })
    ends.push(() => made.destroy())
    return made
  }
  const first = await client('one').synced()
  await client('two').synced()
  expect(await statusOf(node.port)).toBe(503)
  first.socket.terminate()
  await eventually(() => node.notes.figures().clients === 1)
  await client('three').synced()
})
