/**
 * What the journal holds about hosted repositories: which there are in topic `repositories`, and what happened to the branches of each, and
 * which device decides, in topic `repo/<id>`.
 */
import { type CborValue, isCborMap } from './cbor.ts'
import type { ObjectId, RefName, RepositoryId } from './git.ts'
import { isObjectId, isRepositoryId, isRepositoryName, isVisibleRef } from './git-names.ts'
import type { NodeId } from './message-stream.ts'
import { isNodeId } from './node-id.ts'
import type { PersonId } from './people.ts'

export const REPOSITORIES_TOPIC = 'repositories'
const REPOSITORY_TOPIC_PREFIX = 'repo/'

export const REPOSITORY_MADE_KIND = 'repository-made'
export const COLLABORATOR_KIND = 'repository-collaborator'
export const REPOSITORY_REMOVED_KIND = 'repository-removed'
export const REFS_CHANGED_KIND = 'refs-changed'
export const HOME_CLAIMED_KIND = 'home-claimed'
export const GIT_FACT_VERSION = 1

/** As many as one push may have commands. */
export const MAX_CHANGES_PER_ENTRY = 256
/** Tips of others that one push can settle. */
export const MAX_COVERED_PER_ENTRY = 1_000
/** Commits that a push brings beside its tips, the newest: more are rare, and missing ones only cost a name of a branch too many. */
export const MAX_BROUGHT_PER_ENTRY = 200
/** What a push does away with: each branch's old value, and each tip that it covers. */
export const MAX_DROPPED_PER_ENTRY = MAX_CHANGES_PER_ENTRY + MAX_COVERED_PER_ENTRY
const MAX_EPOCH = 2 ** 40
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/

export function repositoryTopic(id: RepositoryId): string {
  return REPOSITORY_TOPIC_PREFIX + id
}

/** @returns undefined for every other topic */
export function repositoryOfTopic(topic: string): RepositoryId | undefined {
  if (!topic.startsWith(REPOSITORY_TOPIC_PREFIX)) return undefined
  const id = topic.slice(REPOSITORY_TOPIC_PREFIX.length)
  return isRepositoryId(id) ? id : undefined
}

/** Fit for the end of a branch's name: `pi-2`. @param name of a device, as a person wrote it */
export function deviceSlug(name: string): string {
  const slug = name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
    .replace(/^-+|-+$/g, '')
  return slug === '' ? 'device' : slug
}

export interface RepositoryMade {
  id: RepositoryId
  owner: PersonId
  name: string
}

export interface CollaboratorSet {
  id: RepositoryId
  person: PersonId
  may: boolean
}

/** A tip that a push took in or did away with, beside the one that it replaced. */
export interface Covered {
  ref: RefName
  object: ObjectId
}

export interface RefsChanged {
  changes: readonly { ref: RefName; old: ObjectId | undefined; new: ObjectId | undefined }[]
  covers: readonly Covered[]
  /** Commits that the new value of `ref` contains and that were in no branch here before, beside that value itself. */
  brings: readonly Covered[]
  /** Old or covered values that no new one contains (a forced push, a deletion): kept on every device, out of sight. */
  dropped: readonly ObjectId[]
  by: PersonId
  /** Of the home as the device knew it. */
  epoch: number
  /** `local`: decided by a device that could not reach the home. */
  side: 'home' | 'local'
  /** The deciding device's name as it stands in branch names. */
  from: string
}

export interface HomeClaimed {
  epoch: number
  node: NodeId
}

export function encodeRepositoryMade({ id, owner, name }: RepositoryMade): CborValue {
  return { id, owner, name }
}

export function decodeRepositoryMade(body: CborValue | undefined): RepositoryMade | undefined {
  if (!isCborMap(body)) return undefined
  const { id, owner, name } = body
  if (typeof id !== 'string' || typeof owner !== 'string' || typeof name !== 'string') return undefined
  return isRepositoryId(id) && isRepositoryId(owner) && isRepositoryName(name) ? { id, owner, name } : undefined
}

export function encodeCollaboratorSet({ id, person, may }: CollaboratorSet): CborValue {
  return { id, person, may }
}

export function decodeCollaboratorSet(body: CborValue | undefined): CollaboratorSet | undefined {
  if (!isCborMap(body)) return undefined
  const { id, person, may } = body
  if (typeof id !== 'string' || typeof person !== 'string' || typeof may !== 'boolean') return undefined
  return isRepositoryId(id) && isRepositoryId(person) ? { id, person, may } : undefined
}

