import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_BATCH_BYTES } from '../../../protocols/batch.ts'
import { sameBytes } from '../../../protocols/cbor.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import {
  decodeSyncMessage,
  encodeSyncMessage,
  MAX_BATCHES_PER_MESSAGE,
  MAX_RANGES,
  MAX_ROWS,
  MAX_SYNC_MESSAGE_BYTES,
  MAX_TIPS,
  SHORT_HASH_BYTES,
  type SyncMessage
} from '../../../protocols/journal-sync.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const number = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const buckets = fc.uniqueArray(fc.nat(255), { maxLength: 20 }).map((list) => list.sort((a, b) => a - b))
const tip = fc.record({ number, hash: bytes(16) })
const message: fc.Arbitrary<SyncMessage> = fc.oneof(
  fc.record({ type: fc.constantFrom('digest' as const, 'same' as const), root: bytes(32) }),
  buckets.chain((list) =>
    fc.tuple(...list.map((bucket) => bytes(16).map((hash) => ({ bucket, hash })))).map((found) => ({
      type: 'buckets' as const,
      buckets: found
    }))
  ),
  fc.record({
    type: fc.constant('rows' as const),
    answer: fc.boolean(),
    buckets,
    rows: fc.array(fc.record({ writer: bytes(32), tips: fc.array(tip, { minLength: 1, maxLength: 8 }) }), {
      maxLength: 5
    })
  }),
  fc.record({
    type: fc.constant('request' as const),
    id: fc.maxSafeNat(),
    ranges: fc.array(
      fc
        .record({ writer: bytes(32), from: number, to: fc.option(number) })
        .map(({ writer, from, to }) => ({ writer, from, to: to === null ? null : Math.max(from, to) })),
      { maxLength: 5 }
    )
  }),
  fc.record({
    type: fc.constant('batches' as const),
    batches: fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 })
  }),
  fc.record({ type: fc.constant('done' as const), id: fc.maxSafeNat() }),
  fc.record({
    type: fc.constant('have' as const),
    rows: fc.array(fc.record({ writer: bytes(32), number }), { maxLength: 5 })
  })
)

/** Without Node's own kind of bytes, so that equal bytes are equal. */
const plain = (encoded: Uint8Array): Uint8Array => new Uint8Array(encoded)

const code = (work: () => unknown): string => {
  try {
    work()
    return 'fine'
  } catch (error) {
    if (!(error instanceof JoineryError)) throw error
    return error.code
  }
}

/** Anything but a clean refusal fails the property. */
function refusesOrAccepts(decode: () => unknown): void {
  if (!['fine', 'MALFORMED', 'TOO_LARGE'].includes(code(decode))) throw new Error(`refused with ${code(decode)}`)
}

describe('a message of the exchange', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodeSyncMessage(plain(encodeSyncMessage(sent)))).toEqual(sent)
      }),
      {
        numRuns: 3000
      }
    )
  })

  it('has the bytes that it always had', () => {
    const hex = (sent: SyncMessage): string => Buffer.from(encodeSyncMessage(sent)).toString('hex')
    const writer = new Uint8Array(32).fill(3)
    expect(hex({ type: 'done', id: 7 })).toBe('820607')
    expect(hex({ type: 'request', id: 1, ranges: [{ writer, from: 2, to: null }] })).toBe(
      `83040181835820${'03'.repeat(32)}02f6`
    )
    expect(hex({ type: 'have', rows: [{ writer, number: 300 }] })).toBe(`82078182${'5820'}${'03'.repeat(32)}19012c`)
    expect(hex({ type: 'digest', root: writer })).toBe(`82015820${'03'.repeat(32)}`)
  })

  it('is refused when malformed, and never crashes the decoder: 100,000 inputs', () => {
    const damaged = fc.tuple(
      message,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
      fc.nat()
    )
    fc.assert(
      fc.property(damaged, ([sent, changes, cut]) => {
        const copy = plain(encodeSyncMessage(sent))
        for (const [at, value] of changes) copy[at % copy.length] = value
        const shown = cut % 3 === 0 ? copy.subarray(0, cut % copy.length) : copy
        refusesOrAccepts(() => {
          if (!sameBytes(encodeSyncMessage(decodeSyncMessage(shown)), shown))
            throw new Error('two encodings of one message')
        })
      }),
      { numRuns: 60_000 }
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (shown) => {
        refusesOrAccepts(() => decodeSyncMessage(shown))
      }),
      { numRuns: 40_000 }
    )
  })

  const writer = new Uint8Array(32)
  const rows = (count: number): SyncMessage => ({
    type: 'have',
    rows: Array.from({ length: count }, () => ({ writer, number: 1 }))
  })
  const ranges = (count: number): SyncMessage => ({
    type: 'request',
    id: 1,
    ranges: Array.from({ length: count }, () => ({ writer, from: 1, to: 1 }))
  })
  const tips = (count: number): SyncMessage => ({
    type: 'rows',
    answer: false,
    buckets: [],
    rows: [
      { writer, tips: Array.from({ length: count }, () => ({ number: 1, hash: new Uint8Array(SHORT_HASH_BYTES) })) }
    ]
  })
  const batches = (count: number): SyncMessage => ({
    type: 'batches',
    batches: Array.from({ length: count }, () => new Uint8Array(1))
  })
  it.each([
    ['rows', rows(MAX_ROWS), rows(MAX_ROWS + 1)],
    ['ranges', ranges(MAX_RANGES), ranges(MAX_RANGES + 1)],
    ['tips', tips(MAX_TIPS), tips(MAX_TIPS + 1)],
    ['batches', batches(MAX_BATCHES_PER_MESSAGE), batches(MAX_BATCHES_PER_MESSAGE + 1)]
  ])('takes so many %s and refuses one more', (_, fits, exceeds) => {
    expect(code(() => decodeSyncMessage(encodeSyncMessage(fits)))).toBe('fine')
    expect(code(() => decodeSyncMessage(encodeSyncMessage(exceeds)))).toBe('TOO_LARGE')
  })

  it('carries the greatest batch, and is refused unread when longer', () => {
    const greatest: SyncMessage = { type: 'batches', batches: [new Uint8Array(MAX_BATCH_BYTES)] }
    expect(code(() => decodeSyncMessage(encodeSyncMessage(greatest)))).toBe('fine')
    expect(code(() => decodeSyncMessage(new Uint8Array(MAX_SYNC_MESSAGE_BYTES + 1)))).toBe('TOO_LARGE')
  })
})
