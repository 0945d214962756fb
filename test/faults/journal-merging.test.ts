/**
 * Old entries are merged while others are written, and the process is killed or the power fails at moments that nobody chose: every word that was
 * acknowledged is in the text afterwards, and the next start goes on. 8 kills and 6 cuts (JOINERY_LONG: 25 times as many).
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Child } from '../kit/child.ts'
import { LoopImage } from '../kit/loop-image.ts'
import { seededRandom } from '../kit/seeded-random.ts'
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

async function allSaid(writer: Child): Promise<{ words: string[]; merged: number }> {
  for (let before = -1; before !== writer.lines.length; ) {
    before = writer.lines.length
    await pass(10)
  }
  const merged = writer.lines.filter((line) => line.startsWith('merged '))
  return {
    words: writer.lines.filter((line) => line.startsWith('ack ')).map((line) => line.slice(4)),
    merged: merged.reduce((sum, line) => sum + Number(line.slice(7)), 0)
  }
}

async function lostIn(folder: string, acknowledged: readonly string[]): Promise<string[]> {
  const journal = await openMerging(folder)
  const { state } = await journal.view(wordFold)
  const lost = acknowledged.filter((word) => !state.has(word))
  expect(await journal.verify()).toMatchObject({ holes: [], rotten: [], hollow: [], unindexed: 0 })
  await journal.close()
  return lost
}

test('kill -9 while old text is merged: nothing that was acknowledged is lost', {
  timeout: KILLS * 20_000
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'joinery-merging-'))
  try {
    const acknowledged: string[] = []
    let merged = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = start(join(folder, 'journal'))
      await writer.line(/^merged [1-9]/)
      await pass(random.below(120))
      await writer.signal('SIGKILL')
      const said = await allSaid(writer)
      acknowledged.push(...said.words)
      merged += said.merged
      expect(await lostIn(join(folder, 'journal'), acknowledged), `kill ${kill}, seed ${seed}`).toEqual([])
    }
    expect(merged).toBeGreaterThan(KILLS)
    console.log(`${KILLS} kills, ${acknowledged.length} acknowledged, ${merged} batches merged`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a power cut while old text is merged: nothing that was acknowledged is lost', {
  timeout: CUTS * 20_000
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
      writer.process.kill('SIGCONT')
      expect(await lostIn(join(copy.path, 'journal'), said.words), `cut ${cut}, seed ${seed}`).toEqual([])
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
    await expect.poll(() => found(secret), { timeout: 10_000 }).toBe(0)
    expect(await found(kept)).toBeGreaterThan(0)
    await journal.close()
    expect(await found(secret)).toBe(0)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
