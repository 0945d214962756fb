/**
 * Bits that flip in the journal's files, as on a worn card: nothing wrong is ever read as if it were right, the journal starts, and a peer brings back
 * what was lost. 12 spoiled folders (JOINERY_LONG: 1,000).
 */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createJournalSync, type Journal, type JournalProblem } from '../../node/journal/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { systemRandom } from '../../node/platform/random.ts'
import { hasCode } from '../../protocols/errors.ts'
import { until } from '../kit/child.ts'
import { PipeLinks } from '../kit/journal-pieces.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { openReal } from './journal-writer.ts'

const FLIPS = process.env.JOINERY_LONG ? 1000 : 12
const TOPICS = ['t0', 't1', 't2', 't3', 't4']
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
const random = seededRandom(seed)

/** Where and when an entry stands → its body. */
type Content = Map<string, string>

async function contentOf(journal: Journal): Promise<Content> {
  const content: Content = new Map()
  for (const topic of TOPICS) {
    for await (const { writer, number, index, lamport, body } of journal.entriesOf(topic)) {
      if (body instanceof Uint8Array)
        content.set(`${topic} ${lamport} ${writer} ${number} ${index}`, Buffer.from(body).toString('base64'))
    }
  }
  return content
}

async function writeSome(folder: string, appends: number): Promise<void> {
  const journal = await openReal(folder)
  for (let i = 0; i < appends; i++) {
    const bodies = Array.from({ length: 1 + random.below(8) }, () => random.bytes(random.below(3000)))
    await journal.append(bodies.map((body) => ({ topic: random.pick(TOPICS), kind: 'set', version: 1, body })))
  }
  await journal.close()
}

/** One flipped bit, or 4 KiB of zeros, anywhere in any file. */
function spoil(folder: string): string {
  const isData = (name: string): boolean => !name.startsWith('LO') && statSync(join(folder, name)).size > 0
  const name = random.pick(readdirSync(folder).filter(isData))
  const bytes = readFileSync(join(folder, name))
  const at = random.below(bytes.length)
  const zeros = random.chance(0.3)
  if (zeros) bytes.fill(0, at, Math.min(at + 4096, bytes.length))
  else bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
  writeFileSync(join(folder, name), bytes)
  return `${zeros ? 'zeros' : 'a bit'} at ${at} of ${name}, seed ${seed}`
}

/** To refuse is right, to give something else is not. */
async function expectNothingWrong(journal: Journal, wanted: Content, what: string): Promise<void> {
  try {
    const found = await contentOf(journal)
    for (const [name, body] of found) expect(wanted.get(name), what).toBe(body)
    // A device that is alone keeps what was not hit.
    expect(found.size, what).toBeGreaterThan(wanted.size / 2)
  } catch (error) {
    if (!hasCode(error, 'JOURNAL_DAMAGED')) throw error
  }
}

/** Checks, then links with a peer until nothing is missing any more. */
async function heal(journal: Journal, peer: Journal): Promise<void> {
  await journal.verify().catch((error: unknown) => {
    if (!hasCode(error, 'JOURNAL_DAMAGED')) throw error
  })
  const [here, there] = [new PipeLinks('a'), new PipeLinks('b')]
  const components = { clock: systemClock, random: systemRandom }
  const sync = createJournalSync({ ...components, journal, links: here })
  const theirs = createJournalSync({ ...components, journal: peer, links: there })
  sync.start()
  theirs.start()
  PipeLinks.connect(here, there)
  const isHealed = (): boolean =>
    journal.state() !== 'open' || (sync.status()[0]?.quiet === true && journal.exchange.repairs().length === 0)
  await until('healed', isHealed, { everyMs: 2 })
  sync.stop()
  theirs.stop()
}

test('flipped bits: nothing wrong is read, and a peer heals what is lost', { timeout: FLIPS * 60_000 }, async () => {
  using folder = temporaryFolder()
  const whole = join(folder.path, 'whole')
  await writeSome(whole, 120)
  await writeSome(whole, 40)
  cpSync(whole, join(folder.path, 'peer'), { recursive: true })
  const peer = await openReal(join(folder.path, 'peer'))
  const wanted = await contentOf(peer)
  expect(wanted.size).toBeGreaterThan(160)
  let repaired = 0
  for (let flip = 0; flip < FLIPS; flip++) {
    const copy = join(folder.path, `flip${flip}`)
    cpSync(whole, copy, { recursive: true })
    // The power failed, too: only after a clean stop nobody looks.
    writeFileSync(`${copy}.running`, '')
    const what = spoil(copy)
    const problems: JournalProblem[] = []
    const onProblem = (problem: JournalProblem): void => void problems.push(problem)
    let journal = await openReal(copy, { onProblem })
    await expectNothingWrong(journal, wanted, what)
    await heal(journal, peer)
    if (problems.length > 0 || journal.state() !== 'open') {
      // What LevelDB itself cannot read is repaired at the next start.
      repaired++
      await journal.close()
      journal = await openReal(copy)
      await heal(journal, peer)
    }
    const healed = { holes: [], rotten: [], hollow: [], unindexed: 0, repairing: 0 }
    expect(await journal.verify(), what).toMatchObject(healed)
    const found = await contentOf(journal)
    expect(
      [...wanted].filter(([name, body]) => found.get(name) !== body).map(([name]) => name),
      what
    ).toEqual([])
    await journal.close()
    for (const name of readdirSync(folder.path).filter((one) => one.startsWith(`flip${flip}`)))
      rmSync(join(folder.path, name), { recursive: true })
  }
  await peer.close()
  console.log(`${FLIPS} spoiled folders, ${repaired} repaired, seed ${seed}`)
})
