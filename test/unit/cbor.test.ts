/** The one decoder of everything on the wire and on the disk: one value has one encoding, and nothing that comes can cost more than it is long or reach a prototype. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CborValue, decodeCbor, encodeCbor, MAX_CBOR_DEPTH, sameBytes } from '../../protocols/cbor.ts'
import { hasCode } from '../../protocols/errors.ts'

const MOST_BYTES = 1_000_000
const from = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const word = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '__proto_', 'x__proto__')
)
const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: MAX_CBOR_DEPTH - 1, depthSize: 'small' },
    fc.oneof(fc.maxSafeInteger(), word, fc.boolean(), fc.constant(null), fc.uint8Array({ maxLength: 12 })),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      word.filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 5, noNullPrototype: true }
    )
  )
}))

/** Arrays in one another. */
const nested = (depth: number): Uint8Array => new Uint8Array([...new Array<number>(depth).fill(0x81), 0])

function refused(bytes: Uint8Array): void {
  expect(() => decodeCbor(bytes, MOST_BYTES), Buffer.from(bytes.subarray(0, 40)).toString('hex')).toThrow(
    expect.toSatisfy((error) => hasCode(error, 'MALFORMED'))
  )
}

describe('a record', () => {
  test('is read as it was written, whatever the words in it', () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(decodeCbor(encodeCbor(one), MOST_BYTES)).toEqual(one)
      }),
      { numRuns: 3_000 }
    )
  })

  test('may have the word __proto__ as a text: a person and a note may be called so', () => {
    for (const one of [
      '__proto__',
      ['__proto__'],
      { title: '__proto__' },
      { a: ['x', '__proto__'], b: 1 },
      [{ a: '__proto__' }, 1]
    ])
      expect(decodeCbor(encodeCbor(one), MOST_BYTES)).toEqual(one)
  })

  test('is never one with __proto__ as a key, however deep and however far behind', () => {
    const key = '695f5f70726f746f5f5f'
    // {"__proto__": 1}, {"a": 1, "__proto__": {"x": 1}}, [{…}], {"a": {…}}, {"a": "__proto__", "__proto__": 1}
    for (const hex of [
      `a1${key}01`,
      `a2616101${key}a1617801`,
      `81a1${key}01`,
      `a16161a1${key}01`,
      `a26161${key}${key}01`,
      `a1${key}f6`
    ])
      refused(from(hex))
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  test(`nests ${MAX_CBOR_DEPTH} deep and not one deeper, and a million brackets are not followed`, () => {
    expect(decodeCbor(nested(MAX_CBOR_DEPTH), MOST_BYTES)).toBeDefined()
    refused(nested(MAX_CBOR_DEPTH + 1))
    refused(nested(MOST_BYTES - 1))
  })

  test('longer than its format allows is refused unread', () => {
    const bytes = encodeCbor('x'.repeat(50))
    expect(decodeCbor(bytes, bytes.length)).toBeDefined()
    expect(() => decodeCbor(bytes, bytes.length - 1)).toThrow(expect.toSatisfy((error) => hasCode(error, 'TOO_LARGE')))
  })

  test.each([
    ['two equal keys', 'a2616101616102'],
    ['keys out of order', 'a2616201616101'],
    ['a number that is longer than it needs to be', '1801'],
    ['a length that is longer than it needs to be', '5801ff'],
    ['an indefinite length', '9f01ff'],
    ['a tag', 'c001'],
    ['undefined', 'f7'],
    ['not a number', 'f97e00'],
    ['infinity', 'f97c00'],
    ['bytes behind it', '0000'],
    ['nothing', ''],
    ['a length of four gigabytes', '5affffffff00'],
    ['a list of 2^53 items', '9b0020000000000000'],
    ['a map of four billion pairs', 'baffffffff6161'],
    ['a text that is no UTF-8', '62c328']
  ])('with %s is refused', (_what, hex) => refused(from(hex)))

  test('of 100,000 damaged ones each is refused, or is the only encoding of what it says', () => {
    const sound = fc.sample(value, 300).map(encodeCbor)
    const damaged = fc
      .tuple(fc.constantFrom(...sound), fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 }), fc.nat(220))
      .map(([one, changes, cut]) => {
        const bytes = one.slice(0, cut < 60 ? cut : undefined)
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 40 })), (bytes) => {
        let read: CborValue
        try {
          read = decodeCbor(bytes, MOST_BYTES)
        } catch (error) {
          expect(hasCode(error, 'MALFORMED')).toBe(true)
          return
        }
        expect(sameBytes(encodeCbor(read), bytes)).toBe(true)
      }),
      { numRuns: 100_000 }
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})
