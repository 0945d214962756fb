/**
 * Who is here and where their cursors are: awareness of y-protocols, gathered per note. Only the newest state of a client is kept and sent,
 * never stored; a state that changed nothing waits for company. Names and colours go once to clients that understand it, for they are most of
 * the bytes. Pure: time comes as an argument.
 */

import { isUtf8 } from 'node:buffer'
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { type AwarenessEntry, briefCursor, type CursorEntry } from '../../protocols/notes-sync.ts'
import type { Authors, Owner } from './authors.ts'
import * as limits from './limits.ts'

interface Cursor {
  owner: Owner
  /** The connection or the peer that it comes through. */
  via: object
  clock: number
  /** JSON of the state without its field `cursor`. */
  person: string
  /** JSON of the field `cursor`. */
  cursor: string
  /** Everybody who was here then knows `person`. */
  told: boolean
  seenMs: number
}

/** An awareness entry, whose it is, and the connection or peer that it came through. */
export interface OwnedCursor extends AwarenessEntry {
  owner: Owner
  via: object
}

/** What is known of a client's person besides the owner of its text. */
export interface SignedIn {
  /** The same browser before its person signed in. */
  also?: Owner
  /** The name of the account; null = nobody is signed in, absent = another device has seen to it. */
  account?: string | null
}

/** What changed. */
export interface CursorNews {
  /** All of it, for clients that need whole states. */
  clientIds: number[]
  /** Those whose whole state is news to everybody: names, colours, and who left. */
  fresh: number[]
  /** The others, for those who know the rest of their states. */
  cursors: CursorEntry[]
}

const LEFT = Buffer.from('null')

export class Cursors {
  readonly #authors: Authors
  readonly #cursors = new Map<number, Cursor>()
  /** Clocks of those that left: an echo of theirs must not bring them back. */
  readonly #left = new BoundedMap<number, { clock: number; owner: Owner; via: object }>(2 * limits.MAX_CURSORS_PER_NOTE)
  readonly #changed = new Set<number>()
  #urgent = false
  #changedSinceMs: number | undefined

  constructor(authors: Authors) {
    this.#authors = authors
  }

  get size(): number {
    return this.#cursors.size
  }

