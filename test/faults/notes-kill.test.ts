import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { NoteClient } from '../unit/notes/note-client.ts'

const child = new URL('../unit/notes/note-child.ts', import.meta.url).pathname
const running = new Set<ChildProcess>()
const clients: NoteClient[] = []

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
  for (const one of running) one.kill('SIGKILL')
})

async function startNode(directory: string): Promise<{ port: number; kill(): Promise<void> }> {
  const started = spawn(process.execPath, [child, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  running.add(started)
  started.once('exit', () => running.delete(started))
  for await (const line of createInterface({ input: started.stdout })) {
    const port = /^port (\d+)$/.exec(line)?.[1]
    if (port === undefined) continue
    return {
      port: Number(port),
      async kill() {
        started.kill('SIGKILL')
        await once(started, 'exit')
      }
    }
  }
  throw new Error('the node ended before it had a port')
}

function client(...parameters: ConstructorParameters<typeof NoteClient>): NoteClient {
  const made = new NoteClient(...parameters)
  clients.push(made)
  return made
}

/** Each round takes a second or so; `JOINERY_LONG=1` for the figure of a release. */
const ROUNDS = process.env.JOINERY_LONG ? 50 : 5

test('kill -9 of a node while three people type: nothing that was called saved is lost, and a browser that comes back brings the rest', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'joinery-notes-kill-'))
  const people = ['ada', 'bob', 'eve']
  const docs = people.map(() => new Y.Doc({ gc: false }))
  let words = 0
  let sure = 0
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const node = await startNode(directory)
      const open = await Promise.all(
        people.map((name, i) =>
          client(node.port, 'killed', { token: `token-of-${name}-in-a-test`, doc: docs[i] as Y.Doc }).synced()
        )
      )
      // What was typed when the node died comes again, as a provider answers `have`.
      for (const one of open) one.send({ kind: 'update', update: Y.encodeStateAsUpdate(one.doc), answer: true })
      const saved: string[][] = open.map(() => [])
      const stopAt = performance.now() + 150 + round * 40
      while (performance.now() < stopAt) {
        for (const [i, one] of open.entries()) {
          const word = `w${words++}. `
          one.write((text) => text.insert(text.length, word))
          saved[i]?.push(word)
        }
        await new Promise((resolve) => setTimeout(resolve, 15))
      }
      // A kill at any moment, once at least one word was called saved.
      await open[0]?.until(() => open.some((one) => one.saved.saved > 1))
      const counts = open.map((one) => one.saved.saved)
      await node.kill()
      // In another browser, which brings nothing itself.
      const again = await startNode(directory)
      const reader = await client(again.port, 'killed', { token: 'token-of-a-new-reader' }).synced()
      for (const [i, count] of counts.entries()) {
        // The first update of each connection was its answer.
        for (const word of saved[i]?.slice(0, Math.max(0, count - 1)) ?? []) {
          expect(reader.text.includes(word), `round ${round}: ${word} was called saved`).toBe(true)
          sure++
        }
      }
      await again.kill()
    }
    const last = await startNode(directory)
    for (const [i, name] of people.entries()) {
      const one = await client(last.port, 'killed', {
        token: `token-of-${name}-in-a-test`,
        doc: docs[i] as Y.Doc
      }).synced()
      one.send({ kind: 'update', update: Y.encodeStateAsUpdate(one.doc), answer: true })
    }
    const reader = await client(last.port, 'killed', { token: 'token-of-a-new-reader' }).synced()
    await reader.until(() =>
      Array.from({ length: words }, (_, i) => `w${i}. `).every((word) => reader.text.includes(word))
    )
    const seen = reader.text.split(' ').filter((word) => word !== '')
    expect(seen.length, 'every word once').toBe(words)
    expect(sure).toBeGreaterThan(0)
    await last.kill()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
