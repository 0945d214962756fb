/** What a check of the room found: everything that a learner does, tried through every device. Plain data, for the page, the terminal and programs. */

export const READY_STEPS = ['pip', 'r', 'lesson', 'note', 'git'] as const
export type ReadyStep = (typeof READY_STEPS)[number]

export interface ReadyResult {
  step: ReadyStep
  /** `missing`: there is nothing of that kind in the room. */
  outcome: 'ok' | 'failed' | 'missing'
  tookMs: number
  /** What was tried, or what went wrong. */
  detail?: string
}

export interface ReadyDevice {
  id: string
  name: string
  /** Where its pages were asked for; absent when it cannot be reached. */
  address?: string
  steps: ReadyResult[]
}

export interface ReadyReport {
  /** Nothing failed, and every device of the room was there. */
  ready: boolean
  devices: ReadyDevice[]
}

export function isReady(devices: readonly ReadyDevice[]): boolean {
  return devices.length > 0 && devices.every(({ steps }) => steps.every(({ outcome }) => outcome !== 'failed'))
}
