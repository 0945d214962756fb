import type { Random } from '../../platform/random.ts'

/** Nobody else has it, and whoever finds it knows what it was. */
export function randomName(random: Random): string {
  return `Ready check ${Buffer.from(random.bytes(4)).toString('hex')}`
}

/** What `randomName` makes. */
export const SCRATCH_NAME = /^Ready check [0-9a-f]{8}$/
