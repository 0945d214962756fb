/**
 * Old entries are merged and overwritten values let go while others are written, and the process is killed or the power fails at moments that nobody
 * chose: every word that was acknowledged is in the text afterwards, no value is older than what was acknowledged, and the next start goes on. 8 kills and 6 cuts (JOINERY_LONG: 25 times as many).
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Child } from '../kit/child.ts'
import { LoopImage } from '../kit/loop-image.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { allOf, registersFold } from '../unit/journal/room.ts'
import { wordFold, words } from '../unit/journal/words.ts'
import { openMerging } from './merging-writer.ts'

const TIMES = process.env.JOINERY_LONG ? 25 : 1
const KILLS = 8 * TIMES
const CUTS = 6 * TIMES
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
const random = seededRandom(seed)
const program = join(import.meta.dirname, 'merging-writer.ts')

const pass = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))
const start = (folder: string): Child => new Child([process.execPath, program, folder, String(random.below(2 ** 31))])

interface Said {
  words: string[]
  /** The newest of each name. */
  values: Map<string, number>
  merged: number
}

async function allSaid(writer: Child): Promise<Said> {
  for (let before = -1; before !== writer.lines.length; ) {
    before = writer.lines.length
    await pass(10)
  }
  const merged = writer.lines.filter((line) => line.startsWith('merged '))
  const values = new Map<string, number>()
  for (const line of writer.lines) {
    const [, name, value] = /^set (\S+) (\d+)$/.exec(line) ?? []
    if (name !== undefined) values.set(name, Number(value))
  }
  return {
    values,
    words: writer.lines.filter((line) => line.startsWith('ack ')).map((line) => line.slice(4)),
    merged: merged.reduce((sum, line) => sum + Number(line.slice(7)), 0)
  }
}

async function lostIn(folder: string, { words, values }: Pick<Said, 'words' | 'values'>): Promise<string[]> {
  const journal = await openMerging(folder)
  const { state } = await journal.view(wordFold)
  const lost = words.filter((word) => !state.has(word))
  const { state: registers } = await journal.view(registersFold('values', (topic) => topic === 'values'))
  for (const [name, value] of values) {
    const held = Number.parseInt(String(registers[name]?.value), 10)
    if (!(held >= value)) lost.push(`${name} ${value}, held ${held}`)
  }
  expect(await journal.verify()).toMatchObject({ holes: [], rotten: [], hollow: [], unindexed: 0 })
  await journal.close()
  return lost
}

test('kill -9 while old text is merged: nothing that was acknowledged is lost', {
  timeout: KILLS * 90_000
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'joinery-merging-'))
  try {
    const acknowledged: string[] = []
    const values = new Map<string, number>()
    let merged = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = start(join(folder, 'journal'))
      await writer.line(/^merged [1-9]/)
      await pass(random.below(120))
      await writer.signal('SIGKILL')
      const said = await allSaid(writer)
      acknowledged.push(...said.words)
      merged += said.merged
      for (const [name, value] of said.values) values.set(name, value)
      expect(
        await lostIn(join(folder, 'journal'), { words: acknowledged, values }),
        `kill ${kill}, seed ${seed}`
      ).toEqual([])
    }
    expect(merged).toBeGreaterThanOrEqual(KILLS)
    // Without values that have gone it would prove nothing about them.
    const journal = await openMerging(join(folder, 'journal'))
    const entries = await allOf(journal.entriesOf('values'))
    await journal.close()
    expect(entries.filter(({ body }) => body === undefined).length).toBeGreaterThan(0)
    console.log(`${KILLS} kills, ${acknowledged.length} acknowledged, ${merged} batches merged`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a power cut while old text is merged: nothing that was acknowledged is lost', {
  timeout: CUTS * 120_000
}, async () => {
  await using image = await LoopImage.make(128)
  const writer = start(join(image.path, 'journal'))
  try {
    await writer.line(/^merged [1-9]/)
    for (let cut = 0; cut < CUTS; cut++) {
      await pass(20 + random.below(150))
      writer.process.kill('SIGSTOP')
      const said = await allSaid(writer)
      await using copy = await image.cutPower()
      expect(await lostIn(join(copy.path, 'journal'), said), `cut ${cut}, seed ${seed}`).toEqual([])
      // Not before: a check that takes long would leave it the time to fill its disk.
      writer.process.kill('SIGCONT')
      expect(writer.over, writer.output()).toBe(false)
    }
  } finally {
    await writer.signal('SIGKILL')
  }
})

test('what was erased is on the medium no more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'joinery-erased-'))
  try {
    const journal = await openMerging(join(folder, 'journal'))
    // Not to be compressed, so that it is found as it is.
    const secret = Buffer.from(random.bytes(24)).toString('hex')
    const kept = Buffer.from(random.bytes(24)).toString('hex')
    for (let i = 0; i < 30; i++) await journal.append([words('a', `${secret}-${i}`), words('b', `${kept}-${i}`)])
    await journal.view(wordFold)
    await journal.erase('text/a')
    const found = async (text: string): Promise<number> => {
      let count = 0
      for (const name of await readdir(join(folder, 'journal'))) {
        const bytes = await readFile(join(folder, 'journal', name)).catch(() => Buffer.alloc(0))
        for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) count++
      }
      return count
    }
    await expect.poll(() => found(secret)).toBe(0)
    expect(await found(kept)).toBeGreaterThan(0)
    await journal.close()
    expect(await found(secret)).toBe(0)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
