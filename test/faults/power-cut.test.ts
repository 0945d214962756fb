/**
 * Nothing that was acknowledged is lost when the power fails: the real writers on ext4, the medium copied at moments that they do not
 * choose. The same harness must catch a writer that forgets a sync, or its green means nothing. 40 cuts (JOINERY_LONG: 1,000).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Child } from '../kit/child.ts'
import { checkBlobs } from '../kit/durable-blobs.ts'
import { numberedBytes, type WriterKind } from '../kit/durable-writer.ts'
import { LoopImage } from '../kit/loop-image.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { openReal } from './journal-writer.ts'

const CUTS = process.env.JOINERY_LONG ? 1000 : 40
const random = seededRandom(Number(process.env.SEED ?? Date.now() % 2 ** 31))

/** A writer fills some 20 MB a second. */
const DISK_MEGABYTES = 256
const CUTS_OF_ONE_DISK = 10

type Check = (folder: string, acknowledged: readonly string[]) => Promise<string[]>

interface Tally {
  cuts: number
  acknowledged: number
  wrong: string[]
}

/** Lets a writer run on a fresh disk, cuts its power `cuts` times, and has each state of the medium checked. */
async function cutPower(kind: WriterKind | 'journal', cuts: number, check: Check): Promise<Tally> {
  const tally: Tally = { cuts: 0, acknowledged: 0, wrong: [] }
  while (tally.cuts < cuts) await cutOneDisk(kind, Math.min(CUTS_OF_ONE_DISK, cuts - tally.cuts), check, tally)
  console.log(`${kind}: ${cuts} cuts, ${tally.acknowledged} acknowledged, ${tally.wrong.length} wrong`)
  return tally
}

async function cutOneDisk(kind: WriterKind | 'journal', cuts: number, check: Check, tally: Tally): Promise<void> {
  await using image = await LoopImage.make(DISK_MEGABYTES)
  const seed = String(random.below(2 ** 31))
  const data = join(image.path, 'data')
  const program =
    kind === 'journal'
      ? [join(import.meta.dirname, 'journal-writer.ts'), data, seed]
      : [join(import.meta.dirname, '../kit/durable-writer.ts'), kind, data, seed]
  const writer = new Child([process.execPath, ...program])
  let acknowledged: string[] = []
  try {
    await writer.line(/^ack /)
    for (let cut = 0; cut < cuts; cut++) {
      await pass(20 + random.below(150))
      writer.process.kill('SIGSTOP')
      // Stopped, it says nothing more; what it said before is in the pipe already.
      acknowledged = await allSaid(writer)
      await using copy = await image.cutPower()
      tally.wrong.push(
        ...(await check(join(copy.path, 'data'), acknowledged)).map((one) => `cut ${tally.cuts}: ${one}`)
      )
      tally.cuts++
      // Not before: a check that takes long would leave it the time to fill its disk.
      writer.process.kill('SIGCONT')
      if (writer.over) throw new Error(`the writer ended: ${writer.output()}`)
    }
  } finally {
    await writer.signal('SIGKILL')
  }
  tally.acknowledged += acknowledged.length
}

async function allSaid(writer: Child): Promise<string[]> {
  for (let before = -1; before !== writer.lines.length; ) {
    before = writer.lines.length
    await pass(10)
  }
  return writer.lines.filter((line) => line.startsWith('ack ')).map((line) => line.slice(4))
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

async function checkFiles(folder: string, acknowledged: readonly string[]): Promise<string[]> {
  // The folder itself is lost when nobody synced it.
  const names = new Set(existsSync(folder) ? readdirSync(folder) : [])
  const wrong = acknowledged.filter((number) => !names.has(`${number}.txt`)).map((number) => `lost: ${number}`)
  for (const name of names) {
    if (!name.endsWith('.txt')) continue
    const expected = numberedBytes(Number.parseInt(name, 10))
    if (!readFileSync(join(folder, name)).equals(expected)) wrong.push(`torn: ${name}`)
  }
  return wrong
}

/** Opened as a device opens it after a power failure, then read from end to end. */
async function checkJournal(folder: string, acknowledged: readonly string[]): Promise<string[]> {
  const journal = await openReal(folder)
  const held = new Set<string>()
  for await (const { writer, number, index, body } of journal.entriesOf('t')) {
    if (body instanceof Uint8Array) held.add(`${writer} ${number} ${index}`)
  }
  const { holes, rotten, hollow } = await journal.verify()
  await journal.close()
  const wrong = acknowledged.filter((place) => !held.has(place)).map((place) => `lost: ${place}`)
  if (holes.length + rotten.length + hollow.length > 0) wrong.push(JSON.stringify({ holes, rotten, hollow }))
  return wrong
}

describe('the harness catches', () => {
  test.each(['files-unsynced', 'files-names-unsynced'] as const)('a careless writer: %s', async (kind) => {
    let wrong: string[] = []
    // Which cut catches it is chance; about every second one does.
    for (let tries = 0; tries < 10 && wrong.length === 0; tries++) wrong = (await cutPower(kind, 5, checkFiles)).wrong
    expect(wrong.length).toBeGreaterThan(0)
  })
})

describe('nothing acknowledged is lost, nothing torn is seen', { timeout: CUTS * 60_000 }, () => {
  test('files that are replaced durably', async () => {
    expect((await cutPower('files', 10, checkFiles)).wrong).toEqual([])
  })

  test('the journal', async () => {
    const { wrong, acknowledged } = await cutPower('journal', CUTS, checkJournal)
    expect(wrong).toEqual([])
    expect(acknowledged).toBeGreaterThan(CUTS)
  })

  test('the blob store', async () => {
    const { wrong, acknowledged } = await cutPower('blobs', CUTS, checkBlobs)
    expect(wrong).toEqual([])
    expect(acknowledged).toBeGreaterThan(CUTS)
  })
})
