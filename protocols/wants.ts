/** A package that people asked for and the room lacks, as it is listed and exported. */
import type { WantClient } from './content.ts'

export interface Want extends Partial<WantClient> {
  /** `pypi` or `cran`. */
  collection: string
  name: string
  /** For which Python or R, system and CPU, in one sentence. */
  target?: string
  /** How often. */
  count: number
  /** From how many laptops. */
  learners: number
  /** Their addresses, the last one first; of IPv6 the network. */
  who: string[]
  /** Why it could not be had from the internet: a code of the catalogue of errors. */
  problem?: string
  /** The device that fetches it just now. */
  fetching?: string
}

/** What most laptops asked for first, then what was asked for most often. */
export function byDemand(a: Want, b: Want): number {
  return b.learners - a.learners || b.count - a.count || (a.name < b.name ? -1 : 1)
}

const COLUMNS = ['collection', 'name', 'runs', 'version', 'system', 'cpu', 'learners', 'count'] as const

/** The rows of a table, its head first. `who` is one cell, with spaces between the addresses. */
export function wantRows(wants: readonly Want[]): string[][] {
  const rows = wants.map((want) => [...COLUMNS.map((name) => String(want[name] ?? '')), want.who.join(' ')])
  return [[...COLUMNS, 'who'], ...rows]
}
