/**
 * The entries of topic `cloud`: which cloud peers the room is to have. For nodes only, since a link carries a secret. What a cloud peer itself
 * writes here counts for nothing.
 */
import { type CborValue, isCborMap } from './cbor.ts'
import { isBytes, isWhole } from './certificate.ts'
import { areAddresses, CLOUD_SECRET_BYTES } from './cloud-link.ts'
import type { NewEntry } from './journal.ts'
import type { NodeId } from './message-stream.ts'
import { isNodeId } from './node-id.ts'

export const CLOUD_TOPIC = 'cloud'
export const CLOUD_FACT_VERSION = 1

/** Names a count of what was used; 8 random bytes. */
export const CLOUD_COUNT_BYTES = 8
/** Of facts that were written before counts had names. */
const FIRST_COUNT = new Uint8Array(CLOUD_COUNT_BYTES)

/** The room is to be linked with this cloud peer; whoever reaches it first carries it out. */
export interface CloudLinkedFact {
  kind: 'cloud-linked'
  node: NodeId
  addresses: string[]
  secret: Uint8Array
  /** Of each device's own uplink, for files, since `count` began; null: no limit. */
  budgetBytes: number | null
  /** After so long of exchanging files a device stops; null: no limit. */
  budgetMinutes: number | null
  /** Each device counts what it used; with another count it begins at nothing again. */
  count: Uint8Array
}

/** The room is not to be linked with it any more, until somebody links it again. */
export interface CloudUnlinkedFact {
  kind: 'cloud-unlinked'
  node: NodeId
}

export type CloudFact = CloudLinkedFact | CloudUnlinkedFact

export function cloudEntry(fact: CloudFact): NewEntry {
  const { kind, ...body } = fact
  return {
    topic: CLOUD_TOPIC,
    kind,
    version: CLOUD_FACT_VERSION,
    critical: false,
    audience: 'nodes',
    body: body as { [key: string]: CborValue }
  }
}

/** Undefined for a body that does not have the shape of its kind, and for kinds that we do not know. */
export function decodeCloudFact(kind: string, body: CborValue | undefined): CloudFact | undefined {
  if (!isCborMap(body)) return undefined
  const { node, addresses, secret, budgetBytes, budgetMinutes, count = FIRST_COUNT } = body
  if (typeof node !== 'string' || !isNodeId(node)) return undefined
  if (kind === 'cloud-unlinked') return { kind, node }
  if (kind !== 'cloud-linked' || !areAddresses(addresses) || !isBytes(secret, CLOUD_SECRET_BYTES)) return undefined
  if (!isBudget(budgetBytes) || !isBudget(budgetMinutes)) return undefined
  if (!isBytes(count, CLOUD_COUNT_BYTES)) return undefined
  return { kind, node, addresses, secret, budgetBytes, budgetMinutes, count }
}

function isBudget(value: CborValue | undefined): value is number | null {
  return value === null || isWhole(value, 0, Number.MAX_SAFE_INTEGER)
}
