/** How many copies, as people say it: on the command line and in a form, by the same rules. */
import type { PlacementPolicy } from './content.ts'

/** More than any room has devices that count. */
export const MAX_POLICY_COPIES = 60

/** `everywhere`, `on-demand`, a number of copies, or `standard`. @returns null for the standard, undefined for what is none of them */
export function policyOf(text: string): PlacementPolicy | null | undefined {
  if (text === 'standard') return null
  if (text === 'everywhere' || text === 'on-demand') return { kind: text }
  const copies = Number(/^(?:copies[:=])?(\d{1,3})$/.exec(text)?.[1] ?? 0)
  return copies >= 1 && copies <= MAX_POLICY_COPIES ? { kind: 'copies', copies } : undefined
}

/** What a policy takes of the disks of so many devices. */
export interface PolicyCost {
  /** On all of them together. */
  totalBytes: number
  /** On each of them; where not each has a copy, on the average. */
  eachBytes: number
}

/** @param devices those that count as copies */
export function costOf(policy: PlacementPolicy, sizeBytes: number, devices: number): PolicyCost {
  const most = Math.max(1, devices)
  // What is fetched when somebody asks stays where it was added until then.
  const copies = policy.kind === 'everywhere' ? most : policy.kind === 'copies' ? Math.min(policy.copies, most) : 1
  return { totalBytes: sizeBytes * copies, eachBytes: Math.ceil((sizeBytes * copies) / most) }
}
