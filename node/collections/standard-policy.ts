/** How many copies a file should have: a pure function of the policies, the catalogue's sizes and the devices' room. */
import { prefixCovers } from '../../protocols/collection-facts.ts'
import type { CopyClass, PlacementPolicy } from '../../protocols/content.ts'
import type { KnownPolicy } from './collection-fold.ts'
import { EVERYWHERE_SHARE, STANDARD_COPIES } from './limits.ts'

export const EVERYWHERE: PlacementPolicy = { kind: 'everywhere' }

/** Bytes that want to be everywhere, by copy class. */
export type ClassBytes = readonly [number, number, number]

/**
 * The standard of each copy class: everywhere while it and what comes before it fit the smallest device that counts, else two copies.
 * Lessons so go everywhere in a room of small cards although the installers do not.
 */
export function standardPolicies(bytes: ClassBytes, capacities: readonly number[]): Record<CopyClass, PlacementPolicy> {
  const room = capacities.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...capacities) * EVERYWHERE_SHARE
  const standard = (needed: number): PlacementPolicy =>
    needed <= room ? EVERYWHERE : { kind: 'copies', copies: STANDARD_COPIES }
  return {
    0: standard(bytes[0]),
    1: standard(bytes[0] + bytes[1]),
    2: standard(bytes[0] + bytes[1] + bytes[2])
  }
}

/** The longest prefix that covers the path and says something. */
export function setPolicyOf(
  policies: ReadonlyMap<string, KnownPolicy> | undefined,
  path: string
): PlacementPolicy | undefined {
  let best: KnownPolicy | undefined
  for (const [prefix, known] of policies ?? []) {
    if (known.fact.policy && prefixCovers(prefix, path) && (!best || prefix.length > best.fact.prefix.length))
      best = known
  }
  return best?.fact.policy
}

/** Above this a file of a lesson is a data set or a film and comes with the packages. */
const SMALL_BYTES = 2 * 2 ** 20
/** Above this anything is copied last. */
const BIG_BYTES = 64 * 2 ** 20

export function copyClassOf(collection: string, sizeBytes: number): CopyClass {
  if (collection === 'installers' || sizeBytes > BIG_BYTES) return 2
  return collection === 'lessons' && sizeBytes <= SMALL_BYTES ? 0 : 1
}
