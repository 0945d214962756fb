import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bitfield } from '../../../protocols/bitfield.ts'
import {
  decodeBlobHead,
  decodeBlobRequest,
  encodeBlobHead,
  encodeBlobRequest,
  MAX_ASKED_BYTES
} from '../../../protocols/blob-stream.ts'
import { encodeCbor } from '../../../protocols/cbor.ts'
import { cidOfDigest } from '../../../protocols/cid.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import {
  decodeInventory,
  encodeInventory,
  type InventoryMessage,
  MAX_CHANGES,
  MAX_INVENTORY_MESSAGE_BYTES,
  MAX_INVENTORY_PIECES,
  MAX_SHARD_BLOBS
} from '../../../protocols/inventory.ts'
import {
  decodePieceList,
  encodePieceList,
  MAX_BLOB_BYTES,
  PIECE_BYTES,
  pieceCount,
  pieceListBytes,
  pieceSpan,
  SMALL_BLOB_BYTES
} from '../../../protocols/piece-list.ts'

const RUNS = 100_000
const cid = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(cidOfDigest)
const digest = new Uint8Array(32).fill(9)
const bits = fc.array(fc.boolean(), { maxLength: 80 }).map((set) => {
  const field = new Bitfield(set.length)
  set.forEach((on, i) => {
    if (on) field.add(i)
  })
  return field
})
const places = fc.array(fc.nat(1000), { maxLength: 20 })
const request = fc.nat(2 ** 31)

const message: fc.Arbitrary<Exclude<InventoryMessage, { kind: 'unknown' }>> = fc.oneof(
  fc.record({ kind: fc.constant('shard' as const), shard: cid, bits }),
  fc.record({ kind: fc.constant('changed' as const), shard: cid, gained: places, lost: places }),
  fc.record({ kind: fc.constant('forget' as const), shard: cid }),
  fc.record({ kind: fc.constant('partial' as const), cid, bits }),
  fc.record({ kind: fc.constant('pieces' as const), cid, gained: places }),
  fc.record({ kind: fc.constant('ended' as const), cid }),
  fc.record({ kind: fc.constant('askKeep' as const), request, cid }),
  fc.record({ kind: fc.constant('keep' as const), request, keeps: fc.boolean() })
)

/** Anything, and valid messages with one byte changed, cut or added: what a broken or hostile peer sends. */
function hostile(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const mutated = fc.tuple(valid, fc.nat(), fc.nat(255), fc.nat(3)).map(([bytes, at, value, how]) => {
    const place = bytes.length === 0 ? 0 : at % bytes.length
    if (how === 0) return bytes.subarray(0, place)
    if (how === 1) return new Uint8Array([...bytes, value])
    const copy = bytes.slice()
    copy[place] = value
    return copy
  })
  return fc.oneof(fc.uint8Array({ maxLength: 100 }), mutated)
}

/** Gives a value that encodes to the same bytes again, or a JoineryError with one of two codes; nothing else. */
function decodesOrRefuses(
  decode: (bytes: Uint8Array) => unknown,
  encodeAgain: (value: never) => Uint8Array | undefined
) {
  return (bytes: Uint8Array): void => {
    let value: unknown
    try {
      value = decode(bytes)
    } catch (error) {
      if (error instanceof JoineryError && ['MALFORMED', 'TOO_LARGE'].includes(error.code)) return
      throw error
    }
    const again = encodeAgain(value as never)
    if (again && !Buffer.from(again).equals(bytes)) throw new Error('two encodings of one message')
  }
}

test('an inventory message that was encoded decodes to the same', () => {
  fc.assert(
    fc.property(message, (one) => {
      expect(decodeInventory(encodeInventory(one))).toEqual(one)
    }),
    { numRuns: 2000 }
  )
})

test('whatever bytes come as an inventory message, they decode or are refused', () => {
  const check = decodesOrRefuses(decodeInventory, (one: InventoryMessage) =>
    one.kind === 'unknown' ? undefined : encodeInventory(one)
  )
  fc.assert(fc.property(hostile(message.map(encodeInventory)), check), { numRuns: RUNS })
})

test('a message of a later kind is skipped', () => {
  expect(decodeInventory(encodeCbor([99, 'from the future']))).toEqual({ kind: 'unknown' })
})

test('inventory limits hold at the limit and refuse one past it', () => {
  const shard = cidOfDigest(digest)
  const full = { kind: 'shard' as const, shard, bits: new Bitfield(MAX_SHARD_BLOBS) }
  const bytes = encodeInventory(full)
  expect(bytes.length).toBeLessThanOrEqual(MAX_INVENTORY_MESSAGE_BYTES)
  expect(decodeInventory(bytes)).toEqual(full)
  expect(() => decodeInventory(encodeInventory({ ...full, bits: new Bitfield(MAX_SHARD_BLOBS + 1) }))).toThrow()
  const changes = (count: number) => encodeInventory({ kind: 'changed', shard, gained: Array(count).fill(1), lost: [] })
  expect(decodeInventory(changes(MAX_CHANGES)).kind).toBe('changed')
  expect(() => decodeInventory(changes(MAX_CHANGES + 1))).toThrow()
  const partial = (length: number) => encodeInventory({ kind: 'partial', cid: shard, bits: new Bitfield(length) })
  expect(decodeInventory(partial(MAX_INVENTORY_PIECES)).kind).toBe('partial')
  expect(() => decodeInventory(partial(MAX_INVENTORY_PIECES + 1))).toThrow()
  const far = (place: number) => encodeInventory({ kind: 'changed', shard, gained: [place], lost: [] })
  expect(decodeInventory(far(MAX_SHARD_BLOBS - 1)).kind).toBe('changed')
  expect(() => decodeInventory(far(MAX_SHARD_BLOBS))).toThrow()
})

