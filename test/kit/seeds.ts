/**
 * Seeds of simulations: the same ones on every machine, those that ever failed first, and in the long run new ones each time.
 * `SEED=123 npx vitest run test/simulation` replays one.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const KEPT = join(import.meta.dirname, '../regressions/seeds.json')

/** Seeds that once found a defect, by suite. Add yours together with the fix. */
export function keptSeeds(suite: string): number[] {
  const all = JSON.parse(readFileSync(KEPT, 'utf8')) as Record<string, number[]>
  return all[suite] ?? []
}

/** @param share of several files that run side by side: the `index`-th of `of` */
export function seedsOf(suite: string, count: number, share = { index: 0, of: 1 }): number[] {
  const { SEED, JOINERY_LONG } = process.env
  if (SEED !== undefined) return share.index === 0 ? [Number(SEED)] : []
  const first = JOINERY_LONG ? Math.floor(Date.now() / 1000) % 2 ** 30 : 1
  const many = JOINERY_LONG ? 50 * count : count
  const seeds = [...keptSeeds(suite), ...Array.from({ length: many }, (_, i) => first + i)]
  return seeds.filter((_, i) => i % share.of === share.index)
}

/** The error of one seed, with the way to see it again. */
export function seedFailure(suite: string, seed: number, error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error)
  const again = `Replay: SEED=${seed} npx vitest run test/simulation`
  return new Error(
    `${suite}: seed ${seed}: ${text}\n${again}\nKeep it: add ${seed} to "${suite}" in test/regressions/seeds.json`,
    {
      cause: error
    }
  )
}
