/**
 * The entries of topic `room`: who came in, who was taken out, and what is set for each device. Bodies are CBOR maps.
 * A body that does not have this shape is ignored by the fold, never an error: a newer version may have written it.
 */
import { type CborValue, isCborMap } from './cbor.ts'
import { isBytes, isWhole, MAX_CHAIN_BYTES } from './certificate.ts'
import type { WriterId } from './journal.ts'
import type { NodeId, PeerProfile } from './message-stream.ts'
import { isNodeId } from './node-id.ts'

export const ROOM_TOPIC = 'room'
export const ROOM_FACT_VERSION = 1

/** A key of the members' ring. */
export interface RingKey {
  /** Grows with every *stolen*. */
  epoch: number
  /** 32 secret bytes (AES-256). */
  key: Uint8Array
}

export type Role = PeerProfile['role']

/** Writers that one removal can name: a node starts a process a few times a day. */
export const MAX_CUT_WRITERS = 10_000
/** Nodes and tokens that one removal can name. */
export const MAX_REMOVAL_NAMES = 1000
export const MAX_NAME_CHARACTERS = 64
const WRITER = /^[0-9a-f]{64}$/

/** Written by a device about itself when it came in. */
export interface JoinedFact {
  kind: 'joined'
  chain: Uint8Array
  name: string
  role: Role
}

/** Written by the member that let a device in. The uses of a token are counted over these. */
export interface AdmittedFact {
  kind: 'admitted'
  node: NodeId
  chain: Uint8Array
}

/** Written when an invitation is made, so that it can be listed and revoked. */
export interface InvitedFact {
  kind: 'invited'
  /** The token's public key in hex. */
  token: string
  /** What the person called it, such as "second shelf". */
  label: string
  uses: number | null
}

/** Takes an invitation back; devices that already used it stay. */
export interface RevokedFact {
  kind: 'revoked'
  token: string
  /** Members that came in with it, and who stay. */
  keeps: NodeId[]
}

/** Takes a device out of the room for ever; it can come back only with a new key. */
export interface RemovedFact {
  kind: 'removed'
  node: NodeId
  /** Each writer's last accepted batch; of a writer that is not named nothing counts. */
  cuts: Map<WriterId, number>
  stolen: boolean
  /** Tokens that the device knew, in hex: no longer good for newcomers. */
  tokens: string[]
  /** Members whose own certificate comes from the device or from these tokens, and who stay. */
  keeps: NodeId[]
}

/** One value of one setting of one device; the highest stamp wins. */
export interface NodeSettingFact {
  kind: 'node-setting'
  node: NodeId
  setting: NodeSetting
  value: string | number | boolean
}

const NODE_SETTINGS = {
  name: 'string',
  /** Bytes that it offers for blobs. */
  capacityBytes: 'number',
  /** Is being emptied, to be moved off. */
  drained: 'boolean',
  /** Its copies count although it is a laptop, a stick or a cloud peer. */
  countsAsCopy: 'boolean'
} as const
export type NodeSetting = keyof typeof NODE_SETTINGS

/** The room's own name; the highest stamp wins. */
export interface RoomNamedFact {
  kind: 'room-named'
  name: string
}

export type RoomFact =
  | JoinedFact
  | AdmittedFact
  | InvitedFact
  | RevokedFact
  | RemovedFact
  | NodeSettingFact
  | RoomNamedFact

/** Kinds that a node must understand before it may admit, evict or decide. */
export const CRITICAL_ROOM_KINDS: ReadonlySet<RoomFact['kind']> = new Set(['joined', 'admitted', 'removed', 'revoked'])

export function encodeRoomFact(fact: RoomFact): CborValue {
  const { kind: _, ...rest } = fact
  if (fact.kind !== 'removed') return rest as { [key: string]: CborValue }
  return { ...rest, cuts: Object.fromEntries(fact.cuts) } as { [key: string]: CborValue }
}

/** Undefined for a body that does not have the shape of its kind, and for kinds that we do not know. */
export function decodeRoomFact(kind: string, body: CborValue | undefined): RoomFact | undefined {
  if (!isCborMap(body)) return undefined
  switch (kind) {
    case 'joined': {
      const { chain, name, role } = body
      if (!isChainBytes(chain) || !isName(name) || !isRole(role)) return undefined
      return { kind, chain, name, role }
    }
    case 'admitted': {
      const { node, chain } = body
      return isNode(node) && isChainBytes(chain) ? { kind, node, chain } : undefined
    }
    case 'invited': {
      const { token, label, uses } = body
      if (!isToken(token) || !isName(label) || (uses !== null && !isWhole(uses, 1, 2 ** 32))) return undefined
      return { kind, token, label, uses }
    }
    case 'revoked': {
      const { token, keeps } = body
      return isToken(token) && isNodeList(keeps) ? { kind, token, keeps } : undefined
    }
    case 'removed':
      return removedFromCbor(body)
    case 'node-setting': {
      const { node, setting, value } = body
      if (!isNode(node) || typeof setting !== 'string' || !Object.hasOwn(NODE_SETTINGS, setting)) return undefined
      return isSettingValue(setting as NodeSetting, value)
        ? { kind, node, setting: setting as NodeSetting, value }
        : undefined
    }
    case 'room-named':
      return isName(body.name) ? { kind, name: body.name } : undefined
    default:
      return undefined
  }
}

function removedFromCbor(body: { [key: string]: CborValue }): RemovedFact | undefined {
  const { node, cuts, stolen, tokens, keeps } = body
  if (!isNode(node) || typeof stolen !== 'boolean') return undefined
  if (!isCborMap(cuts)) return undefined
  const named = Object.entries(cuts)
  if (named.length > MAX_CUT_WRITERS) return undefined
  if (!named.every(([writer, number]) => WRITER.test(writer) && isWhole(number, 0, Number.MAX_SAFE_INTEGER))) {
    return undefined
  }
  if (!Array.isArray(tokens) || tokens.length > MAX_REMOVAL_NAMES || !tokens.every(isToken)) return undefined
  if (!isNodeList(keeps)) return undefined
  return { kind: 'removed', node, cuts: new Map(named as [string, number][]), stolen, tokens, keeps }
}

function isSettingValue(setting: NodeSetting, value: unknown): value is string | number | boolean {
  if (setting === 'name') return isName(value)
  if (setting === 'capacityBytes') return isWhole(value, 0, Number.MAX_SAFE_INTEGER)
  return typeof value === 'boolean'
}

export function isRole(value: unknown): value is Role {
  return value === 'node' || value === 'laptop' || value === 'cloud'
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_NAME_CHARACTERS && !/\p{Cc}/u.test(value)
}

function isNode(value: unknown): value is NodeId {
  return typeof value === 'string' && isNodeId(value)
}

function isNodeList(value: unknown): value is NodeId[] {
  return Array.isArray(value) && value.length <= MAX_REMOVAL_NAMES && value.every(isNode)
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && WRITER.test(value)
}

function isChainBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length <= MAX_CHAIN_BYTES && !isBytes(value, 0)
}
