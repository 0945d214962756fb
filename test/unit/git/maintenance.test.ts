import { expect, test } from 'vitest'
import type { DiskRepositories } from '../../../node/git/local-repositories.ts'
import { FAILURES_TO_TELL, MAX_FAILING, QUIET_MS, RepositoryMaintenance } from '../../../node/git/maintenance.ts'
import '../../../node/git/errors.ts'
import { RepositoryLocks } from '../../../node/git/repository-locks.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

const broken = () => new JoineryError('GIT_FAILED', 'git repack ended with 128')

/** Repositories that all have enough packs; what git does with each is `work`'s. */
function maintenance() {
  const time = new SimulatedTime()
  const locks = new RepositoryLocks()
  const room = {
    ...{
      time,
      locks,
      pushed: (_id: string): void => undefined,
      work: async (_signal: AbortSignal): Promise<void> => undefined
    },
    problems: [] as { code: string }[],
    tries: 0
  }
  const repositories = {
    ...{ locks, waste: new Set(), uses: { isUsed: () => false }, folder: (id: string) => id },
    objects: { forget: () => undefined },
    size: async () => ({ packs: 16 }),
    // No refs out of sight.
    runCut: async () => ({ bytes: Buffer.alloc(0), cut: false }),
    onChange(listener: (id: string) => void) {
      room.pushed = listener
      return () => undefined
    }
  } as unknown as DiskRepositories
  const git = {
    async run(words: readonly string[], { signal }: { signal: AbortSignal }) {
      if (!words.includes('--geometric=2')) return
      room.tries++
      await room.work(signal)
    }
  }
  const tidying = new RepositoryMaintenance({
    ...{ git: git as never, clock: new SimulatedClock(time), repositories },
    onProblem: (problem) => room.problems.push(problem)
  })
  const pushAndWait = async (...ids: string[]): Promise<void> => {
    for (const id of ids) room.pushed(id)
    await time.run(time.nowMs + QUIET_MS)
  }
  return Object.assign(room, { tidying, pushAndWait })
}

test('a repository that cannot be tidied again and again is told once, and is none any more when it was', async () => {
  const room = maintenance()
  room.work = () => Promise.reject(broken())
  for (let failure = 1; failure <= FAILURES_TO_TELL + 1; failure++) {
    expect(room.tidying.failing()).toEqual(failure > FAILURES_TO_TELL ? ['recipes'] : [])
    await room.pushAndWait('recipes')
    expect(room.tries).toBe(failure)
  }
  expect(room.problems).toMatchObject([{ code: 'REPOSITORY_UNTIDY' }])
  room.work = async () => undefined
  await room.pushAndWait('recipes')
  expect(room.tidying.failing()).toEqual([])
  await room.tidying.stop()
})

test('whoever needs a repository while it is tidied is no failure of it', async () => {
  const room = maintenance()
  room.work = (signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
  room.pushed('recipes')
  for (let round = 1; round <= FAILURES_TO_TELL + 1; round++) {
    await room.time.run(room.time.nowMs + QUIET_MS)
    expect(room.tries).toBe(round)
    await room.locks.hold('recipes', async () => undefined)
  }
  expect([room.tidying.failing(), room.problems]).toEqual([[], []])
  await room.tidying.stop()
})

test('of so many repositories failures are counted, and of no further one', async () => {
  const room = maintenance()
  room.work = () => Promise.reject(broken())
  const ids = Array.from({ length: MAX_FAILING + 1 }, (_, number) => `repository-${number}`)
  for (let round = 0; round < FAILURES_TO_TELL; round++) await room.pushAndWait(...ids)
  expect(room.tidying.failing()).toEqual(ids.slice(0, MAX_FAILING))
  await room.tidying.stop()
})