const span = fc
  .tuple(cid, fc.nat(2 ** 31), fc.nat(MAX_ASKED_BYTES), fc.option(fc.stringMatching(/^[A-Za-z0-9-]{8,64}$/)))
  .map(([name, start, length, requestId]) => ({
    ...{ cid: name, start, end: start + length },
    ...(requestId !== null && { requestId })
  }))

test('whatever bytes come as a request for a blob, they decode or are refused', () => {
  fc.assert(fc.property(hostile(span.map(encodeBlobRequest)), decodesOrRefuses(decodeBlobRequest, encodeBlobRequest)), {
    numRuns: RUNS
  })
  fc.assert(
    fc.property(span, (one) => {
      expect(decodeBlobRequest(encodeBlobRequest(one))).toEqual(one)
    }),
    { numRuns: 1000 }
  )
})

test('a request for more than a piece or small blob is refused', () => {
  const ask = (length: number) => encodeBlobRequest({ cid: cidOfDigest(digest), start: 5, end: 5 + length })
  expect(decodeBlobRequest(ask(MAX_ASKED_BYTES)).start).toBe(5)
  expect(() => decodeBlobRequest(ask(MAX_ASKED_BYTES + 1))).toThrow()
  expect(() => decodeBlobRequest(encodeCbor([digest, 5, 4]))).toThrow()
  expect(() => decodeBlobRequest(encodeCbor([digest, -1, 4]))).toThrow()
  for (const id of ['1234567', '12345678\n', 'x'.repeat(65), 8])
    expect(() => decodeBlobRequest(encodeCbor([digest, 1, 4, id]))).toThrow()
  expect(() => decodeBlobRequest(encodeCbor([digest, 1, 4, '12345678', 1]))).toThrow()
})

test('whatever bytes come as the head of an answer, they decode or are refused', () => {
  const head = fc.oneof(
    fc.constant({ kind: 'bytes' as const }),
    fc.constant({ kind: 'busy' as const }),
    fc.constant({ kind: 'missing' as const }),
    bits.map((have) => ({ kind: 'missing' as const, have }))
  )
  fc.assert(fc.property(hostile(head.map(encodeBlobHead)), decodesOrRefuses(decodeBlobHead, encodeBlobHead)), {
    numRuns: RUNS
  })
})

test('whatever bytes come as a bitfield, they are taken as they are or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), fc.nat(100), (bytes, length) => {
      let field: Bitfield
      try {
        field = Bitfield.from(bytes, length)
      } catch (error) {
        expect(error).toBeInstanceOf(JoineryError)
        return
      }
      expect(field.bytes).toEqual(bytes)
      expect([...field].length).toBe(field.count)
      expect([...field].every((i) => i < length && field.has(i))).toBe(true)
    }),
    { numRuns: RUNS }
  )
})

test('a bitfield counts what was added and taken', () => {
  fc.assert(
    fc.property(fc.nat(70), fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -3, max: 75 }))), (length, steps) => {
      const field = new Bitfield(length)
      const model = new Set<number>()
      for (const [add, i] of steps) {
        const inside = i >= 0 && i < length
        expect(add ? field.add(i) : field.delete(i)).toBe(inside && model.has(i) !== add)
        if (inside && add) model.add(i)
        else model.delete(i)
      }
      expect([...field]).toEqual([...model].sort((a, b) => a - b))
      expect(field.count).toBe(model.size)
      expect(field.full).toBe(model.size === length)
    })
  )
})

test('pieces cover a blob once, without a gap', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.nat(20 * PIECE_BYTES),
        fc.constantFrom(0, 1, SMALL_BLOB_BYTES, SMALL_BLOB_BYTES + 1, 3 * PIECE_BYTES)
      ),
      (sizeBytes) => {
        let at = 0
        for (let i = 0; i < pieceCount(sizeBytes); i++) {
          const { start, end } = pieceSpan(sizeBytes, i)
          expect(start).toBe(at)
          expect(end - start).toBeLessThanOrEqual(SMALL_BLOB_BYTES)
          at = end
        }
        expect(at).toBe(sizeBytes)
      }
    )
  )
})

test('a piece list has exactly the length that its blob needs', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(12 * PIECE_BYTES), (bytes, sizeBytes) => {
      try {
        expect(decodePieceList(bytes, sizeBytes).count * 32).toBe(bytes.length)
        expect(bytes.length).toBe(pieceListBytes(sizeBytes))
      } catch (error) {
        if (!(error instanceof JoineryError)) throw error
        expect(bytes.length).not.toBe(pieceListBytes(sizeBytes))
      }
    }),
    { numRuns: RUNS }
  )
  expect(pieceListBytes(MAX_BLOB_BYTES)).toBe(SMALL_BLOB_BYTES)
  const list = encodePieceList(Array(pieceCount(MAX_BLOB_BYTES)).fill(digest))
  expect(decodePieceList(list, MAX_BLOB_BYTES).digest(65_535)).toEqual(digest)
  expect(() => decodePieceList(list, MAX_BLOB_BYTES + 1)).toThrow()
})
