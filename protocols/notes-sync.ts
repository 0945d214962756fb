/**
 * What a browser and a node say about one note, on `ws: /notes/sync/<id>`: the protocol of y-websocket (y-protocols 1: sync and awareness), so
 * that every stock provider works, and messages of our own that go only to clients that asked for them with `?own=1`
 * (a stock provider would print a complaint for each and ignore it).
 *
 * Every message is a binary WebSocket message: a type, then its fields. Integers are LEB128, bytes and texts carry their length.
 * Nothing here trusts a length, and nothing allocates by one.
 */
import { JoineryError } from './errors.ts'

export const NOTES_SYNC_PATH = '/notes/sync/'

/** A whole note when it is full, and its deletions; the greatest message in either direction. */
export const MAX_SYNC_MESSAGE_BYTES = 5 * 2 ** 20
/** 10,000 authors of 16 bytes: more than a note may have. */
export const MAX_STATE_VECTOR_BYTES = 256 * 1024
/** A client tells its own cursor, and a stock one echoes everybody's. */
export const MAX_AWARENESS_ENTRIES = 1_024
/** Name, colours and cursor are some 290 bytes. */
export const MAX_AWARENESS_STATE_BYTES = 2_048
/** Two positions in the text are some 150 bytes. */
export const MAX_CURSOR_BYTES = 512

const SYNC = 0
const AWARENESS = 1
const QUERY_AWARENESS = 3
const SAVED = 100
const REFUSED = 101
const RESET = 102
const CURSORS = 103

const STEP_1 = 0
const STEP_2 = 1
const UPDATE = 2

export interface AwarenessEntry {
  clientId: number
  clock: number
  /** JSON in UTF-8, a view into the message; `null` = the client has left. Not yet parsed. */
  state: Uint8Array
}

/** The field `cursor` of an awareness state, anew; the rest of it stays. Names and colours are half of the bytes and never change. */
export interface CursorEntry {
  clientId: number
  clock: number
  /** JSON in UTF-8, as in `AwarenessEntry`; from a node perhaps without its `head` (`briefCursor`). */
  cursor: Uint8Array
}

export type SyncMessage =
  /** "This is what I have": the other side answers with `update` (step 2). */
  | { kind: 'have'; vector: Uint8Array }
  /** `answer`: it came in answer to our `have`. */
  | { kind: 'update'; update: Uint8Array; answer: boolean }
  | { kind: 'awareness'; entries: AwarenessEntry[] }
  | { kind: 'query-awareness' }
  /** Ours, both ways: like `awareness`, of clients whose whole state was told on this connection before. */
  | { kind: 'cursors'; cursors: CursorEntry[] }
  /** The first `saved` updates of this connection are on the node's disk, the first `copied` ones on `devices` devices. */
  | { kind: 'saved'; saved: number; copied: number; devices: number }
  /** A code of node/notes/errors.ts: what the client sent was not taken. */
  | { kind: 'refused'; code: string }
  /** The node built the note anew from its entries: throw the local copy away and load it again. */
  | { kind: 'reset' }
  /** Of a later version: counted, and otherwise ignored. */
  | { kind: 'unknown'; type: number }

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeSyncMessage(bytes: Uint8Array): SyncMessage {
  if (bytes.length > MAX_SYNC_MESSAGE_BYTES) throw new JoineryError('TOO_LARGE', 'a message is too long')
  const reader = new SyncReader(bytes)
  const message = decodeBody(reader)
  if (message.kind !== 'unknown' && !reader.atEnd) throw new JoineryError('MALFORMED', 'bytes after the message')
  return message
}

function decodeBody(reader: SyncReader): SyncMessage {
  const type = reader.integer()
  switch (type) {
    case SYNC:
      return decodeSync(reader)
    case AWARENESS:
      return { kind: 'awareness', entries: decodeAwareness(reader.bytes(MAX_SYNC_MESSAGE_BYTES)) }
    case QUERY_AWARENESS:
      return { kind: 'query-awareness' }
    case SAVED:
      return { kind: 'saved', saved: reader.integer(), copied: reader.integer(), devices: reader.integer() }
    case REFUSED:
      return { kind: 'refused', code: new TextDecoder().decode(reader.bytes(64)) }
    case RESET:
      return { kind: 'reset' }
    case CURSORS:
      return { kind: 'cursors', cursors: decodeCursors(reader) }
    default:
      return { kind: 'unknown', type }
  }
}

function decodeSync(reader: SyncReader): SyncMessage {
  const step = reader.integer()
  if (step === STEP_1) return { kind: 'have', vector: reader.bytes(MAX_STATE_VECTOR_BYTES) }
  if (step === STEP_2 || step === UPDATE)
    return { kind: 'update', update: reader.bytes(MAX_SYNC_MESSAGE_BYTES), answer: step === STEP_2 }
  throw new JoineryError('MALFORMED', 'an unknown step of the sync protocol')
}

function decodeCursors(reader: SyncReader): CursorEntry[] {
  const count = reader.integer()
  if (count > MAX_AWARENESS_ENTRIES) throw new JoineryError('TOO_LARGE', 'too many cursors in one message')
  const cursors: CursorEntry[] = []
  for (let i = 0; i < count; i++) {
    cursors.push({ clientId: reader.integer(), clock: reader.integer(), cursor: reader.bytes(MAX_CURSOR_BYTES) })
  }
  return cursors
}

