import { describe, expect, test } from 'vitest'
import { copyClassOf, standardPolicies } from '../../../node/collections/standard-policy.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { policyEntry } from '../../../protocols/collection-facts.ts'
import type { CatalogueBlob, PlacementPolicy } from '../../../protocols/content.ts'
import { pieceListBytes } from '../../../protocols/piece-list.ts'
import { cidOf } from './memory-blobs.ts'
import { openRevisionNode, type RevisionNode } from './revision-node.ts'

const MB = 2 ** 20

describe('the standard policy', () => {
  const kinds = (bytes: [number, number, number], capacities: number[]): string[] =>
    Object.values(standardPolicies(bytes, capacities)).map((one) =>
      one.kind === 'copies' ? `${one.copies} copies` : one.kind
    )

  test('is everywhere while everything fits the smallest device that counts', () => {
    expect(kinds([100, 100, 100], [])).toEqual(['everywhere', 'everywhere', 'everywhere'])
    expect(kinds([100, 100, 100], [1000, 400])).toEqual(['everywhere', 'everywhere', 'everywhere'])
  })

  test('gives up installers first, then packages, then lessons', () => {
    expect(kinds([100, 100, 100], [1000, 300])).toEqual(['everywhere', 'everywhere', '2 copies'])
    expect(kinds([100, 100, 100], [200])).toEqual(['everywhere', '2 copies', '2 copies'])
    expect(kinds([100, 100, 100], [50, 5000])).toEqual(['2 copies', '2 copies', '2 copies'])
  })
})

test('lesson pages are copied first, packages next, installers and big things last', () => {
  expect(copyClassOf('lessons', 2 * MB)).toBe(0)
  expect(copyClassOf('lessons', 2 * MB + 1)).toBe(1)
  expect(copyClassOf('lessons', 65 * MB)).toBe(2)
  expect(copyClassOf('pypi', 10)).toBe(1)
  expect(copyClassOf('pypi', 65 * MB)).toBe(2)
  expect(copyClassOf('installers', 10)).toBe(2)
})

