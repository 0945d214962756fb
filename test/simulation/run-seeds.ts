import { expect, test } from 'vitest'
import { seedFailure, seedsOf } from '../kit/seeds.ts'
import { tellStory } from './story.ts'

/** How many lives of a room the normal suite looks at, in all shares together. */
const SEEDS = 1000
/** One test of vitest for so many seeds: a line of its report each. */
const GROUP = 50

/** The `index`-th of `of` shares: files run side by side. */
export function testStories(share: { index: number; of: number }): void {
  const seeds = seedsOf('room', SEEDS, share)
  for (let at = 0; at < seeds.length; at += GROUP) {
    const group = seeds.slice(at, at + GROUP)
    test(`seeds ${group[0]} to ${group.at(-1)}: nothing is lost, and all become equal`, {
      timeout: 300_000
    }, async () => {
      let acknowledged = 0
      let longestMs = 0
      for (const seed of group) {
        try {
          const outcome = await tellStory(seed)
          acknowledged += outcome.acknowledged
          longestMs = Math.max(longestMs, outcome.convergenceMs)
        } catch (error) {
          throw seedFailure('room', seed, error)
        }
      }
      // Stories in which nothing happens would prove nothing.
      if (group.length === GROUP) expect(acknowledged).toBeGreaterThan(GROUP)
      console.log(
        `${group.length} seeds: ${acknowledged} facts, equal at most ${(longestMs / 1000).toFixed(1)} s after the last fault`
      )
    })
  }
}
