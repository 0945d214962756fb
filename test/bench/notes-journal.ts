/**
 * What a typed note costs on the disk before and after it is merged: people who press three keys a second on one device, real journal, real sockets.
 * Bytes are those of the journal's folder, purged before each look.
 *
 *     npx node test/bench/notes-journal.ts [seconds] [people]     without arguments: 60 s, 30 people
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createJournal } from '../../node/journal/index.ts'
import { NoteDocument } from '../../node/notes/document.ts'
import { createNoteMerger, understoodNoteKinds } from '../../node/notes/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { openLevel } from '../../node/platform/key-value.ts'
import { systemRandom } from '../../node/platform/random.ts'
import type { Entry } from '../../protocols/journal.ts'
import { believingAuthority, certifier, noSeal } from '../kit/journal-pieces.ts'
import type { LoadInit, LoadResult } from './notes-clients.ts'

const here = (name: string): string => new URL(name, import.meta.url).pathname
const [secondsText = '60', clientsText = '30'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'joinery-notes-journal-'))

async function typeFor(seconds: number, clients: number): Promise<LoadResult> {
  const server = spawn(process.execPath, [here('notes-servers.ts'), 'ours', folder], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  try {
    for await (const line of createInterface({ input: server.stdout })) {
      const port = Number(/^port (\d+)$/.exec(line)?.[1])
      if (!Number.isInteger(port)) continue
      const init: LoadInit = { ports: [port], kind: 'ours', clients, seconds, seed: 7 }
      const load = spawn(process.execPath, [here('notes-clients.ts'), JSON.stringify(init)], {
        stdio: ['ignore', 'pipe', 'inherit']
      })
      for await (const word of createInterface({ input: load.stdout }))
        if (word.startsWith('{')) return JSON.parse(word) as LoadResult
    }
    throw new Error('the server ended')
  } finally {
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }
}

function sizeOf(path: string): number {
  return readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0)
}

const FIRST = Uint8Array.of(0)
const LAST = Uint8Array.of(255)

async function look(): Promise<{ bytes: number; batches: number; entries: Entry[]; merged: number; ms: number }> {
  const path = join(folder, 'journal')
  const store = await openLevel(path)
  const journal = await createJournal(
    {
      ...{ store, clock: systemClock, random: systemRandom, seal: noSeal },
      authority: believingAuthority,
      certify: certifier('bench'),
      merger: createNoteMerger(systemClock)
    },
    { node: 'bench', understood: understoodNoteKinds }
  )
  await store.purge?.(FIRST, LAST)
  const bytes = sizeOf(path)
  const entries: Entry[] = []
  for await (const entry of journal.entriesOf('note/bench')) entries.push(entry)
  const batches = journal.exchange.batchCount()
  const startedMs = performance.now()
  const merged = await journal.compact()
  const ms = performance.now() - startedMs
  await journal.close()
  return { bytes, batches, entries, merged, ms }
}

function textOf(entries: readonly Entry[]): string {
  const document = new NoteDocument()
  document.applyEntries(entries)
  return document.text()
}

// The clock's timers do not keep a process alive.
const alive = setInterval(() => undefined, 1_000)
try {
  const load = await typeFor(Number(secondsText), Number(clientsText))
  const before = await look()
  const after = await look()
  if (textOf(before.entries) !== textOf(after.entries)) throw new Error('the text is another one')
  const kb = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`
  console.log(`${clientsText} people, ${secondsText} s: ${load.edits} keys, ${before.batches} batches`)
  console.log(
    `before ${kb(before.bytes)}, after ${kb(after.bytes)}: ${(before.bytes / after.bytes).toFixed(1)} times less`
  )
  console.log(
    `${before.merged} batches merged in ${before.ms.toFixed(0)} ms; ${(after.bytes / load.edits).toFixed(1)} bytes a key stay`
  )
} finally {
  clearInterval(alive)
  rmSync(folder, { recursive: true, force: true })
}