export function encodeRepositoryRemoved(id: RepositoryId): CborValue {
  return { id }
}

export function decodeRepositoryRemoved(body: CborValue | undefined): RepositoryId | undefined {
  if (!isCborMap(body)) return undefined
  return typeof body.id === 'string' && isRepositoryId(body.id) ? body.id : undefined
}

export function encodeRefsChanged(fact: RefsChanged): CborValue {
  return {
    changes: fact.changes.map((change) => [change.ref, encodeObject(change.old), encodeObject(change.new)]),
    covers: fact.covers.map(encodeCovered),
    brings: fact.brings.map(encodeCovered),
    dropped: fact.dropped.map(encodeObject),
    by: fact.by,
    epoch: fact.epoch,
    side: fact.side,
    from: fact.from
  }
}

/** @returns undefined for a body that says nothing we understand: such an entry is kept and relayed, but changes no view */
export function decodeRefsChanged(body: CborValue | undefined): RefsChanged | undefined {
  if (!isCborMap(body)) return undefined
  const { changes, covers, brings, dropped, by, epoch, side, from } = body
  if (typeof by !== 'string' || !isRepositoryId(by) || typeof from !== 'string' || !SLUG.test(from)) return undefined
  if (side !== 'home' && side !== 'local') return undefined
  if (!isEpoch(epoch)) return undefined
  const readChanges = listOf(changes, MAX_CHANGES_PER_ENTRY, decodeChange)
  const readCovers = listOf(covers, MAX_COVERED_PER_ENTRY, decodeCovered)
  const readBrings = listOf(brings, MAX_BROUGHT_PER_ENTRY, decodeCovered)
  const readDropped = listOf(dropped, MAX_DROPPED_PER_ENTRY, decodeNamed)
  if (!readChanges || !readCovers || !readBrings || !readDropped || readChanges.length === 0) return undefined
  return { changes: readChanges, covers: readCovers, brings: readBrings, dropped: readDropped, by, epoch, side, from }
}

export function encodeHomeClaimed({ epoch, node }: HomeClaimed): CborValue {
  return { epoch, node }
}

export function decodeHomeClaimed(body: CborValue | undefined): HomeClaimed | undefined {
  if (!isCborMap(body)) return undefined
  const { epoch, node } = body
  if (!isEpoch(epoch) || typeof node !== 'string' || !isNodeId(node)) return undefined
  return { epoch, node }
}

function decodeChange(value: CborValue): RefsChanged['changes'][number] | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [ref, before, after] = value
  if (typeof ref !== 'string' || !isVisibleRef(ref)) return undefined
  const old = decodeObject(before)
  const now = decodeObject(after)
  return old === 'wrong' || now === 'wrong' ? undefined : { ref, old, new: now }
}

function decodeCovered(value: CborValue): Covered | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [ref, bytes] = value
  if (typeof ref !== 'string' || !isVisibleRef(ref)) return undefined
  const object = decodeNamed(bytes)
  return object === undefined ? undefined : { ref, object }
}

function decodeNamed(value: CborValue | undefined): ObjectId | undefined {
  const object = decodeObject(value)
  return object === 'wrong' ? undefined : object
}

function encodeCovered({ ref, object }: Covered): CborValue {
  return [ref, encodeObject(object)]
}

function encodeObject(object: ObjectId | undefined): CborValue {
  if (object === undefined) return null
  return Uint8Array.from({ length: object.length / 2 }, (_, at) =>
    Number.parseInt(object.slice(2 * at, 2 * at + 2), 16)
  )
}

function decodeObject(value: CborValue | undefined): ObjectId | undefined | 'wrong' {
  if (value === null) return undefined
  if (!(value instanceof Uint8Array) || value.length !== 20) return 'wrong'
  const object = Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return isObjectId(object) ? object : 'wrong'
}

function listOf<Item>(
  value: CborValue | undefined,
  most: number,
  decode: (item: CborValue) => Item | undefined
): Item[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined
  const items: Item[] = []
  for (const one of value) {
    const item = decode(one)
    if (item === undefined) return undefined
    items.push(item)
  }
  return items
}

function isEpoch(value: CborValue | undefined): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_EPOCH
}
