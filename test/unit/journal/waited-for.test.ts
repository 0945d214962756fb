/** Entries that somebody waits for until a second device has them, on cards whose syncs are slow. */
import { expect, it } from 'vitest'
import { PEER_COMMIT_MS } from '../../../node/journal/limits.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedClock } from '../../kit/simulated-clock.ts'
import { SimulatedKeyValueStore } from '../../kit/simulated-key-value.ts'
import { setEntry, TestRoom } from './room.ts'

/** @returns simulated ms until another device had each of twenty entries, written two seconds apart */
async function waits(waitedFor: ReadonlySet<string>): Promise<number[]> {
  const room = new TestRoom(5)
  const slowCard = (seed: number): SimulatedKeyValueStore =>
    new SimulatedKeyValueStore({ random: seededRandom(seed), clock: new SimulatedClock(room.time) }, { latencyMs: 60 })
  const a = await room.start('a', slowCard(1), { waitedFor })
  await room.start('b', slowCard(2), { waitedFor })
  await room.untilEqual()
  const times: number[] = []
  for (let i = 0; i < 20; i++) {
    const startMs = room.time.nowMs
    const [stamp] = await room.append(a, setEntry('t', 'x', i))
    if (!stamp || !(await room.settled(a.journal.savedElsewhere(stamp, 10_000)))) throw new Error('nobody has it')
    times.push(room.time.nowMs - startMs)
    await room.run(2_000)
  }
  await room.stop()
  return times
}

it('are written there as soon as its own, while others may wait for company', async () => {
  expect(Math.max(...(await waits(new Set())))).toBeGreaterThan(PEER_COMMIT_MS)
  expect(Math.max(...(await waits(new Set(['set']))))).toBeLessThan(PEER_COMMIT_MS)
})