describe('the catalogue', () => {
  test('names every blob that a collection needs, and says what matters everywhere', async () => {
    const one = await openRevisionNode('one', systemClock)
    const [pieces, metadata] = [cidOf(bytes('pieces')), cidOf(bytes('metadata'))]
    const details = { project: 'numpy', metadata, metadataBytes: 8, sizeBytes: 3 }
    await one.write(
      [{ path: 'numpy/numpy.whl', file: { cid: cidOf(bytes('wheel')), sizeBytes: 5 * MB, pieces, details } }],
      'pypi'
    )
    await one.write([{ path: 'a/index.html', file: { cid: cidOf(bytes('page')), sizeBytes: 4, details: {} } }])
    const blobs = all(one)
    const everywhere = { kind: 'everywhere' }
    expect(blobs.get(cidOf(bytes('wheel')))).toEqual({
      cid: cidOf(bytes('wheel')),
      sizeBytes: 5 * MB,
      pieces,
      policy: everywhere,
      copyClass: 1
    })
    expect(blobs.get(pieces)).toMatchObject({ sizeBytes: pieceListBytes(5 * MB), policy: everywhere, copyClass: 0 })
    expect(blobs.get(metadata)).toMatchObject({ sizeBytes: 8, policy: everywhere, copyClass: 0 })
    expect(blobs.get(cidOf(bytes('page')))).toMatchObject({ policy: everywhere, copyClass: 0 })
    for (const { root, ref } of [...one.content.manifests('pypi'), ...one.content.manifests('lessons')])
      for (const { cid } of [ref, ...root.shards])
        expect(blobs.get(cid)).toMatchObject({ policy: everywhere, copyClass: 0 })
    expect(blobs.size).toBe(4 + 2 * 2)
  })

  test('is the same list under the same shard on every device, whatever came first', async () => {
    const [one, two] = [await openRevisionNode('one', systemClock), await openRevisionNode('two', systemClock)]
    for (let i = 0; i < 600; i++) await Promise.resolve()
    await one.write(Array.from({ length: 600 }, (_, i) => page(`a/${i}.html`, `a ${i}`)))
    await two.write(Array.from({ length: 600 }, (_, i) => page(`b/${i}.html`, `b ${i}`)))
    two.receiveFrom(one)
    one.receiveFrom(two)
    await Promise.all([one.settled(), two.settled()])
    await one.write([page('a/1.html', 'changed')])
    two.receiveFrom(one)
    await two.settled()
    const listOf = (node: RevisionNode): Map<string, string[]> =>
      new Map(node.catalogue.shards().map(({ shard, blobs }) => [shard, blobs.map(({ cid }) => cid)]))
    const [ours, theirs] = [listOf(one), listOf(two)]
    expect(ours.size).toBeGreaterThan(4)
    for (const [shard, blobs] of theirs) expect(ours.get(shard)).toEqual(blobs)
  })

  test('follows policies by their longest prefix, and the room that devices have', async () => {
    const one = await openRevisionNode('one', systemClock)
    await one.write([page('a/x.bin', 'x', 100 * MB), page('a/b/y.bin', 'y', 100 * MB), page('c.bin', 'z', 100 * MB)])
    const policyOf = (content: string): PlacementPolicy | undefined => all(one).get(cidOf(bytes(content)))?.policy
    let changes = 0
    one.catalogue.onChange(() => changes++)
    await set(one, 'a/', { kind: 'copies', copies: 3 })
    await set(one, 'a/b/y.bin', { kind: 'on-demand' })
    expect(['x', 'y', 'z'].map(policyOf)).toEqual([
      { kind: 'copies', copies: 3 },
      { kind: 'on-demand' },
      { kind: 'everywhere' }
    ])
    one.capacities.push(150 * MB)
    await set(one, 'a/', undefined)
    // x and z want to be everywhere, y not: 200 MB do not fit.
    expect(['x', 'y', 'z'].map(policyOf)).toEqual([
      { kind: 'copies', copies: 2 },
      { kind: 'on-demand' },
      { kind: 'copies', copies: 2 }
    ])
    await set(one, '', { kind: 'everywhere' })
    expect(['x', 'y', 'z'].map(policyOf)).toEqual([
      { kind: 'everywhere' },
      { kind: 'on-demand' },
      { kind: 'everywhere' }
    ])
    expect(changes).toBe(4)
  })

  test('keeps what was removed or replaced on demand for a few revisions, then lets it go', async () => {
    const one = await openRevisionNode('one', systemClock)
    await one.write([page('a', 'old'), page('b', 'removed')])
    await one.write([page('a', 'new'), { path: 'b', file: undefined }])
    for (const content of ['old', 'removed'])
      expect(all(one).get(cidOf(bytes(content)))?.policy).toEqual({ kind: 'on-demand' })
    expect(all(one).get(cidOf(bytes('new')))?.policy).toEqual({ kind: 'everywhere' })
    for (let i = 0; i < 4; i++) await one.write([page('c', `${i}`)])
    expect(all(one).has(cidOf(bytes('old')))).toBe(false)
    expect(all(one).has(cidOf(bytes('new')))).toBe(true)
  })

  test('keeps the bytes that lost a conflict as if they had won', async () => {
    const [one, two] = [await openRevisionNode('one', systemClock), await openRevisionNode('two', systemClock)]
    await one.write([page('a', 'of one')])
    await two.write([page('a', 'of two')])
    one.receiveFrom(two)
    await one.settled()
    for (const content of ['of one', 'of two'])
      expect(all(one).get(cidOf(bytes(content)))?.policy).toEqual({ kind: 'everywhere' })
    // What is written down next still lists it.
    await one.write([page('b', 'b')])
    for (const content of ['of one', 'of two'])
      expect(all(one).get(cidOf(bytes(content)))?.policy).toEqual({ kind: 'everywhere' })
    await one.write([page('a', 'decided')])
    expect(all(one).get(cidOf(bytes('of one')))?.policy).toEqual({ kind: 'on-demand' })
  })
})

const STRENGTH = { everywhere: 2, copies: 1, 'on-demand': 0 }

/** Each blob with its strongest policy. */
function all({ catalogue }: RevisionNode): Map<string, CatalogueBlob> {
  const found = new Map<string, CatalogueBlob>()
  for (const { blobs } of catalogue.shards()) {
    for (const blob of blobs) {
      const before = found.get(blob.cid)
      if (!before || STRENGTH[before.policy.kind] < STRENGTH[blob.policy.kind]) found.set(blob.cid, blob)
    }
  }
  return found
}

async function set(node: RevisionNode, prefix: string, policy: PlacementPolicy | undefined): Promise<void> {
  await node.journal.append([policyEntry({ collection: 'lessons', prefix, policy })])
}

function page(
  path: string,
  content: string,
  sizeBytes = bytes(content).length
): Parameters<RevisionNode['write']>[0][number] {
  const pieces = sizeBytes > 2 * MB ? { pieces: cidOf(bytes(`pieces of ${content}`)) } : {}
  return { path, file: { cid: cidOf(bytes(content)), sizeBytes, details: {}, ...pieces } }
}

function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}
