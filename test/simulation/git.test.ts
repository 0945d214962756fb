import { expect, test } from 'vitest'
import { seedFailure, seedsOf } from '../kit/seeds.ts'
import { tellGitStory } from './git-story.ts'

const SEEDS = 300
const GROUP = 100

const seeds = seedsOf('git', SEEDS)
for (let at = 0; at < seeds.length; at += GROUP) {
  const group = seeds.slice(at, at + GROUP)
  test(`repositories, seeds ${group[0]} to ${group.at(-1)}: nothing pushed is lost, and all devices show the same`, {
    timeout: 300_000
  }, async () => {
    const sum = { acknowledged: 0, refused: 0, localPushes: 0, apart: 0 }
    for (const seed of group) {
      try {
        const outcome = await tellGitStory(seed)
        for (const key of ['acknowledged', 'refused', 'localPushes', 'apart'] as const) sum[key] += outcome[key]
      } catch (error) {
        throw seedFailure('git', seed, error)
      }
    }
    console.log(`${group.length} seeds: ${JSON.stringify(sum)}`)
    // Stories in which nothing happens would prove nothing.
    if (group.length < GROUP) return
    expect(sum.acknowledged).toBeGreaterThan(GROUP)
    expect(sum.localPushes).toBeGreaterThan(GROUP / 10)
    expect(sum.apart).toBeGreaterThan(GROUP / 10)
  })
}
