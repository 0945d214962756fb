/** Stamps as folds keep them in their snapshots. */
import type { Entry, Stamp } from './journal.ts'

export type SavedStamp = [lamport: number, writer: string, number: number, index: number]

/** Nothing else of an entry. */
export function stampOf({ lamport, writer, number, index }: Entry): Stamp {
  return { lamport, writer, number, index }
}

export function saveStamp({ lamport, writer, number, index }: Stamp): SavedStamp {
  return [lamport, writer, number, index]
}

export function loadStamp([lamport, writer, number, index]: SavedStamp): Stamp {
  return { lamport, writer, number, index }
}
