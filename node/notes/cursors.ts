/**
 * Who is here and where their cursors are: awareness of y-protocols, gathered per note. Only the newest state of a client is kept and sent,
 * never stored; a state that changed nothing waits for company. Pure: time comes as an argument.
 */
import { isUtf8 } from 'node:buffer'
import type { AwarenessEntry } from '../../protocols/notes-sync.ts'
import type { Authors, Owner } from './authors.ts'
import * as limits from './limits.ts'

interface Cursor {
  owner: Owner
  /** The connection or the peer that it comes through. */
  via: object
  clock: number
  state: Uint8Array
  seenMs: number
}

/** An awareness entry, whose it is, and the connection or peer that it came through. */
export interface OwnedCursor extends AwarenessEntry {
  owner: Owner
  via: object
}

const LEFT = new TextEncoder().encode('null')

export class Cursors {
  readonly #authors: Authors
  readonly #cursors = new Map<number, Cursor>()
  /** Clocks of those that left: an echo of theirs must not bring them back. */
  readonly #left = new Map<number, { clock: number; owner: Owner; via: object }>()
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
  accept(entries: readonly AwarenessEntry[], owner: Owner, via: object, nowMs: number): void {
    for (const entry of entries) this.#acceptOne(entry, owner, via, nowMs)
  }

  #acceptOne(entry: AwarenessEntry, owner: Owner, via: object, nowMs: number): void {
    const { clientId, clock, state } = entry
    const known = this.#cursors.get(clientId)
    if (known && known.owner !== owner) return
    if (known && clock <= known.clock && !(clock === known.clock && isLeft(state))) return
    if (!known && (isLeft(state) || clock <= (this.#left.get(clientId)?.clock ?? -1))) return
    if (isLeft(state)) {
      this.#remove(clientId, clock, nowMs)
      return
    }
    if (!known && this.#cursors.size >= limits.MAX_CURSORS_PER_NOTE) return
    if (!isState(state) || !this.#authors.show(clientId, owner)) return
    const renewal = known !== undefined && sameState(known.state, state)
    // A copy: the message is a view into the socket's buffer.
    this.#cursors.set(clientId, { owner, via, clock, state: renewal ? known.state : state.slice(), seenMs: nowMs })
    if (!known) this.#limitOwner(owner, nowMs)
    this.#mark(clientId, !renewal, nowMs)
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
    this.#left.delete(clientId)
    this.#left.set(clientId, { clock, owner: known.owner, via: known.via })
    const oldest = this.#left.size > 2 * limits.MAX_CURSORS_PER_NOTE ? this.#left.keys().next().value : undefined
    if (oldest !== undefined) this.#left.delete(oldest)
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

  /** What changed since the last call. */
  take(): OwnedCursor[] {
    const entries: OwnedCursor[] = []
    for (const clientId of this.#changed) {
      const cursor = this.#cursors.get(clientId)
      const left = this.#left.get(clientId)
      if (cursor) entries.push({ clientId, ...cursor })
      else if (left) entries.push({ clientId, ...left, state: LEFT })
    }
    this.#changed.clear()
    this.#urgent = false
    this.#changedSinceMs = undefined
    return entries
  }

  all(): OwnedCursor[] {
    return [...this.#cursors].map(([clientId, cursor]) => ({ clientId, ...cursor }))
  }
}

function isLeft(state: Uint8Array): boolean {
  return state.length === 4 && state.every((byte, i) => byte === LEFT[i])
}

/** Stock clients parse without catching: what is no JSON object would end their connection. */
function isState(state: Uint8Array): boolean {
  if (!isUtf8(state)) return false
  try {
    const parsed: unknown = JSON.parse(asBuffer(state).toString())
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
  } catch {
    return false
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function sameState(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}
