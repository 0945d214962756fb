import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CborValue, encodeCbor, sameBytes } from '../../../protocols/cbor.ts'
import { comparePaths } from '../../../protocols/content-path.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import {
  authorBytes,
  decodeManifestRoot,
  encodeManifestRoot,
  MAX_AUTHORS,
  MAX_SHARD_BYTES,
  MAX_SHARD_LINES,
  type ManifestRoot
} from '../../../protocols/manifest.ts'

import { author, checkDecoder, cid, lamport, path, someCid } from './manifest-samples.ts'

describe('a root', () => {
  const shard = fc.record({
    first: path,
    cid,
    lines: fc.integer({ min: 1, max: MAX_SHARD_LINES }),
    sizeBytes: fc.integer({ min: 1, max: MAX_SHARD_BYTES })
  })
  const root: fc.Arbitrary<ManifestRoot> = fc
    .record({
      lamport,
      author,
      others: fc.array(fc.tuple(author, lamport), { maxLength: 3 }),
      shards: fc.uniqueArray(shard, { selector: (one) => one.first, maxLength: 8 })
    })
    .map(({ lamport, author, others, shards }) => ({
      collection: 'lessons',
      lamport,
      author,
      vector: new Map([...others.map(([name, known]) => [name, Math.min(known, lamport)] as const), [author, lamport]]),
      files: shards.length,
      sizeBytes: 12_345,
      shards: shards.sort((a, b) => comparePaths(a.first, b.first))
    }))

  test('gives back what it says', () => {
    fc.assert(
      fc.property(root, (one) => {
        expect(decodeManifestRoot(encodeManifestRoot(one))).toEqual({ ...one, vector: new Map([...one.vector].sort()) })
      }),
      { numRuns: 2_000 }
    )
  })

  test('is refused, with a code and nothing else, whatever the bytes are (100,000 inputs)', () => {
    const valid = fc.sample(root, { numRuns: 200, seed: 7 }).map(encodeManifestRoot)
    checkDecoder(valid, (bytes) => {
      expect(sameBytes(encodeManifestRoot(decodeManifestRoot(bytes)), bytes)).toBe(true)
    })
  })

  const some: ManifestRoot = {
    collection: 'lessons',
    lamport: 5,
    author: '00'.repeat(8),
    vector: new Map([['00'.repeat(8), 5]]),
    files: 0,
    sizeBytes: 0,
    shards: []
  }
  const ref = { first: 'a', cid: someCid(1), lines: 1, sizeBytes: 1 }
  const refused: [string, Partial<ManifestRoot>][] = [
    ['does not know itself', { vector: new Map() }],
    ['knows an older state of itself', { vector: new Map([['00'.repeat(8), 4]]) }],
    ['knows a later revision than itself', { vector: new Map([...some.vector, ['11'.repeat(8), 6]]) }],
    ['has shards out of order', { shards: [{ ...ref, first: 'b' }, ref] }],
    ['has a shard that begins outside', { shards: [{ ...ref, first: '../a' }] }],
    ['shows more files than it has lines', { files: 2, shards: [ref] }],
    ['has no name', { collection: '' }],
    ['has a name that leads out', { collection: '../x' }]
  ]
  for (const [what, change] of refused)
    test(`that ${what} is refused`, () =>
      expect(() => decodeManifestRoot(encodeManifestRoot({ ...some, ...change }))).toThrow(JoineryError))

  test('keeps its limit of authors: at it it is read, one past it neither written nor read', () => {
    const vector = (authors: number): ManifestRoot['vector'] =>
      new Map([
        ...some.vector,
        ...Array.from({ length: authors - 1 }, (_, i) => [(i + 1).toString(16).padStart(16, '0'), 1] as const)
      ])
    const most = encodeManifestRoot({ ...some, vector: vector(MAX_AUTHORS) })
    expect(decodeManifestRoot(most).vector.size).toBe(MAX_AUTHORS)
    expect(() => encodeManifestRoot({ ...some, vector: vector(MAX_AUTHORS + 1) })).toThrow(JoineryError)
    const pairs = [...vector(MAX_AUTHORS + 1)].sort().map(([name, known]): CborValue => [authorBytes(name), known])
    const past = encodeCbor([1, 'lessons', 5, authorBytes(some.author), pairs, 0, 0, []])
    expect(() => decodeManifestRoot(past)).toThrow(JoineryError)
  })
})
