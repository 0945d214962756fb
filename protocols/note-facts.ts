/**
 * What the journal holds about shared notes: titles in topic `notes`, the text of each note as Yjs updates in topic `note/<id>`.
 * Names of notes are part of addresses that people type, so they are short and plain.
 */
import { type CborValue, isCborMap } from './cbor.ts'
import type { Stamp } from './journal.ts'

/** Topic of titles. */
export const NOTES_TOPIC = 'notes'
/** Topic of what was removed: it stays when titles are erased. */
export const NOTES_REMOVED_TOPIC = 'notes-removed'
const TEXT_TOPIC_PREFIX = 'note/'

/** A register: the title with the highest stamp counts. */
export const NOTE_NAMED_KIND = 'note-named'
/** Yjs updates in the order in which the node applied them. */
export const NOTE_UPDATE_KIND = 'note-update'
/** What some `note-update` entries of one node say together, written when they were old. */
export const NOTE_MERGED_KIND = 'note-merged'
/** The note is gone, whatever else is said of it; browsers that still have it cannot bring it back. */
export const NOTE_REMOVED_KIND = 'note-removed'
export const NOTE_FACT_VERSION = 1

/** A line in a list and on a phone. */
export const MAX_TITLE_CHARACTERS = 120
/** One entry carries what a node gathered while the one before was being written: at most a few seconds of a full class. */
export const MAX_UPDATES_PER_ENTRY = 1_000
/** A longer update goes in several entries, since a body of the journal has at most 512 KiB. */
export const FRAGMENT_BYTES = 384 * 1024
/** 6 MiB: more than any message on the sync socket. */
export const MAX_FRAGMENTS = 16
/** Who made a clientID: the first 16 bytes of a hash, so that no entry tells a token. */
export const OWNER_BYTES = 16
/** A key in hex, and a branch behind it. */
const MAX_WRITER_CHARACTERS = 128
/** A page makes one clientID each time it is loaded. */
export const MAX_AUTHORS_PER_ENTRY = 1_000

/** At most 64 characters, plain enough to be read aloud, safe in a path, a file name and a topic. */
const NOTE_ID = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/

export function isNoteId(text: string): boolean {
  return NOTE_ID.test(text)
}

export function noteTopic(id: string): string {
  return TEXT_TOPIC_PREFIX + id
}

/** @returns undefined for every other topic */
export function noteIdOfTopic(topic: string): string | undefined {
  if (!topic.startsWith(TEXT_TOPIC_PREFIX)) return undefined
  const id = topic.slice(TEXT_TOPIC_PREFIX.length)
  return isNoteId(id) ? id : undefined
}

export interface NoteNamed {
  id: string
  title: string
}

export function encodeNoteNamed(fact: NoteNamed): CborValue {
  return { id: fact.id, title: fact.title }
}

/** @returns undefined for a body that says nothing we understand: such an entry is kept and relayed, but changes no view */
export function decodeNoteNamed(body: CborValue | undefined): NoteNamed | undefined {
  if (!isCborMap(body)) return undefined
  const { id, title } = body
  if (typeof id !== 'string' || !isNoteId(id) || typeof title !== 'string') return undefined
  const cleaned = cleanTitle(title)
  return cleaned ? { id, title: cleaned } : undefined
}

export function encodeNoteRemoved(id: string): CborValue {
  return { id }
}

/** @returns undefined for a body that says nothing we understand */
export function decodeNoteRemoved(body: CborValue | undefined): string | undefined {
  const id = isCborMap(body) ? body.id : undefined
  return typeof id === 'string' && isNoteId(id) ? id : undefined
}

/** One line, no control or direction characters (they would let a title disguise another), at most `MAX_TITLE_CHARACTERS`. */
export function cleanTitle(text: string): string | undefined {
  const line = text
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
  const characters = Array.from(line)
  return characters.length === 0 ? undefined : characters.slice(0, MAX_TITLE_CHARACTERS).join('').trim()
}

/** A clientID of Yjs and whose it is. */
export type Author = readonly [clientId: number, owner: Uint8Array]

export interface NoteUpdate {
  updates: readonly Uint8Array[]
  /** ClientIDs that are new in these updates. Of two owners of one clientID the one in the earlier entry counts. */
  authors: readonly Author[]
  /** Set when `updates` is one part of a long update; its parts follow one another in the writer's log. */
  fragment?: { at: number; of: number }
}

export function encodeNoteUpdate(fact: NoteUpdate): CborValue {
  const body: { [key: string]: CborValue } = { updates: [...fact.updates] }
  if (fact.authors.length > 0) body.authors = fact.authors.map(([clientId, owner]) => [clientId, owner])
  if (fact.fragment) body.fragment = [fact.fragment.at, fact.fragment.of]
  return body
}

/** @returns undefined for a body that says nothing we understand */
export function decodeNoteUpdate(body: CborValue | undefined): NoteUpdate | undefined {
  if (!isCborMap(body)) return undefined
  const updates = body.updates
  const authors = body.authors ?? []
  if (!Array.isArray(updates) || updates.length > MAX_UPDATES_PER_ENTRY) return undefined
  if (!updates.every((update) => update instanceof Uint8Array)) return undefined
  if (!Array.isArray(authors) || authors.length > MAX_AUTHORS_PER_ENTRY) return undefined
  if (!authors.every(isAuthor)) return undefined
  if (body.fragment === undefined) return { updates, authors }
  const fragment = decodeFragment(body.fragment)
  return fragment && updates.length === 1 ? { updates, authors, fragment } : undefined
}

/** An update, and the stamp of the newest entry that it stands for. It has no authors: entries that name some stay as they are. */
export function encodeNoteMerged(updates: readonly Uint8Array[], last: Stamp): CborValue {
  return { updates: [...updates], last: [last.lamport, last.writer, last.number, last.index] }
}

/** @returns undefined for a body that says nothing we understand */
export function lastOfMerged(body: CborValue | undefined): Stamp | undefined {
  const last = isCborMap(body) ? body.last : undefined
  if (!Array.isArray(last) || last.length !== 4) return undefined
  const [lamport, writer, number, index] = last
  if (typeof writer !== 'string' || writer.length > MAX_WRITER_CHARACTERS) return undefined
  if (!isCount(lamport) || !isCount(number) || !isCount(index)) return undefined
  return { lamport, writer, number, index }
}

function isCount(value: CborValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function decodeFragment(value: CborValue): { at: number; of: number } | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [at, of] = value
  if (!Number.isInteger(at) || !Number.isInteger(of)) return undefined
  const fragment = { at: at as number, of: of as number }
  return fragment.at >= 0 && fragment.at < fragment.of && fragment.of <= MAX_FRAGMENTS ? fragment : undefined
}

function isAuthor(value: CborValue): value is [number, Uint8Array] {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [clientId, owner] = value
  return (
    Number.isSafeInteger(clientId) &&
    (clientId as number) >= 0 &&
    owner instanceof Uint8Array &&
    owner.length === OWNER_BYTES
  )
}