  /** Who shows a cursor; one with several tabs is one. */
  get people(): number {
    return new Set([...this.#cursors.values()].map(({ owner }) => owner)).size
  }

  /** Takes what belongs to `owner`; echoes of others, old clocks and states that are no JSON object are passed over. */
  accept(entries: readonly AwarenessEntry[], owner: Owner, via: object, nowMs: number, signedIn: SignedIn = {}): void {
    for (const entry of entries) {
      const isEarlierSelf = signedIn.also !== undefined && this.#authors.ownerOf(entry.clientId) === signedIn.also
      this.#acceptState(entry, isEarlierSelf ? (signedIn.also as Owner) : owner, via, nowMs, signedIn.account)
    }
  }

  #acceptState(
    { clientId, clock, state }: AwarenessEntry,
    owner: Owner,
    via: object,
    nowMs: number,
    account: SignedIn['account']
  ): void {
    const known = this.#cursors.get(clientId)
    const left = isLeft(state)
    if (known && known.owner !== owner) return
    if (known && clock <= known.clock && !(clock === known.clock && left)) return
    if (!known && (left || clock <= (this.#left.get(clientId)?.clock ?? -1))) return
    if (left) {
      this.#remove(clientId, clock, nowMs)
      return
    }
    if (!known && this.#cursors.size >= limits.MAX_CURSORS_PER_NOTE) return
    const parsed = parseState(state, account)
    if (!parsed || !this.#authors.show(clientId, owner)) return
    const samePerson = known?.person === parsed.person
    this.#cursors.set(clientId, { ...parsed, owner, via, clock, told: samePerson && known.told, seenMs: nowMs })
    if (!known) this.#limitOwner(owner, nowMs)
    this.#mark(clientId, !samePerson || known?.cursor !== parsed.cursor, nowMs)
  }

  /** Takes new positions of clients whose state is known; of others nothing. */
  move(entries: readonly CursorEntry[], owner: Owner, nowMs: number): void {
    for (const { clientId, clock, cursor } of entries) {
      const known = this.#cursors.get(clientId)
      if (!known || known.owner !== owner || clock <= known.clock || !isUtf8(cursor)) continue
      const text = asBuffer(cursor).toString()
      if (!isObjectOrNull(text)) continue
      const moved = text !== known.cursor
      known.cursor = text
      known.clock = clock
      known.seenMs = nowMs
      this.#mark(clientId, moved, nowMs)
    }
  }

  /** A connection or a peer is gone, and with it all that came through it. */
  removeVia(via: object, nowMs: number): void {
    for (const [clientId, cursor] of this.#cursors) {
      if (cursor.via === via) this.#remove(clientId, cursor.clock + 1, nowMs)
    }
  }

  expire(nowMs: number): void {
    for (const [clientId, cursor] of this.#cursors) {
      if (nowMs - cursor.seenMs > limits.CURSOR_LIFE_MS) this.#remove(clientId, cursor.clock + 1, nowMs)
    }
  }

  #limitOwner(owner: Owner, nowMs: number): void {
    const theirs = [...this.#cursors].filter(([, cursor]) => cursor.owner === owner)
    const oldest = theirs.length > limits.MAX_CURSORS_PER_OWNER ? theirs[0] : undefined
    if (oldest) this.#remove(oldest[0], oldest[1].clock + 1, nowMs)
  }

  #remove(clientId: number, clock: number, nowMs: number): void {
    const known = this.#cursors.get(clientId)
    if (!known) return
    this.#cursors.delete(clientId)
    this.#authors.hide(clientId)
    this.#left.set(clientId, { clock, owner: known.owner, via: known.via })
    this.#mark(clientId, true, nowMs)
  }

  #mark(clientId: number, urgent: boolean, nowMs: number): void {
    this.#changed.add(clientId)
    if (urgent) this.#urgent = true
    this.#changedSinceMs ??= nowMs
  }

  /** When the next message should go, given that one goes at most every `intervalMs`. */
  dueAtMs(lastSentMs: number, intervalMs: number): number | undefined {
    if (this.#changedSinceMs === undefined) return undefined
    return this.#urgent ? lastSentMs + intervalMs : this.#changedSinceMs + limits.CURSORS_RENEWAL_MS
  }

  /** What changed since the last call; from now on everybody here counts as told. */
  take(): CursorNews {
    const news: CursorNews = { clientIds: [...this.#changed], fresh: [], cursors: [] }
    for (const clientId of news.clientIds) {
      const known = this.#cursors.get(clientId)
      if (known?.told)
        news.cursors.push({ clientId, clock: known.clock, cursor: Buffer.from(briefCursor(known.cursor)) })
      else news.fresh.push(clientId)
      if (known) known.told = true
    }
    this.#changed.clear()
    this.#urgent = false
    this.#changedSinceMs = undefined
    return news
  }

  /** Whole states; of those that left, that they did. */
  states(clientIds: Iterable<number>): OwnedCursor[] {
    const states: OwnedCursor[] = []
    for (const clientId of clientIds) {
      const known = this.#cursors.get(clientId)
      const left = this.#left.get(clientId)
      if (known) {
        const { owner, via, clock } = known
        states.push({ clientId, owner, via, clock, state: Buffer.from(stateText(known)) })
      } else if (left) states.push({ clientId, ...left, state: LEFT })
    }
    return states
  }

  all(): OwnedCursor[] {
    return this.states(this.#cursors.keys())
  }
}

function isLeft(state: Uint8Array): boolean {
  return state.length === LEFT.length && asBuffer(state).equals(LEFT)
}

/** Stock clients parse without catching: what is no JSON object would end their connection. */
function parseState(state: Uint8Array, account: SignedIn['account']): { person: string; cursor: string } | undefined {
  if (!isUtf8(state)) return undefined
  try {
    const parsed: unknown = JSON.parse(asBuffer(state).toString())
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
    const { cursor = null, ...person } = parsed as { cursor?: unknown }
    if (account !== undefined) setAccount(person, account)
    return { person: JSON.stringify(person), cursor: JSON.stringify(cursor) }
  } catch {
    return undefined
  }
}

/** What the node knows and a client only says: `user.account` is set by the device that the person is signed in at, or is not there. */
function setAccount(person: { user?: unknown }, account: string | null): void {
  const { user } = person
  if (typeof user !== 'object' || user === null || Array.isArray(user)) return
  const { account: _said, ...rest } = user as { account?: unknown }
  person.user = account === null ? rest : { ...rest, account }
}

function isObjectOrNull(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && !Array.isArray(parsed)
  } catch {
    return false
  }
}

function stateText({ person, cursor }: Cursor): string {
  return person === '{}' ? `{"cursor":${cursor}}` : `${person.slice(0, -1)},"cursor":${cursor}}`
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
