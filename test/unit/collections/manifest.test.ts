import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CborValue, decodeCbor, encodeCbor, sameBytes } from '../../../protocols/cbor.ts'
import { type Cid, cidOfDigest, digestOfCid } from '../../../protocols/cid.ts'
import { comparePaths } from '../../../protocols/content-path.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import {
  authorBytes,
  decodeManifestRoot,
  encodeManifestRoot,
  MAX_LAMPORT,
  MAX_SHARD_BYTES,
  MAX_SHARD_LINES,
  type ManifestRoot,
  MEAN_SHARD_LINES
} from '../../../protocols/manifest.ts'
import {
  encodeLine,
  type LineVersion,
  MAX_DETAILS_BYTES,
  MAX_VERSIONS,
  type ManifestLine,
  ManifestShard,
  orderVersions,
  ShardBuilder,
  startsShard
} from '../../../protocols/manifest-shard.ts'
import { MAX_BLOB_BYTES, SMALL_BLOB_BYTES } from '../../../protocols/piece-list.ts'

const utf8 = new TextEncoder()
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
const cid = digest.map(cidOfDigest)
const author = fc.constantFrom('0000000000000001', 'a0b1c2d3e4f50617', 'ffffffffffffffff')
const lamport = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: MAX_LAMPORT }))
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
const version: fc.Arbitrary<LineVersion> = fc.record({ lamport, author, file: fc.option(file, { nil: undefined }) })
const versions = fc.array(version, { minLength: 1, maxLength: 4 }).map(orderVersions)
const path = fc
  .array(fc.constantFrom('a', 'b', 'lesson', 'fig', 'é', '文', '\u{1f331}'), { minLength: 1, maxLength: 5 })
  .map((all) => all.join('/'))
const lines = fc
  .uniqueArray(fc.record({ path, versions }), { selector: (line) => line.path, minLength: 1, maxLength: 12 })
  .map(sorted)

function sorted(all: ManifestLine[]): ManifestLine[] {
  return all.sort((a, b) => comparePaths(a.path, b.path))
}

function shardsOf(all: readonly ManifestLine[]): Uint8Array[] {
  const builder = new ShardBuilder()
  const shards = all.map((line) => builder.add(utf8.encode(line.path), encodeLine(line)))
  return [...shards, builder.end()].filter((shard) => shard !== undefined)
}

function linesOf(shard: ManifestShard): ManifestLine[] {
  return Array.from({ length: shard.lines }, (_, i) => shard.line(i))
}

describe('a shard', () => {
  test('gives back its lines, and is the deterministic CBOR of them', () => {
    fc.assert(
      fc.property(lines, (all) => {
        const shards = shardsOf(all)
        expect(shards.flatMap((bytes) => linesOf(ManifestShard.decode(bytes)))).toEqual(all)
        for (const bytes of shards) {
          const value = decodeCbor(bytes, MAX_SHARD_BYTES)
          expect(sameBytes(encodeCbor(value), bytes)).toBe(true)
          expect(value).toEqual([1, linesOf(ManifestShard.decode(bytes)).map(asCbor)])
        }
      }),
      { numRuns: 2_000 }
    )
  })

  test('finds what it holds, counts what it shows, and knows whom it names', () => {
    fc.assert(
      fc.property(lines, path, (all, other) => {
        for (const shard of shardsOf(all).map((bytes) => ManifestShard.decode(bytes))) {
          const held = linesOf(shard)
          held.forEach((line, i) => {
            expect(shard.lowerBound(utf8.encode(line.path))).toBe(i)
          })
          expect(shard.lowerBound(utf8.encode(other))).toBe(
            held.filter((line) => comparePaths(line.path, other) < 0).length
          )
          const shown = held.flatMap((line) => line.versions[0]?.file ?? [])
          expect(shard.files).toBe(shown.length)
          expect(shard.sizeBytes).toBe(shown.reduce((sum, one) => sum + one.sizeBytes, 0))
          const newest = new Map<string, number>()
          for (const one of held.flatMap((line) => line.versions))
            newest.set(one.author, Math.max(one.lamport, newest.get(one.author) ?? 0))
          expect(shard.isKnownTo(newest)).toBe(true)
          for (const [name, known] of newest)
            expect(shard.isKnownTo(new Map([...newest, [name, known - 1]]))).toBe(false)
        }
      }),
      { numRuns: 1_000 }
    )
  })

  test('is refused, with a code and nothing else, whatever the bytes are (100,000 inputs)', () => {
    const valid = fc.sample(lines, { numRuns: 200, seed: 7 }).flatMap(shardsOf)
    checkDecoder(valid, (bytes) => {
      const shard = ManifestShard.decode(bytes)
      // What is accepted is one encoding of what it says.
      expect(sameBytes(shardOf(linesOf(shard)), bytes)).toBe(true)
    })
  })

  const line = (path: string, more: Partial<LineVersion> = {}): ManifestLine => ({
    path,
    versions: [{ lamport: 1, author: '00'.repeat(8), file: undefined, ...more }]
  })
  const refused: [string, () => Uint8Array][] = [
    ['lines out of order', () => shardOf([line('b'), line('a')])],
    ['a path twice', () => shardOf([line('a'), line('a')])],
    ['no line', () => shardOf([])],
    ['a path that leads out', () => shardOf([line('../a')])],
    ['a path with a control character', () => shardOf([line('a\nb')])],
    ['a path that is not NFC', () => shardOf([line('e\u0301')])],
    ['lamport 0', () => shardOf([line('a', { lamport: 0 })])],
    ['a lamport past the limit', () => shardOf([line('a', { lamport: MAX_LAMPORT + 1 })])],
    [
      'versions out of order',
      () =>
        shardOf([
          {
            path: 'a',
            versions: [line('a').versions[0] as LineVersion, line('a', { lamport: 2 }).versions[0] as LineVersion]
          }
        ])
    ],
    ['a big file without a piece list', () => shardOf([fileLine('a', SMALL_BLOB_BYTES + 1, undefined)])],
    ['a small file with one', () => shardOf([fileLine('a', SMALL_BLOB_BYTES, someCid(1))])],
    ['a file past the limit', () => shardOf([fileLine('a', MAX_BLOB_BYTES + 1, someCid(1))])],
    ['bytes after it', () => Uint8Array.of(...shardOf([line('a')]), 0)]
  ]
  for (const [what, bytes] of refused)
    test(`with ${what} is refused`, () => expect(() => ManifestShard.decode(bytes())).toThrow(JoineryError))

  test('keeps its limits: at each it is accepted, one past it is not', () => {
    const many = Array.from({ length: MAX_SHARD_LINES + 1 }, (_, i) => line(String(i).padStart(5, '0')))
    expect(ManifestShard.decode(shardOf(many.slice(1))).lines).toBe(MAX_SHARD_LINES)
    expect(() => ManifestShard.decode(shardOf(many))).toThrow(JoineryError)
    const all = Array.from(
      { length: MAX_VERSIONS + 1 },
      (_, i) => line('a', { lamport: i + 1 }).versions[0] as LineVersion
    ).reverse()
    expect(orderVersions(all)).toHaveLength(MAX_VERSIONS)
    expect(ManifestShard.decode(shardOf([{ path: 'a', versions: all.slice(1) }])).line(0).versions).toHaveLength(
      MAX_VERSIONS
    )
    expect(() => ManifestShard.decode(shardOf([{ path: 'a', versions: all }]))).toThrow(JoineryError)
    const withDetails = (bytes: number): ManifestLine => ({
      ...fileLine('a', 1, undefined, { x: new Uint8Array(bytes) })
    })
    const heads = encodeCbor({ x: new Uint8Array(1000) }).length - 1000
    expect(ManifestShard.decode(shardOf([withDetails(MAX_DETAILS_BYTES - heads)])).lines).toBe(1)
    expect(() => encodeLine(withDetails(MAX_DETAILS_BYTES - heads + 1))).toThrow(JoineryError)
  })
})

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
})

