/**
 * The power fails under a journal that is written: the medium is copied at moments that it does not choose, and what was acknowledged is in the copy.
 * 16 cuts (JOINERY_LONG: 400). That the harness catches a writer without syncs is shown in power-cut.test.ts.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Child } from '../kit/child.ts'
import { LoopImage } from '../kit/loop-image.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { openReal } from './journal-writer.ts'

const CUTS = process.env.JOINERY_LONG ? 400 : 16
const CUTS_OF_ONE_DISK = 8
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
const random = seededRandom(seed)
const program = join(import.meta.dirname, 'journal-writer.ts')

const pass = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

/** A stopped writer says nothing more; what it said before is in the pipe already. */
async function allSaid(writer: Child): Promise<string[]> {
  for (let before = -1; before !== writer.lines.length; ) {
    before = writer.lines.length
    await pass(10)
  }
  return writer.lines.filter((line) => line.startsWith('ack ')).map((line) => line.slice(4))
}

/** What the copy lacks of it. The start needs no person. */
async function lostIn(folder: string, acknowledged: readonly string[]): Promise<string[]> {
  const journal = await openReal(folder, { reserveBytes: 0 })
  const held = new Set<string>()
  for await (const { writer, number, index } of journal.entriesOf('t')) held.add(`${writer} ${number} ${index}`)
  expect(await journal.verify()).toMatchObject({ holes: [], rotten: [], hollow: [], unindexed: 0 })
  await journal.close()
  return acknowledged.filter((one) => !held.has(one))
}

test('a power cut loses nothing that was acknowledged', { timeout: CUTS * 60_000 }, async () => {
  let counted = 0
  for (let cut = 0; cut < CUTS; ) {
    await using image = await LoopImage.make(128)
    const writer = new Child([process.execPath, program, join(image.path, 'journal'), String(random.below(2 ** 31))])
    try {
      await writer.line(/^ack /)
      for (let i = 0; i < CUTS_OF_ONE_DISK; i++, cut++) {
        await pass(20 + random.below(150))
        writer.process.kill('SIGSTOP')
        const acknowledged = await allSaid(writer)
        await using copy = await image.cutPower()
        expect(await lostIn(join(copy.path, 'journal'), acknowledged), `cut ${cut}, seed ${seed}`).toEqual([])
        // Not before: a check that takes long would leave it the time to fill its disk.
        writer.process.kill('SIGCONT')
        expect(writer.over, writer.output()).toBe(false)
        if (i === CUTS_OF_ONE_DISK - 1) counted += acknowledged.length
      }
    } finally {
      await writer.signal('SIGKILL')
    }
  }
  expect(counted).toBeGreaterThan(CUTS)
  console.log(`${CUTS} cuts, ${counted} acknowledged`)
})
