/** What is done and what is left at a cloud peer: for the command line and the room's page. */

/** A cloud peer of the room, as this device knows it. */
export interface CloudPeerStatus {
  id: string
  name: string
  addresses: string[]
  /** `open`: no device has reached it yet · `refused`: it said no · `linked`: connected with this device · `away`: it has the room and is not in reach. */
  state: 'open' | 'refused' | 'linked' | 'away'
  /** Why it said no. */
  code?: string
  /** How often the connection of this device with it broke since it was started. */
  breaks: number
  /** For how long it is not in reach; absent while it is, and when it never was since the start. */
  awayMs?: number
  /** All notes and facts of this device are there, as it confirmed itself. */
  journalDone: boolean
  /** Changes that it has not confirmed; absent when it has not said yet, since the start, what it has. */
  leftChanges?: number
  /** Its disk takes no more. */
  full: boolean
  heldFiles: number
  heldBytes: number
  /** Bytes of files that have arrived there, those that are half there included. */
  arrivedBytes: number
  /** What it lacks still, as it says itself. */
  leftFiles: number
  leftBytes: number
  leftRepositories: number
  /** What this device lacks and may get from it. */
  wantedHereBytes: number
  /** Files that this device exchanged with it since the link was made or its count began again; kept over restarts. */
  usedBytes: number
  usedMinutes: number
  bytesPerSecond: number
  /** A guess from the present rate; absent when nothing moves. */
  remainingMs?: number
  /** Null: no limit. */
  budgetBytes: number | null
  budgetMinutes: number | null
  budgetSpent: boolean
}
