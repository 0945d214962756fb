/**
 * The journal against the numbers that it set out to reach, and against SQLite and bare LevelDB in the same run on the same disk:
 * `node test/bench/journal.ts [entries]`. Figures compare within one run only.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createJournal, createJournalSync, type Journal, openJournal } from '../../node/journal/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { type KeyValueStore, openLevel } from '../../node/platform/key-value.ts'
import { systemRandom } from '../../node/platform/random.ts'
import { believingAuthority, certifier, noSeal, PipeLinks } from '../kit/journal-pieces.ts'

const BODY_BYTES = 32

interface Opened {
  journal: Journal
  store: KeyValueStore
}

async function open(folder: string, node: string): Promise<Opened> {
  const store = await openLevel(folder)
  const journal = await createJournal(
    {
      store,
      clock: systemClock,
      random: systemRandom,
      authority: believingAuthority,
      certify: certifier(node),
      seal: noSeal
    },
    { node, understood: new Map() }
  )
  return { journal, store }
}

const entry = () => ({ topic: 'note/bench', kind: 'update', version: 1, body: new Uint8Array(randomBytes(BODY_BYTES)) })

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

async function appendFor(journal: Journal, callers: number, total: number): Promise<number> {
  let left = total
  const caller = async (): Promise<void> => {
    while (left-- > 0) await journal.append([entry()])
  }
  const seconds = await secondsOf(async () => void (await Promise.all(Array.from({ length: callers }, caller))))
  return total / seconds
}

function folderBytes(folder: string): number {
  let bytes = 0
  for (const name of readdirSync(folder)) bytes += statSync(join(folder, name)).size
  return bytes
}

async function rawLevelPerSecond(folder: string, perWrite: number, total: number): Promise<number> {
  const store = await openLevel(folder)
  let key = 0
  const seconds = await secondsOf(async () => {
    while (key < total) {
      const changes = Array.from({ length: perWrite }, () => {
        const bytes = new Uint8Array(8)
        new DataView(bytes.buffer).setFloat64(0, key++)
        return { type: 'put' as const, key: bytes, value: new Uint8Array(randomBytes(BODY_BYTES)) }
      })
      await store.write(changes, { sync: true })
    }
  })
  await store.close()
  return total / seconds
}

function sqlitePerSecond(file: string, perWrite: number, total: number): number {
  const database = new DatabaseSync(file)
  database.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE entries (id INTEGER PRIMARY KEY, body BLOB)'
  )
  const insert = database.prepare('INSERT INTO entries (body) VALUES (?)')
  const start = performance.now()
  for (let done = 0; done < total; done += perWrite) {
    database.exec('BEGIN')
    for (let i = 0; i < perWrite; i++) insert.run(randomBytes(BODY_BYTES))
    database.exec('COMMIT')
  }
  const seconds = (performance.now() - start) / 1000
  database.close()
  return total / seconds
}

async function syncSeconds(full: Opened, empty: Opened): Promise<number> {
  const [here, there] = [new PipeLinks('full'), new PipeLinks('empty')]
  const components = { clock: systemClock, random: systemRandom }
  const syncs = [
    createJournalSync({ ...components, journal: full.journal, links: here }),
    createJournalSync({ ...components, journal: empty.journal, links: there })
  ]
  for (const sync of syncs) sync.start()
  const wanted = Buffer.from(full.journal.exchange.root())
  const seconds = await secondsOf(
    () =>
      new Promise<void>((resolve) => {
        empty.journal.exchange.onDurable(() => {
          if (wanted.equals(empty.journal.exchange.root())) resolve()
        })
        PipeLinks.connect(there, here)
      })
  )
  for (const sync of syncs) sync.stop()
  return seconds
}

async function main(): Promise<void> {
  const many = Number(process.argv[2] ?? 1_000_000)
  // The clock's timers do not keep a process alive.
  const alive = setInterval(() => undefined, 1000)
  const folder = mkdtempSync(join(tmpdir(), 'joinery-journal-bench-'))
  const at = (name: string): string => join(folder, name)
  try {
    const one = await open(at('one'), 'one')
    const alone = await appendFor(one.journal, 1, 3_000)
    await one.journal.close()
    const level1 = await rawLevelPerSecond(at('level1'), 1, 3_000)
    const sqlite1 = sqlitePerSecond(at('sqlite1'), 1, 3_000)
    print('acknowledged appends/s, 1 caller', alone)
    print('  of bare LevelDB with sync', alone / level1, `(${level1.toFixed(0)}/s)`)
    print('  of SQLite, WAL, synchronous=FULL', alone / sqlite1, `(${sqlite1.toFixed(0)}/s)`)

    const full = await open(at('full'), 'full')
    const together = await appendFor(full.journal, 100, 100_000)
    const level100 = await rawLevelPerSecond(at('level100'), 100, 100_000)
    const sqlite100 = sqlitePerSecond(at('sqlite100'), 100, 100_000)
    print('acknowledged appends/s, 100 callers (goal 10,000)', together)
    print('  of bare LevelDB, 100 in a write', together / level100, `(${level100.toFixed(0)}/s)`)
    print('  of SQLite, 100 in a transaction', together / sqlite100, `(${sqlite100.toFixed(0)}/s)`)

    const empty = await open(at('empty'), 'empty')
    print('sync of 100,000 entries to an empty node, s (goal 5)', await syncSeconds(full, empty))
    await empty.journal.close()
    await full.journal.close()
    const again = await open(at('again'), 'again')
    const single = await open(at('single'), 'single')
    await appendFor(single.journal, 1, 10_000)
    print('  10,000 batches of one entry each, s', await syncSeconds(single, again))
    await again.journal.close()
    await single.journal.close()
    const overhead = (folderBytes(at('full')) - BODY_BYTES * 100_000) / 100_000
    print('bytes on disk for an entry besides its body (goal 60)', overhead)
    const alone1 = (folderBytes(at('one')) - BODY_BYTES * 3_000) / 3_000
    print('  the same where each entry is a batch of its own', alone1)

    const big = await open(at('big'), 'big')
    await appendFor(big.journal, 100, many)
    await big.journal.close()
    const openSeconds = await secondsOf(async () => {
      const again = await open(at('big'), 'big')
      await again.journal.close()
    })
    print(`open and close with ${many.toLocaleString('en')} entries, s (goal 2)`, openSeconds)
    // A power cut leaves this mark: then every table is checked first.
    writeFileSync(`${at('big')}.running`, '')
    const checkSeconds = await secondsOf(async () => {
      const pieces = { authority: believingAuthority, certify: certifier('big'), seal: noSeal }
      const again = await openJournal(
        { disk: nodeDisk, clock: systemClock, random: systemRandom, ...pieces },
        { folder: at('big'), node: 'big', understood: new Map() }
      )
      await again.close()
    })
    print(`  the same after a power cut (${(folderBytes(at('big')) / 1e6).toFixed(0)} MB are checked)`, checkSeconds)
  } finally {
    clearInterval(alive)
    rmSync(folder, { recursive: true, force: true })
  }
}

function print(what: string, value: number, more = ''): void {
  const text = value >= 100 ? value.toFixed(0) : value.toFixed(2)
  console.log(`${what.padEnd(62)} ${text.padStart(10)} ${more}`)
}

await main()
