/**
 * What a room says of fetching wants from the internet, in topic `wants`: one setting for the room, and of each device what it is fetching and what it
 * could not get. Both are registers.
 */
import { type CborValue, isCborMap } from './cbor.ts'
import { isBytes, isWhole } from './certificate.ts'
import type { NewEntry } from './journal.ts'
import type { NodeId } from './message-stream.ts'
import { MAX_WANT_TEXT_CHARACTERS, WANTS_TOPIC } from './want-facts.ts'

export const WANT_SETTING_KIND = 'wants-setting'
export const WANT_FETCH_KIND = 'wants-fetch'
export const WANT_FETCHING_VERSION = 1
/** Names a count of what was used; 8 random bytes, as for cloud peers. */
export const WANT_COUNT_BYTES = 8
/** Fetched at once by one device, or not had: each has some 60 bytes. The rest is told the next time. */
export const MAX_TOLD_FETCHES = 100

export interface WantSetting {
  /** Fetch by itself when there is internet. */
  automatic: boolean
  /** Of each device, since `count` began; null: no limit. */
  budgetBytes: number | null
  count: Uint8Array
}

/** Names a want. */
export interface WantKey {
  collection: string
  name: string
  /** For which Python or R; empty: not said. */
  target: string
}

export interface FailedWant extends WantKey {
  /** Of the catalogue of errors. */
  code: string
}

export interface ToldFetch {
  node: NodeId
  fetching: readonly WantKey[]
  failed: readonly FailedWant[]
}

export function keyOfWant({
  collection,
  name,
  target = ''
}: {
  collection: string
  name: string
  target?: string
}): string {
  return JSON.stringify([collection, name, target])
}

export function wantSettingEntry({ automatic, budgetBytes, count }: WantSetting): NewEntry {
  return {
    ...{ topic: WANTS_TOPIC, kind: WANT_SETTING_KIND, version: WANT_FETCHING_VERSION },
    body: { automatic, budgetBytes, count }
  }
}

/** @returns undefined for a body that says nothing we understand */
export function decodeWantSetting(body: CborValue | undefined): WantSetting | undefined {
  if (!isCborMap(body)) return undefined
  const { automatic, budgetBytes, count } = body
  if (typeof automatic !== 'boolean' || !isBytes(count, WANT_COUNT_BYTES)) return undefined
  if (budgetBytes !== null && !isWhole(budgetBytes, 0, Number.MAX_SAFE_INTEGER)) return undefined
  return { automatic, budgetBytes, count }
}

export function wantFetchEntry({ node, fetching, failed }: ToldFetch): NewEntry {
  const text = (one: string): string => one.slice(0, MAX_WANT_TEXT_CHARACTERS)
  const key = ({ collection, name, target }: WantKey): string[] => [text(collection), text(name), text(target)]
  return {
    ...{ topic: WANTS_TOPIC, kind: WANT_FETCH_KIND, version: WANT_FETCHING_VERSION },
    body: {
      node,
      fetching: fetching.slice(0, MAX_TOLD_FETCHES).map(key),
      failed: failed.slice(0, MAX_TOLD_FETCHES).map((one) => [...key(one), text(one.code)])
    }
  }
}

/** @returns undefined for a body that says nothing we understand */
export function decodeWantFetch(body: CborValue | undefined): ToldFetch | undefined {
  if (!isCborMap(body)) return undefined
  const { node, fetching, failed } = body
  if (typeof node !== 'string' || node === '' || node.length > 100) return undefined
  const keys = rowsOf(fetching, 3)
  const rows = rowsOf(failed, 4)
  if (!keys || !rows) return undefined
  return {
    node,
    fetching: keys.map(([collection = '', name = '', target = '']) => ({ collection, name, target })),
    failed: rows.map(([collection = '', name = '', target = '', code = '']) => ({ collection, name, target, code }))
  }
}

function rowsOf(value: CborValue | undefined, width: number): string[][] | undefined {
  if (!Array.isArray(value) || value.length > MAX_TOLD_FETCHES) return undefined
  const isText = (one: CborValue): one is string => typeof one === 'string' && one.length <= MAX_WANT_TEXT_CHARACTERS
  const sound = value.every((row) => Array.isArray(row) && row.length === width && row.every(isText))
  return sound ? (value as string[][]) : undefined
}
