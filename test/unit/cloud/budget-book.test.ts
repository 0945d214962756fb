import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BudgetBook } from '../../../node/cloud/index.ts'
import { AHEAD_BYTES, AHEAD_MOST_BYTES, AHEAD_MS, MAX_CLOUDS } from '../../../node/cloud/limits.ts'
import { type Disk, nodeDisk } from '../../../node/platform/disk.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { seedsOf } from '../../kit/seeds.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { SimulatedDisk } from '../../kit/simulated-disk.ts'
import { type TemporaryFolder, temporaryFolder } from '../../kit/temporary-folder.ts'
import { nodeOf } from '../room/room-kit.ts'

const CLOUD = nodeOf('cloud')
const COUNT = new Uint8Array(8)
const SEEDS = 60

async function open(folder: TemporaryFolder, time = new SimulatedTime(), disk = nodeDisk) {
  const problems: string[] = []
  const path = join(folder.path, 'used')
  const onProblem = ({ code }: { code: string }): number => problems.push(code)
  const book = await BudgetBook.open({ disk, clock: new SimulatedClock(time) }, { path, onProblem })
  return { book, problems, path }
}

test('what was used is kept over a restart in order, to the byte', async () => {
  using folder = temporaryFolder()
  const time = new SimulatedTime()
  const { book } = await open(folder, time)
  book.use(CLOUD, COUNT, 1000)
  await time.run(20_000)
  book.use(CLOUD, COUNT, 234)
  await book.close()
  const { book: again } = await open(folder)
  expect(again.of(CLOUD, COUNT).used).toEqual({ bytes: 1234, ms: 20_000 })
  expect(again.of(CLOUD, COUNT).isSpent({ bytes: 1234, minutes: null })).toBe(true)
  expect(again.of(CLOUD, COUNT).isSpent({ bytes: 1235, minutes: null })).toBe(false)
})

test(`pulling the plug never gives anything back, and costs no more than what is written ahead (${SEEDS} seeds)`, async () => {
  for (const seed of seedsOf('budget-book', SEEDS)) {
    const random = seededRandom(seed)
    const time = new SimulatedTime()
    const clock = new SimulatedClock(time)
    const disk = new SimulatedDisk({ random, clock }, { latencyMs: 200 })
    const init = { path: '/used', onProblem: (problem: unknown) => expect(problem).toBeUndefined() }
    const book = await BudgetBook.open({ disk, clock }, init)
    // One megabit, in pieces, with pauses; cut off at any moment after the first ones.
    const seconds = 5 + random.below(200)
    let used = 0
    let busyMs = 0
    for (let second = 0; second < seconds; second++) {
      if (random.chance(0.1)) continue
      for (let piece = 0; piece < 4; piece++) {
        await time.run(second * 1000 + piece * 250)
        book.use(CLOUD, COUNT, 31_250)
        used += 31_250
        busyMs = book.of(CLOUD, COUNT).used.ms
      }
    }
    await time.run(seconds * 1000 + random.below(300))
    disk.cutPower(clock)
    const after = await BudgetBook.open({ disk, clock }, init)
    const found = after.of(CLOUD, COUNT).used
    const what = `seed ${seed}: ${JSON.stringify({ found, used, busyMs })}`
    expect(found.bytes, what).toBeGreaterThanOrEqual(used)
    expect(found.bytes, what).toBeLessThanOrEqual(used + 2 * Math.max(AHEAD_BYTES, 10 * 125_000))
    expect(found.ms, what).toBeGreaterThanOrEqual(Math.floor(busyMs))
    expect(found.ms, what).toBeLessThanOrEqual(busyMs + 2 * AHEAD_MS)
  }
})

test('it is written seldom: a card hates small writes', async () => {
  using folder = temporaryFolder()
  const time = new SimulatedTime()
  let writes = 0
  const disk = {
    ...nodeDisk,
    rename: (from: string, to: string) => {
      writes++
      return nodeDisk.rename(from, to)
    }
  }
  const { book } = await open(folder, time, disk)
  for (let piece = 0; piece < 1_000; piece++) {
    book.use(CLOUD, COUNT, 1_000_000)
    await time.run((piece + 1) * 100)
    if (piece % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await book.close()
  // 1 GB in 100 s: each write is good for 16 MiB or ten seconds, whichever is less.
  expect(writes).toBeLessThan((2 * 1e9) / AHEAD_MOST_BYTES)
})

test('another count begins at nothing, and the old one does not come back', async () => {
  using folder = temporaryFolder()
  const { book } = await open(folder)
  book.use(CLOUD, COUNT, 1000)
  const other = new Uint8Array(8).fill(1)
  expect(book.of(CLOUD, other).usedBytes).toBe(0)
  expect(book.of(CLOUD, COUNT).usedBytes).toBe(0)
  await book.close()
})

test('it holds as many cloud peers as a room may have, and of one more the oldest goes', async () => {
  using folder = temporaryFolder()
  const { book } = await open(folder)
  for (let i = 0; i < MAX_CLOUDS; i++) book.use(nodeOf(`cloud ${i}`), COUNT, 1)
  await book.close()
  const { book: full, problems } = await open(folder)
  expect(full.of(nodeOf('cloud 0'), COUNT).usedBytes).toBe(1)
  full.use(nodeOf('one more'), COUNT, 5)
  await full.close()
  const { book: after } = await open(folder)
  expect(after.of(nodeOf('one more'), COUNT).usedBytes).toBe(5)
  expect(after.of(nodeOf('cloud 1'), COUNT).usedBytes).toBe(1)
  expect(problems).toEqual([])
})

test.each([
  ['a few stray bytes', Buffer.from('rubbish')],
  ['more than it can be', Buffer.alloc(5000)],
  ['nothing', Buffer.alloc(0)]
])('a file of %s is told, and the count begins at nothing', async (_what, bytes) => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'used'), bytes)
  const { book, problems } = await open(folder)
  expect(problems).toEqual(['CLOUD_BUDGET_LOST'])
  book.use(CLOUD, COUNT, 7)
  await book.close()
  expect((await open(folder)).book.of(CLOUD, COUNT).usedBytes).toBe(7)
})

test('a disk that takes nothing is told once, and the count goes on in memory', async () => {
  using folder = temporaryFolder()
  let isFull = true
  const disk: Disk = {
    ...nodeDisk,
    open: (path, mode) => (isFull ? Promise.reject(new Error('ENOSPC')) : nodeDisk.open(path, mode))
  }
  const { book, problems } = await open(folder, new SimulatedTime(), disk)
  const again = async (): Promise<void> => {
    book.use(CLOUD, COUNT, 10)
    await book.close()
  }
  await again()
  await again()
  expect(problems).toEqual(['CLOUD_BUDGET_LOST'])
  expect(book.of(CLOUD, COUNT).usedBytes).toBe(20)
  isFull = false
  await again()
  // The next time is another time.
  isFull = true
  await again()
  expect(problems).toEqual(['CLOUD_BUDGET_LOST', 'CLOUD_BUDGET_LOST'])
})
