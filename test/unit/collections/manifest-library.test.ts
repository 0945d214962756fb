/** What another device may announce as a manifest: bytes that are what they are named, and lie. */
import '../../../node/collections/errors.ts'
import { describe, expect, test } from 'vitest'
import { ManifestLibrary } from '../../../node/collections/manifest-library.ts'
import type { HeadFact } from '../../../protocols/collection-facts.ts'
import {
  decodeManifestRoot,
  encodeManifestRoot,
  MAX_MANIFEST_BYTES,
  MAX_ROOT_BYTES,
  MAX_SHARD_BYTES,
  type ManifestRoot
} from '../../../protocols/manifest.ts'
import { fileLine, shardsOf, someCid, sorted, utf8 } from './manifest-samples.ts'
import { cidOf, MemoryBlobs } from './memory-blobs.ts'

const AUTHOR = '00'.repeat(8)

interface Made {
  blobs: MemoryBlobs
  root: ManifestRoot
}

function make(paths: readonly string[]): Made {
  const blobs = new MemoryBlobs()
  const lines = sorted(paths.map((path) => fileLine(path, 10, undefined)))
  const shards = shardsOf(lines).map((bytes) => ({ bytes, cid: keep(blobs, bytes) }))
  let at = 0
  const refs = shards.map(({ bytes, cid }, i) => {
    const next = shardsOf(lines)
      .slice(0, i + 1)
      .reduce((sum, shard) => sum + countLines(shard), 0)
    const ref = { first: lines[at]?.path ?? '', cid, lines: next - at, sizeBytes: bytes.length }
    at = next
    return ref
  })
  const sums = { files: lines.length, sizeBytes: 10 * lines.length }
  return {
    blobs,
    root: { collection: 'lessons', lamport: 1, author: AUTHOR, vector: new Map([[AUTHOR, 1]]), ...sums, shards: refs }
  }
}

function countLines(shard: Uint8Array): number {
  // [1, [line …]]: the head of the array begins at its third byte.
  const [, , head = 0, a = 0, b = 0] = shard
  return head === 0x99 ? a * 256 + b : head === 0x98 ? a : head & 31
}

function keep(blobs: MemoryBlobs, bytes: Uint8Array): ReturnType<typeof cidOf> {
  blobs.blobs.set(cidOf(bytes), bytes)
  return cidOf(bytes)
}

function announce({ blobs, root }: Made, change: Partial<HeadFact> = {}): HeadFact {
  const bytes = encodeManifestRoot(root)
  const manifest = { cid: keep(blobs, bytes), sizeBytes: bytes.length }
  const fact = { collection: 'lessons', manifest, parents: [], lamport: 1, author: AUTHOR, action: 'import' as const }
  return { ...fact, label: '', wallMs: 0, files: 0, sizeBytes: 0, ...change }
}

async function load(made: Made, change: Partial<HeadFact> = {}): Promise<string> {
  const library = new ManifestLibrary({ blobs: made.blobs })
  try {
    await library.load(announce(made, change))
    return 'loaded'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

const PATHS = Array.from({ length: 1500 }, (_, i) => `lesson/${i}.html`)

test('a manifest that says the truth is loaded, and its shards are read once', async () => {
  const made = make(PATHS)
  expect(made.root.shards.length).toBeGreaterThan(2)
  const library = new ManifestLibrary({ blobs: made.blobs })
  const manifest = await library.load(announce(made))
  expect(PATHS.every((path) => manifest.find(utf8.encode(path))?.path === path)).toBe(true)
  const { reads } = made.blobs
  const other: Made = { ...made, root: { ...made.root, lamport: 2, vector: new Map([[AUTHOR, 2]]) } }
  await library.load(announce(other, { lamport: 2 }))
  expect(made.blobs.reads).toBe(reads + 1)
  library.keepOnly(new Set())
  await library.load(announce(made))
  expect(made.blobs.reads).toBe(reads + 1 + reads)
})

describe('is refused for good when', () => {
  const lies: [string, (made: Made) => void][] = [
    [
      'a shard is another one',
      ({ root, blobs }) => {
        const other = shardsOf([fileLine('other', 10, undefined)])[0] as Uint8Array
        const ref = root.shards[1]
        if (ref) root.shards[1] = { ...ref, cid: keep(blobs, other), sizeBytes: other.length }
      }
    ],
    [
      'a shard has another number of lines',
      ({ root }) => {
        const ref = root.shards[0]
        if (ref) root.shards[0] = { ...ref, lines: ref.lines + 1 }
      }
    ],
    [
      'a shard begins elsewhere',
      ({ root }) => {
        const ref = root.shards[0]
        if (ref) root.shards[0] = { ...ref, first: 'a' }
      }
    ],
    [
      'shards overlap',
      ({ root }) => {
        const [first, second] = root.shards
        if (first && second) root.shards[1] = { ...first, first: second.first }
      }
    ],
    [
      'a shard is no shard',
      ({ root, blobs }) => {
        const ref = root.shards[0]
        const bytes = utf8.encode('not a shard')
        if (ref) root.shards[0] = { ...ref, cid: keep(blobs, bytes), sizeBytes: bytes.length }
      }
    ],
    [
      'it holds versions that it does not know of',
      ({ root }) => {
        root.author = '11'.repeat(8)
        root.vector = new Map([[root.author, 1]])
      }
    ],
    ['it counts more files than it has', ({ root }) => void root.files--],
    ['it sums up other sizes', ({ root }) => void root.sizeBytes++]
  ]
  for (const [what, lie] of lies) {
    test(what, async () => {
      const made = make(PATHS)
      lie(made)
      expect(await load(made, { author: made.root.author })).toBe('MANIFEST_WRONG')
    })
  }

  test('its head told of another one', async () => {
    const made = make(['a'])
    expect(await load(made)).toBe('loaded')
    for (const change of [{ collection: 'pypi' }, { lamport: 2 }, { author: '11'.repeat(8) }])
      expect(await load(made, change)).toBe('MANIFEST_WRONG')
  })
})

test('what is only out of reach may be tried again', async () => {
  const made = make(PATHS)
  made.blobs.blobs.delete(made.root.shards[1]?.cid ?? someCid(0))
  expect(await load(made)).toBe('BLOB_MISSING')
})

test('a root keeps its limits: at the bytes of all shards it is read, one past them it is not', () => {
  const shards = Array.from({ length: MAX_MANIFEST_BYTES / MAX_SHARD_BYTES }, (_, i) => ({
    first: String(i).padStart(6, '0'),
    cid: someCid(i),
    lines: 1,
    sizeBytes: MAX_SHARD_BYTES
  }))
  const { root } = make(['a'])
  const read = (all: typeof shards): boolean => {
    try {
      return decodeManifestRoot(encodeManifestRoot({ ...root, shards: all })).shards.length > 0
    } catch {
      return false
    }
  }
  expect([read(shards), read([...shards, { first: 'x', cid: someCid(1), lines: 1, sizeBytes: 1 }])]).toEqual([
    true,
    false
  ])
  const long = Array.from({ length: 3000 }, (_, i) => ({
    ...(shards[0] as (typeof shards)[0]),
    first: `${String(i).padStart(6, '0')}${'/x'.repeat(0)}${'y'.repeat(200)}/${'z'.repeat(200)}/${'z'.repeat(200)}/${'z'.repeat(200)}`,
    sizeBytes: 1
  }))
  expect(() => encodeManifestRoot({ ...root, shards: long })).toThrow(/too long/)
  expect(() => decodeManifestRoot(new Uint8Array(MAX_ROOT_BYTES + 1))).toThrow(/at most/)
})
