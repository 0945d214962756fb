import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeCbor, encodeCbor, sameBytes } from '../../../protocols/cbor.ts'
import { comparePaths } from '../../../protocols/content-path.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { MAX_LAMPORT, MAX_SHARD_BYTES, MAX_SHARD_LINES, MEAN_SHARD_LINES } from '../../../protocols/manifest.ts'
import {
  encodeLine,
  type LineVersion,
  MAX_DETAILS_BYTES,
  MAX_VERSIONS,
  type ManifestLine,
  ManifestShard,
  orderVersions,
  startsShard
} from '../../../protocols/manifest-shard.ts'
import { MAX_BLOB_BYTES, SMALL_BLOB_BYTES } from '../../../protocols/piece-list.ts'

import {
  asCbor,
  checkDecoder,
  fileLine,
  lines,
  linesOf,
  path,
  shardOf,
  shardsOf,
  someCid,
  sorted,
  textOf,
  utf8
} from './manifest-samples.ts'

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
      { numRuns: 1_000 }
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
      { numRuns: 500 }
    )
  })

  test('is refused, with a code and nothing else, whatever the bytes are (100,000 inputs)', () => {
    const few = lines.map((all) => all.slice(0, 3))
    const valid = fc.sample(few, { numRuns: 200, seed: 7 }).flatMap(shardsOf)
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
