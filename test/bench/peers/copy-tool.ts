/** What every tool is asked to do: bring the folder of one device to others, each in a network namespace of its own, on one bridge. */
import type { Cable, Device } from '../../kit/network-lab.ts'
import type { DataSet } from './data-set.ts'

export interface CopyDevice {
  device: Device
  cable: Cable
  /** For its files; empty. */
  folder: string
}

export interface CopyTask {
  data: DataSet
  first: CopyDevice
  others: CopyDevice[]
}

export interface CopyTool {
  readonly name: string
  /** What it needs from Debian. */
  readonly debianPackage: string | undefined
  readonly program: string | undefined
  /**
   * Prepares (scans, imports, starts servers), calls `begin` with the processes that send, and starts the copying; resolves when every other device has
   * all files. The processes whose CPU counts are told by `first` and `others`.
   */
  copy(
    task: CopyTask,
    begin: (first: number[]) => Promise<void>
  ): Promise<{ first: number[]; others: number[]; note?: string; end: () => Promise<void> }>
}