/** The payload of an awareness message, as y-protocols encodes it. */
export function decodeAwareness(bytes: Uint8Array): AwarenessEntry[] {
  const reader = new SyncReader(bytes)
  const count = reader.integer()
  if (count > MAX_AWARENESS_ENTRIES) throw new JoineryError('TOO_LARGE', 'too many cursors in one message')
  const entries: AwarenessEntry[] = []
  for (let i = 0; i < count; i++) {
    entries.push({
      clientId: reader.integer(),
      clock: reader.integer(),
      state: reader.bytes(MAX_AWARENESS_STATE_BYTES)
    })
  }
  if (!reader.atEnd) throw new JoineryError('MALFORMED', 'bytes after the cursors')
  return entries
}

export function encodeAwareness(entries: readonly AwarenessEntry[]): Uint8Array {
  const writer = new SyncWriter()
  writer.integer(entries.length)
  for (const entry of entries) {
    writer.integer(entry.clientId)
    writer.integer(entry.clock)
    writer.bytes(entry.state)
  }
  return writer.finish()
}

export function encodeSyncMessage(message: Exclude<SyncMessage, { kind: 'unknown' }>): Uint8Array {
  const writer = new SyncWriter()
  switch (message.kind) {
    case 'have':
      writer.integer(SYNC)
      writer.integer(STEP_1)
      writer.bytes(message.vector)
      break
    case 'update':
      writer.integer(SYNC)
      writer.integer(message.answer ? STEP_2 : UPDATE)
      writer.bytes(message.update)
      break
    case 'awareness':
      writer.integer(AWARENESS)
      writer.bytes(encodeAwareness(message.entries))
      break
    case 'query-awareness':
      writer.integer(QUERY_AWARENESS)
      break
    case 'saved':
      writer.integer(SAVED)
      writer.integer(message.saved)
      writer.integer(message.copied)
      writer.integer(message.devices)
      break
    case 'refused':
      writer.integer(REFUSED)
      writer.bytes(new TextEncoder().encode(message.code))
      break
    case 'reset':
      writer.integer(RESET)
      break
    case 'cursors':
      writer.integer(CURSORS)
      writer.integer(message.cursors.length)
      for (const { clientId, clock, cursor } of message.cursors) {
        writer.integer(clientId)
        writer.integer(clock)
        writer.bytes(cursor)
      }
  }
  return writer.finish()
}

const ANCHOR = '{"anchor":'
const HEAD = ',"head":'

/**
 * The JSON of a cursor as it goes to clients of ours: without `head` where nothing is selected, which is nearly always and half of the bytes. Text
 * of another form stays as it is.
 */
export function briefCursor(cursor: string): string {
  const length = (cursor.length - ANCHOR.length - HEAD.length - 1) / 2
  const headAt = ANCHOR.length + length
  if (length < 1 || !cursor.startsWith(ANCHOR) || !cursor.startsWith(HEAD, headAt)) return cursor
  const anchor = cursor.slice(ANCHOR.length, headAt)
  return cursor.endsWith(`${anchor}}`) ? `${ANCHOR}${anchor}}` : cursor
}

/** What `briefCursor` made, as others know it. @param cursor parsed JSON */
export function wholeCursor(cursor: unknown): unknown {
  if (typeof cursor !== 'object' || cursor === null || !('anchor' in cursor) || 'head' in cursor) return cursor
  return { ...cursor, head: cursor.anchor }
}

/** LEB128 as lib0 writes it, with strict limits. */
export class SyncReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** 0 ≤ x ≤ 2^53 − 1 */
  integer(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new JoineryError('MALFORMED', 'the message is cut short')
      value += (byte & 127) * scale
      if (value > Number.MAX_SAFE_INTEGER) throw new JoineryError('MALFORMED', 'an integer is too large')
      if (byte < 128) return value
      scale *= 128
      // Eight bytes carry 56 bits: a ninth can only be padding.
      if (scale > 2 ** 53) throw new JoineryError('MALFORMED', 'an integer is too long')
    }
  }

  /** A view, not a copy. */
  bytes(maxBytes: number): Uint8Array {
    const length = this.integer()
    if (length > maxBytes) throw new JoineryError('TOO_LARGE', `${length} bytes, at most ${maxBytes} are allowed`)
    if (length > this.#bytes.length - this.#at) throw new JoineryError('MALFORMED', 'a length runs past the end')
    const view = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return view
  }
}

class SyncWriter {
  readonly #parts: Uint8Array[] = []
  #small: number[] = []

  integer(value: number): void {
    let rest = value
    while (rest > 127) {
      this.#small.push((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    this.#small.push(rest)
  }

  bytes(bytes: Uint8Array): void {
    this.integer(bytes.length)
    this.#flush()
    this.#parts.push(bytes)
  }

  #flush(): void {
    if (this.#small.length === 0) return
    this.#parts.push(Uint8Array.from(this.#small))
    this.#small = []
  }

  finish(): Uint8Array {
    this.#flush()
    let length = 0
    for (const part of this.#parts) length += part.length
    const out = new Uint8Array(length)
    let at = 0
    for (const part of this.#parts) {
      out.set(part, at)
      at += part.length
    }
    return out
  }
}
