import type { Random } from '../../node/platform/random.ts'

/** Chance that replays: the same seed gives the same run. Never for keys outside tests. */
export interface SeededRandom extends Random {
  /** A whole number, 0 ≤ x < `limit`. */
  below(limit: number): number
  /** True in `probability` of the cases. */
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  /** A new array in another order. */
  shuffle<T>(of: readonly T[]): T[]
  /** An independent stream of chance, so that one part drawing more does not change what another part sees. */
  fork(): SeededRandom
}

/** sfc32 by Chris Doty-Humphrey (public domain), seeded through splitmix32. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return (z ^ (z >>> 15)) | 0
  }
  let a = splitmix()
  let b = splitmix()
  let c = splitmix()
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) next()

  const fraction = (): number => next() / 2 ** 32
  const below = (limit: number): number => Math.floor(fraction() * limit)
  return {
    bytes(length) {
      const bytes = new Uint8Array(length)
      for (let i = 0; i < length; i++) bytes[i] = next() & 0xff
      return bytes
    },
    fraction,
    below,
    chance: (probability) => fraction() < probability,
    pick(from) {
      const found = from[below(from.length)]
      if (found === undefined) throw new Error('nothing to pick from')
      return found
    },
    shuffle(of) {
      const copy = [...of]
      for (let i = copy.length - 1; i > 0; i--) {
        const j = below(i + 1)
        const [x, y] = [copy[i], copy[j]]
        if (x !== undefined && y !== undefined) [copy[i], copy[j]] = [y, x]
      }
      return copy
    },
    fork: () => seededRandom(next())
  }
}
