/** Lives of a room in which old facts are merged, and overwritten values let go, at any moment: on devices that are cut off, die in the middle, or come back after long. */
import { expect, test } from 'vitest'
import { seedFailure, seedsOf } from '../kit/seeds.ts'
import { tellStory } from './story.ts'

const SEEDS = 60

test(`merged at any moment, nothing is lost, nothing comes twice, and all become equal (${SEEDS} seeds)`, {
  timeout: 300_000
}, async () => {
  let merged = 0
  let letGo = 0
  for (const seed of seedsOf('room-merging', SEEDS)) {
    try {
      const story = await tellStory(seed, { mergeChance: 0.2 })
      merged += story.merged
      letGo += story.letGo
    } catch (error) {
      throw seedFailure('room-merging', seed, error)
    }
  }
  console.log(`${merged} batches merged or claimed, ${letGo} overwritten values let go`)
  if (process.env.SEED !== undefined) return
  // Stories in which nothing is merged would prove nothing.
  expect(merged).toBeGreaterThan(SEEDS)
  expect(letGo).toBeGreaterThan(SEEDS)
})
