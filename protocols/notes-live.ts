/**
 * What two nodes tell each other about notes that both have open, on a stream of its own: text ahead of the journal (its entries come when
 * they are on the writer's disk, up to a second later), and cursors, which are in no journal. Losing any of it loses nothing.
 * Deterministic CBOR, one array per message: [type, …].
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { JoineryError } from './errors.ts'
import type { StreamLimits } from './message-stream.ts'
import { decodeNoteUpdate, encodeNoteUpdate, isNoteId, type NoteUpdate, OWNER_BYTES } from './note-facts.ts'
import { MAX_AWARENESS_STATE_BYTES } from './notes-sync.ts'

export const NOTES_LIVE_PROTOCOL = '/joinery/notes-live/1'
/** Longer text waits for the journal. */
export const MAX_LIVE_MESSAGE_BYTES = 512 * 1024
export const NOTES_LIVE_LIMITS: StreamLimits = { maxMessageBytes: MAX_LIVE_MESSAGE_BYTES, idleTimeoutMs: 0 }
/** Notes that a node has open at once. */
export const MAX_LIVE_NOTES = 256
export const MAX_LIVE_CURSORS = 200
const HASH_BYTES = 32

const OPEN = 0
const TEXT = 1
const CURSORS = 2
const DIGEST = 3

export interface LiveCursor {
  clientId: number
  owner: Uint8Array
  clock: number
  /** JSON in UTF-8; `null` = it left. */
  state: Uint8Array
}

export type LiveMessage =
  /** All notes that the sender has open, each time. */
  | { kind: 'open'; notes: string[] }
  | { kind: 'text'; note: string; update: NoteUpdate }
  | { kind: 'cursors'; note: string; cursors: LiveCursor[] }
  /** Hashes of the state vector and of the content: where the first are equal and the second are not, replicas differ. */
  | { kind: 'digest'; note: string; vector: Uint8Array; content: Uint8Array }
  | { kind: 'unknown' }

export function encodeLiveMessage(message: Exclude<LiveMessage, { kind: 'unknown' }>): Uint8Array {
  switch (message.kind) {
    case 'open':
      return encodeCbor([OPEN, message.notes])
    case 'text':
      return encodeCbor([TEXT, message.note, encodeNoteUpdate(message.update)])
    case 'cursors':
      return encodeCbor([
        CURSORS,
        message.note,
        message.cursors.map(({ clientId, owner, clock, state }) => [clientId, owner, clock, state])
      ])
    case 'digest':
      return encodeCbor([DIGEST, message.note, message.vector, message.content])
  }
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeLiveMessage(bytes: Uint8Array): LiveMessage {
  const value = decodeCbor(bytes, MAX_LIVE_MESSAGE_BYTES)
  if (!Array.isArray(value) || typeof value[0] !== 'number') throw malformed()
  const [type, note, ...rest] = value
  if (type === OPEN) return { kind: 'open', notes: decodeNotes(note) }
  if (type !== TEXT && type !== CURSORS && type !== DIGEST) return { kind: 'unknown' }
  if (typeof note !== 'string' || !isNoteId(note)) throw malformed()
  if (type === TEXT) {
    const update = decodeNoteUpdate(rest[0])
    if (!update || update.fragment || rest.length !== 1) throw malformed()
    return { kind: 'text', note, update }
  }
  if (type === CURSORS) {
    if (rest.length !== 1) throw malformed()
    return { kind: 'cursors', note, cursors: decodeCursors(rest[0]) }
  }
  const [vector, content] = rest
  if (rest.length !== 2 || !isBytes(vector, HASH_BYTES) || !isBytes(content, HASH_BYTES)) throw malformed()
  return { kind: 'digest', note, vector, content }
}

function decodeNotes(value: CborValue | undefined): string[] {
  if (!Array.isArray(value) || value.length > MAX_LIVE_NOTES) throw malformed()
  return value.map((note) => {
    if (typeof note !== 'string' || !isNoteId(note)) throw malformed()
    return note
  })
}

function decodeCursors(value: CborValue | undefined): LiveCursor[] {
  if (!Array.isArray(value) || value.length > MAX_LIVE_CURSORS) throw malformed()
  return value.map((cursor) => {
    if (!Array.isArray(cursor) || cursor.length !== 4) throw malformed()
    const [clientId, owner, clock, state] = cursor
    if (!isCount(clientId) || !isCount(clock) || !isBytes(owner, OWNER_BYTES)) throw malformed()
    if (!(state instanceof Uint8Array) || state.length > MAX_AWARENESS_STATE_BYTES) throw malformed()
    return { clientId, owner, clock, state }
  })
}

function isCount(value: CborValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isBytes(value: CborValue | undefined, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a message about notes')
}
