/** Bytes as an attacker would send them: noise, and valid messages with a few bytes changed, added, removed or repeated. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { JoineryError } from '../../../protocols/errors.ts'

/** What the issue asks for: each decoder sees so many inputs. */
export const INPUTS = 100_000

type Change = { at: number; kind: 'set' | 'insert' | 'delete' | 'repeat' | 'cut'; value: number }

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(4096),
  kind: fc.constantFrom('set', 'insert', 'delete', 'repeat', 'cut'),
  value: fc.oneof(fc.nat(255), fc.constantFrom(0x00, 0x1b, 0x5b, 0x7b, 0x9b, 0xbb, 0xf6, 0xff))
})

export function hostileBytes(valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const mutated = fc
    .tuple(fc.nat(valid.length - 1), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([which, changes]) => changes.reduce(applyChange, valid[which] as Uint8Array))
  return fc.oneof({ arbitrary: mutated, weight: 4 }, { arbitrary: fc.uint8Array({ maxLength: 80 }), weight: 1 })
}

function applyChange(bytes: Uint8Array, { at, kind, value }: Change): Uint8Array {
  const place = bytes.length === 0 ? 0 : at % bytes.length
  switch (kind) {
    case 'set': {
      const changed = bytes.slice()
      changed[place] = value
      return changed
    }
    case 'insert':
      return Uint8Array.of(...bytes.subarray(0, place), value, ...bytes.subarray(place))
    case 'delete':
      return Uint8Array.of(...bytes.subarray(0, place), ...bytes.subarray(place + 1))
    case 'repeat':
      return Uint8Array.of(
        ...bytes.subarray(0, place),
        ...bytes.subarray(place, place + (value % 16)),
        ...bytes.subarray(place)
      )
    case 'cut':
      return bytes.slice(0, place)
  }
}

/** Whatever comes, the decoder gives a value that encodes to the same bytes, or a JoineryError; each valid message passes. */
export function expectStrictDecoder<Value>(init: {
  valid: readonly Value[]
  encode(value: Value): Uint8Array
  decode(bytes: Uint8Array): Value
}): void {
  const { valid, encode, decode } = init
  const encoded = valid.map((value) => encode(value))
  for (const [i, bytes] of encoded.entries()) expect(decode(bytes)).toEqual(valid[i])
  let refused = 0
  fc.assert(
    fc.property(hostileBytes(encoded), (bytes) => {
      let value: Value
      try {
        value = decode(bytes)
      } catch (error) {
        if (!(error instanceof JoineryError)) throw error
        refused++
        return
      }
      if (Buffer.compare(encode(value), bytes) !== 0) throw new Error('accepted bytes that it would not write')
    }),
    { numRuns: INPUTS }
  )
  // A generator that never hits the decoder, or never misses, would prove nothing.
  expect(refused).toBeGreaterThan(INPUTS / 10)
}
