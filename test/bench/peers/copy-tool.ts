/** What every tool is asked to do: bring the folder of one device to others, each in a network namespace of its own, on one bridge. */
import type { Cable, Device } from '../../kit/network-lab.ts'
import type { DataSet } from './data-set.ts'

export interface CopyDevice {
  device: Device
  cable: Cable
  /** For its files; empty. */
  folder: string
}

/** `up`: all devices run and know each other, and one word begins the copying. `new`: the other devices are started by `begin`. */
export type CopyStart = 'up' | 'new'

export interface CopyTask {
  data: DataSet
  first: CopyDevice
  others: CopyDevice[]
  start: CopyStart
}

/** Processes whose CPU counts, with what they start: of the first device, and of each other one as far as it runs. */
export interface CopyProcesses {
  first: number[]
  others: number[]
}

/** Something was copied before the clock was started: the measure would lack it. */
export class BegunTooSoon extends Error {}

export interface CopyTool {
  readonly name: string
  /** What it needs from Debian. */
  readonly debianPackage: string | undefined
  readonly program: string | undefined
  /**
   * Prepares everything that does not count, calls `begin`, begins the copying, and resolves as soon as every other device has all files under
   * their own names. What counts is the time from `begin` to the end, and the CPU that the processes used in it.
   */
  copy(
    task: CopyTask,
    begin: (processes: CopyProcesses) => Promise<void>
  ): Promise<CopyProcesses & { note?: string; end: () => Promise<void> }>
}
