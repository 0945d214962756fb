/**
 * `/joinery/inventory/1`: who holds what. One long-lived stream per link, opened by the dialler, the same messages both ways.
 * A shard of a manifest has a bitfield, one bit per blob in the shard's order, keyed by the shard's CID: both sides read the same
 * shard or the bits are not used. After the first message of a shard only changes are sent. Bitfields of pieces are sent only
 * for blobs that are just being fetched. `askKeep` and `keep` are how a device makes sure, before it drops a copy, that another one stays.
 *
 * A message is one deterministic CBOR array that begins with its kind. A kind that we do not know is skipped: a later version
 * may add some.
 */
import { Bitfield } from './bitfield.ts'
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { type Cid, cidOfDigest, DIGEST_BYTES, digestOfCid } from './cid.ts'
import { JoineryError } from './errors.ts'

export const INVENTORY_PROTOCOL = '/joinery/inventory/1'
/** 8 times the blobs of a full CRAN and PyPI mirror of a class; 32 KiB of bits. */
export const MAX_SHARD_BLOBS = 262_144
/** As many pieces as the biggest blob has; 8 KiB of bits. */
export const MAX_INVENTORY_PIECES = 65_536
/** Changes in one message; with more of them the whole bitfield is shorter. */
export const MAX_CHANGES = 1024
/** The longest message is a full bitfield of a shard, with its head. */
export const MAX_INVENTORY_MESSAGE_BYTES = MAX_SHARD_BLOBS / 8 + 1024

export type InventoryMessage =
  | { kind: 'shard'; shard: Cid; bits: Bitfield }
  | { kind: 'changed'; shard: Cid; gained: number[]; lost: number[] }
  | { kind: 'forget'; shard: Cid }
  | { kind: 'partial'; cid: Cid; bits: Bitfield }
  | { kind: 'pieces'; cid: Cid; gained: number[] }
  | { kind: 'ended'; cid: Cid }
  | { kind: 'askKeep'; request: number; cid: Cid }
  | { kind: 'keep'; request: number; keeps: boolean }
  | { kind: 'unknown' }

const KIND = { shard: 1, changed: 2, forget: 3, partial: 4, pieces: 5, ended: 6, askKeep: 7, keep: 8 } as const

export function encodeInventory(message: Exclude<InventoryMessage, { kind: 'unknown' }>): Uint8Array {
  const kind = KIND[message.kind]
  switch (message.kind) {
    case 'shard':
      return encodeCbor([kind, digestOfCid(message.shard), message.bits.length, message.bits.bytes])
    case 'changed':
      return encodeCbor([kind, digestOfCid(message.shard), message.gained, message.lost])
    case 'partial':
      return encodeCbor([kind, digestOfCid(message.cid), message.bits.length, message.bits.bytes])
    case 'pieces':
      return encodeCbor([kind, digestOfCid(message.cid), message.gained])
    case 'forget':
      return encodeCbor([kind, digestOfCid(message.shard)])
    case 'ended':
      return encodeCbor([kind, digestOfCid(message.cid)])
    case 'askKeep':
      return encodeCbor([kind, message.request, digestOfCid(message.cid)])
    case 'keep':
      return encodeCbor([kind, message.request, message.keeps])
  }
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeInventory(bytes: Uint8Array): InventoryMessage {
  const value = decodeCbor(bytes, MAX_INVENTORY_MESSAGE_BYTES)
  if (!Array.isArray(value)) throw malformed()
  const [kind, a, b, c] = value
  if (typeof kind !== 'number') throw malformed()
  const wanted = LENGTHS[kind]
  if (wanted === undefined) return { kind: 'unknown' }
  if (value.length !== wanted) throw malformed()
  switch (kind) {
    case KIND.shard:
      return { kind: 'shard', shard: cidIn(a), bits: bitsIn(b, c, MAX_SHARD_BLOBS) }
    case KIND.changed:
      return {
        kind: 'changed',
        shard: cidIn(a),
        gained: numbersIn(b, MAX_SHARD_BLOBS),
        lost: numbersIn(c, MAX_SHARD_BLOBS)
      }
    case KIND.forget:
      return { kind: 'forget', shard: cidIn(a) }
    case KIND.partial:
      return { kind: 'partial', cid: cidIn(a), bits: bitsIn(b, c, MAX_INVENTORY_PIECES) }
    case KIND.pieces:
      return { kind: 'pieces', cid: cidIn(a), gained: numbersIn(b, MAX_INVENTORY_PIECES) }
    case KIND.ended:
      return { kind: 'ended', cid: cidIn(a) }
    case KIND.askKeep:
      return { kind: 'askKeep', request: numberIn(a, 2 ** 32), cid: cidIn(b) }
    default:
      if (typeof b !== 'boolean') throw malformed()
      return { kind: 'keep', request: numberIn(a, 2 ** 32), keeps: b }
  }
}

const LENGTHS: { [kind: number]: number } = {
  [KIND.shard]: 4,
  [KIND.changed]: 4,
  [KIND.forget]: 2,
  [KIND.partial]: 4,
  [KIND.pieces]: 3,
  [KIND.ended]: 2,
  [KIND.askKeep]: 3,
  [KIND.keep]: 3
}

function cidIn(value: CborValue | undefined): Cid {
  if (!(value instanceof Uint8Array) || value.length !== DIGEST_BYTES) throw malformed()
  return cidOfDigest(value)
}

function numberIn(value: CborValue | undefined, below: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= below) throw malformed()
  return value
}

function numbersIn(value: CborValue | undefined, below: number): number[] {
  if (!Array.isArray(value) || value.length > MAX_CHANGES) throw malformed()
  return value.map((one) => numberIn(one, below))
}

function bitsIn(length: CborValue | undefined, bytes: CborValue | undefined, maxLength: number): Bitfield {
  if (!(bytes instanceof Uint8Array)) throw malformed()
  return Bitfield.from(bytes, numberIn(length, maxLength + 1))
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not an inventory message')
}
