/** What a person can ask of a node about what the room lacks; part of `Operations`. */
import type { WantClient } from '../../protocols/content.ts'
import type { Want } from '../../protocols/wants.ts'
import type { Progress } from './operations.ts'

export interface WantOperations {
  /** What people asked the devices of the room for and it lacks: what most laptops asked for first. */
  wants(): Promise<Want[]>
  /** Fetches them from the internet, whatever the setting says. */
  fetchWants(options: FetchWantsRequest, signal?: AbortSignal): AsyncIterable<Progress<FetchWantsResult>>
  wantFetching(): Promise<WantFetchingStatus>
  setWantFetching(options: WantFetchingChange): Promise<WantFetchingStatus>
}

export interface FetchWantsRequest {
  /** `numpy`, or `pypi:numpy` and `cran:dplyr` for what nobody asked for; none: everything that the room lacks. */
  names: string[]
  /** Of names that nobody asked for; without it, those Pythons that others asked for, and R's sources. */
  client?: WantClient
  dryRun: boolean
}

export interface FetchWantsResult {
  wants: FetchedWant[]
}

export interface FetchedWant {
  collection: string
  name: string
  target?: string
  /** `here`: the room has it · `planned`: of a dry run · `fetched` · `elsewhere`: another device is at it · `failed` */
  state: 'here' | 'planned' | 'fetched' | 'elsewhere' | 'failed'
  /** Paths in the collection. */
  files: string[]
  bytes: number
  code?: string
  text?: string
  next?: string
}

export interface WantFetchingStatus {
  /** The room's setting: fetch by itself when there is internet. */
  automatic: boolean
  /** This device is at it. */
  isRunning: boolean
  /** Of this device, since it was counted from nothing. */
  usedBytes: number
  /** Of each device; null: no limit. */
  budgetBytes: number | null
}

/** What is left out stays. */
export interface WantFetchingChange {
  automatic?: boolean
  budgetBytes?: number | null
  /** Count what is used from nothing again, on every device. */
  again?: boolean
}

export const WANT_OPERATION_KINDS: Readonly<Record<keyof WantOperations, 'answer' | 'stream'>> = {
  wants: 'answer',
  fetchWants: 'stream',
  wantFetching: 'answer',
  setWantFetching: 'answer'
}
