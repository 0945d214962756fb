/** Manifests to test with: arbitrary ones, and good ones spoiled in every way. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { type CborValue, encodeCbor } from '../../../protocols/cbor.ts'
import { type Cid, cidOfDigest, digestOfCid } from '../../../protocols/cid.ts'
import { comparePaths } from '../../../protocols/content-path.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { authorBytes, MAX_LAMPORT } from '../../../protocols/manifest.ts'
import {
  encodeLine,
  type LineVersion,
  type ManifestLine,
  type ManifestShard,
  orderVersions,
  ShardBuilder
} from '../../../protocols/manifest-shard.ts'
import { MAX_BLOB_BYTES, SMALL_BLOB_BYTES } from '../../../protocols/piece-list.ts'

export const utf8 = new TextEncoder()
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
export const cid = digest.map(cidOfDigest)
export const author = fc.constantFrom('0000000000000001', 'a0b1c2d3e4f50617', 'ffffffffffffffff')
export const lamport = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: MAX_LAMPORT }))
const details = fc.oneof(
  { weight: 3, arbitrary: fc.constant<{ [key: string]: CborValue }>({}) },
  {
    weight: 1,
    arbitrary: fc.dictionary(
      fc.constantFrom('project', 'version', 'kind'),
      fc.oneof(
        fc.string().filter((text) => text !== '__proto__'),
        fc.integer(),
        digest
      ),
      { noNullPrototype: true }
    )
  }
)
const file = fc
  .record({
    cid,
    pieces: cid,
    sizeBytes: fc.oneof(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: 0, max: MAX_BLOB_BYTES })),
    details
  })
  .map(({ pieces, ...rest }) => (rest.sizeBytes > SMALL_BLOB_BYTES ? { ...rest, pieces } : rest))
const version: fc.Arbitrary<LineVersion> = fc.record({
  lamport,
  author,
  file: fc.option(file, { nil: undefined })
})
const versions = fc.array(version, { minLength: 1, maxLength: 4 }).map(orderVersions)
export const path = fc
  .array(fc.constantFrom('a', 'b', 'lesson', 'fig', 'é', '文', '\u{1f331}'), { minLength: 1, maxLength: 5 })
  .map((all) => all.join('/'))
export const lines = fc
  .uniqueArray(fc.record({ path, versions }), { selector: (line) => line.path, minLength: 1, maxLength: 12 })
  .map(sorted)

export function sorted(all: ManifestLine[]): ManifestLine[] {
  return all.sort((a, b) => comparePaths(a.path, b.path))
}

export function shardsOf(all: readonly ManifestLine[]): Uint8Array[] {
  const builder = new ShardBuilder()
  const shards = all.map((line) => builder.add(utf8.encode(line.path), encodeLine(line)))
  return [...shards, builder.end()].filter((shard) => shard !== undefined)
}

export function linesOf(shard: ManifestShard): ManifestLine[] {
  return Array.from({ length: shard.lines }, (_, i) => shard.line(i))
}

/** Every byte flipped, cut and swapped, lengths that lie, and noise: nothing but a JoineryError may come out. */
export function checkDecoder(valid: readonly Uint8Array[], decode: (bytes: Uint8Array) => void): void {
  const seeds = valid.length
  let accepted = 0
  const input = fc.tuple(fc.nat(seeds - 1), fc.nat(), fc.nat(), fc.nat(255), fc.nat(5))
  fc.assert(
    fc.property(input, ([which, at, length, value, how]) => {
      const bytes = mutate(valid[which] as Uint8Array, { at, length, value, how })
      try {
        decode(bytes)
        accepted++
      } catch (error) {
        if (!(error instanceof JoineryError)) throw error
      }
    }),
    { numRuns: 90_000 }
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => decode(bytes)).toThrow(JoineryError)
    }),
    { numRuns: 10_000 }
  )
  // Some changes only make another record of it.
  expect(accepted).toBeGreaterThan(100)
}

function mutate(
  bytes: Uint8Array,
  { at, length, value, how }: { at: number; length: number; value: number; how: number }
): Uint8Array {
  const start = at % bytes.length
  const changed = Uint8Array.from(bytes)
  if (how === 0) changed[start] = value
  else if (how === 1) changed[start] = (changed[start] ?? 0) ^ (1 << (value % 8))
  else if (how === 2) return changed.subarray(0, start)
  else if (how === 3) changed.copyWithin(start, length % bytes.length)
  else if (how === 4) changed.fill(value, start, Math.min(bytes.length, start + (length % 9)))
  else return Uint8Array.of(...changed.subarray(0, start), ...changed.subarray(length % bytes.length))
  return changed
}

export function shardOf(all: readonly ManifestLine[]): Uint8Array {
  return encodeCbor([1, all.map(asCbor)])
}

export function asCbor({ path, versions }: ManifestLine): CborValue {
  return [
    path,
    ...versions.map(({ lamport, author, file }): CborValue => {
      if (!file) return [lamport, authorBytes(author)]
      const pieces = file.pieces ? digestOfCid(file.pieces) : null
      return [lamport, authorBytes(author), digestOfCid(file.cid), file.sizeBytes, pieces, file.details]
    })
  ]
}

export function fileLine(
  path: string,
  sizeBytes: number,
  pieces: Cid | undefined,
  details: { [key: string]: CborValue } = {}
): ManifestLine {
  const file = { cid: someCid(sizeBytes), sizeBytes, details, ...(pieces ? { pieces } : {}) }
  return { path, versions: [{ lamport: 1, author: '00'.repeat(8), file }] }
}

export function someCid(number: number): Cid {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setFloat64(0, number)
  return cidOfDigest(bytes)
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
