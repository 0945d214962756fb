/**
 * Facts of the journal's topic `collections`: which manifest is a collection's newest (`head`) and how many copies its files
 * should have (`policy`). Decoding never throws for what another device wrote: what is not understood is undefined.
 */
import { type CborValue, isCborMap } from './cbor.ts'
import { type Cid, cidOfDigest, DIGEST_BYTES, digestOfCid } from './cid.ts'
import type { BlobRef, PlacementPolicy } from './content.ts'
import { isCollectionName, MAX_PATH_BYTES, pathFault } from './content-path.ts'
import type { Entry, NewEntry } from './journal.ts'
import { type Author, authorBytes, authorOf, MAX_LAMPORT, MAX_LINES, MAX_ROOT_BYTES } from './manifest.ts'

export const COLLECTIONS_TOPIC = 'collections'
const FACT_VERSION = 1
/** What a program that has this file understands: kinds with their highest version. */
export const COLLECTION_KINDS: readonly (readonly [kind: string, version: number])[] = [
  ['head', FACT_VERSION],
  ['policy', FACT_VERSION]
]
/** Heads that were open at once: as many sides as a room of 60 could fall into. */
export const MAX_PARENTS = 64
/** Shown in a list; such as the name of a folder. */
export const MAX_LABEL_CHARACTERS = 200
/** More copies than a campus has devices. */
export const MAX_COPIES = 255

export type HeadAction = 'import' | 'remove' | 'rollback'
const ACTIONS: readonly string[] = ['import', 'remove', 'rollback'] satisfies HeadAction[]

/** Says that a manifest replaces its parents. */
export interface HeadFact {
  collection: string
  manifest: BlobRef
  /** Manifests whose content it has taken in. */
  parents: Cid[]
  /** As in the manifest, for those who have not fetched it. */
  lamport: number
  author: Author
  action: HeadAction
  label: string
  /** For showing only. */
  wallMs: number
  files: number
  sizeBytes: number
}

/** A register per collection and prefix; `policy` undefined returns to the standard. */
export interface PolicyFact {
  collection: string
  /** A file, a folder with or without its last `/`, or '' for the whole collection. */
  prefix: string
  policy: PlacementPolicy | undefined
}

export function headEntry(head: HeadFact): NewEntry {
  const body = {
    collection: head.collection,
    manifest: digestOfCid(head.manifest.cid),
    manifestBytes: head.manifest.sizeBytes,
    parents: head.parents.map(digestOfCid),
    lamport: head.lamport,
    author: authorBytes(head.author),
    action: head.action,
    label: head.label,
    wallMs: Math.max(0, Math.floor(head.wallMs)),
    files: head.files,
    sizeBytes: head.sizeBytes
  }
  // Who does not know what a collection holds must not throw its files away.
  return { topic: COLLECTIONS_TOPIC, kind: 'head', version: FACT_VERSION, critical: true, audience: 'public', body }
}

export function readHead(entry: Pick<NewEntry | Entry, 'kind' | 'version' | 'body'>): HeadFact | undefined {
  if (entry.kind !== 'head' || entry.version !== FACT_VERSION || !isCborMap(entry.body)) return undefined
  const { collection, manifest, manifestBytes, parents, lamport, author, action, label, wallMs, files, sizeBytes } =
    entry.body
  if (typeof collection !== 'string' || !isCollectionName(collection) || !isDigest(manifest)) return undefined
  if (!isCount(manifestBytes, 1, MAX_ROOT_BYTES) || !isCount(lamport, 1, MAX_LAMPORT)) return undefined
  if (!Array.isArray(parents) || parents.length > MAX_PARENTS || !parents.every((parent) => isDigest(parent)))
    return undefined
  if (typeof action !== 'string' || !ACTIONS.includes(action)) return undefined
  if (typeof label !== 'string' || label.length > MAX_LABEL_CHARACTERS) return undefined
  if (!isCount(wallMs, 0, Number.MAX_SAFE_INTEGER) || !isCount(files, 0, MAX_LINES)) return undefined
  if (!isCount(sizeBytes, 0, Number.MAX_SAFE_INTEGER) || !isDigest(author, 8)) return undefined
  const cid = cidOfDigest(manifest)
  return {
    collection,
    manifest: { cid, sizeBytes: manifestBytes },
    parents: [...new Set(parents.map(cidOfDigest))].filter((parent) => parent !== cid),
    lamport,
    author: authorOf(author),
    action: action as HeadAction,
    label,
    wallMs,
    files,
    sizeBytes
  }
}

export function policyEntry({ collection, prefix, policy }: PolicyFact): NewEntry {
  const body = { collection, prefix, policy: policy ? policyBody(policy) : null }
  return { topic: COLLECTIONS_TOPIC, kind: 'policy', version: FACT_VERSION, critical: true, audience: 'public', body }
}

function policyBody(policy: PlacementPolicy): CborValue {
  return policy.kind === 'copies' ? policy.copies : policy.kind
}

export function readPolicy(entry: Pick<NewEntry | Entry, 'kind' | 'version' | 'body'>): PolicyFact | undefined {
  if (entry.kind !== 'policy' || entry.version !== FACT_VERSION || !isCborMap(entry.body)) return undefined
  const { collection, prefix, policy } = entry.body
  if (typeof collection !== 'string' || !isCollectionName(collection)) return undefined
  if (typeof prefix !== 'string' || !isPrefix(prefix)) return undefined
  if (policy === null) return { collection, prefix, policy: undefined }
  if (policy === 'everywhere' || policy === 'on-demand') return { collection, prefix, policy: { kind: policy } }
  if (isCount(policy, 1, MAX_COPIES)) return { collection, prefix, policy: { kind: 'copies', copies: policy } }
  return undefined
}

/** Fit to be the prefix of a policy, or to name what is to be removed. */
export function isPrefix(prefix: string): boolean {
  if (prefix === '') return true
  if (prefix.length > MAX_PATH_BYTES) return false
  return pathFault(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix) === undefined
}

export function prefixCovers(prefix: string, path: string): boolean {
  return prefix === '' || prefix === path || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}

function isDigest(value: CborValue | undefined, length: number = DIGEST_BYTES): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length
}

function isCount(value: CborValue | undefined, least: number, most: number): value is number {
  return (
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most && !Object.is(value, -0)
  )
}