describe('where shards end', () => {
  const collection = Array.from({ length: 20_000 }, (_, i) =>
    fileLine(`lesson-${String(i).padStart(6, '0')}/fig/a.png`, i, undefined)
  )
  const before = shardsOf(collection)

  test('lies near the mean', () => {
    expect(before.length).toBeGreaterThan(20_000 / MEAN_SHARD_LINES / 1.5)
    expect(before.length).toBeLessThan((20_000 / MEAN_SHARD_LINES) * 1.5)
  })

  test('does not move when a line changes, comes or goes: few shards are new', () => {
    const known = new Set(before.map(textOf))
    const news = (all: readonly ManifestLine[]): Uint8Array[] =>
      shardsOf(all).filter((shard) => !known.has(textOf(shard)))
    const at = 10_000
    const changed = collection.with(at, fileLine(collection[at]?.path ?? '', 77, undefined))
    expect(news(changed)).toHaveLength(1)
    expect(news(collection.toSpliced(at, 1)).length).toBeLessThanOrEqual(2)
    for (const path of ['aaa', 'lesson-010000/fig/b.png', 'zzz'])
      expect(news(sorted([...collection, fileLine(path, 1, undefined)])).length).toBeLessThanOrEqual(3)
  })

  test('is where the hash says or where a limit does, and never past one', () => {
    const packed = shardsOf(
      Array.from({ length: 200 }, (_, i) =>
        fileLine(String(i).padStart(3, '0'), 1, undefined, { x: new Uint8Array(12_000) })
      )
    )
    for (const bytes of packed) expect(bytes.length).toBeLessThanOrEqual(MAX_SHARD_BYTES)
    const unlucky = Array.from({ length: 200_000 }, (_, i) => String(i).padStart(6, '0')).filter(
      (one) => !startsShard(utf8.encode(one))
    )
    const full = shardsOf(unlucky.slice(0, MAX_SHARD_LINES + 1).map((one) => fileLine(one, 1, undefined)))
    expect(full.map((bytes) => ManifestShard.decode(bytes).lines)).toEqual([MAX_SHARD_LINES, 1])
  })
})

/** Every byte flipped, cut and swapped, lengths that lie, and noise: nothing but a JoineryError may come out. */
function checkDecoder(valid: readonly Uint8Array[], decode: (bytes: Uint8Array) => void): void {
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

function shardOf(all: readonly ManifestLine[]): Uint8Array {
  return encodeCbor([1, all.map(asCbor)])
}

function asCbor({ path, versions }: ManifestLine): CborValue {
  return [
    path,
    ...versions.map(({ lamport, author, file }): CborValue => {
      if (!file) return [lamport, authorBytes(author)]
      const pieces = file.pieces ? digestOfCid(file.pieces) : null
      return [lamport, authorBytes(author), digestOfCid(file.cid), file.sizeBytes, pieces, file.details]
    })
  ]
}

function fileLine(
  path: string,
  sizeBytes: number,
  pieces: Cid | undefined,
  details: { [key: string]: CborValue } = {}
): ManifestLine {
  const file = { cid: someCid(sizeBytes), sizeBytes, details, ...(pieces ? { pieces } : {}) }
  return { path, versions: [{ lamport: 1, author: '00'.repeat(8), file }] }
}

function someCid(number: number): Cid {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setFloat64(0, number)
  return cidOfDigest(bytes)
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
