import { describe, expect, test } from 'vitest'
import { LONGEST_RETRY_MS } from '../../../node/collections/limits.ts'
import type { Change } from '../../../node/collections/revision-writer.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import type { Cid } from '../../../protocols/cid.ts'
import { headEntry } from '../../../protocols/collection-facts.ts'
import { SimulatedClock, SimulatedTime, settle } from '../../kit/simulated-clock.ts'
import { cidOf } from './memory-blobs.ts'
import { openRevisionNode, type RevisionNode } from './revision-node.ts'

test('the last good revision stays while the next is being fetched, and goes in one step', async () => {
  const [one, two] = await pair()
  await one.write([file(one, 'a', 'first')])
  two.receiveFrom(one)
  await two.settled()
  const before = two.index.revision('lessons')
  const gate = hold(two)
  const changes: string[] = []
  two.index.onChange((collection) => changes.push(`${collection} ${two.index.get(collection, 'b') ? 'whole' : 'torn'}`))
  await one.write([file(one, 'a', 'second'), file(one, 'b', 'second')])
  two.receiveFrom(one)
  await settle()
  expect(two.index.revision('lessons')).toBe(before)
  expect(two.index.get('lessons', 'a')?.cid).toBe(cidOf(bytes('first')))
  expect(two.content.pending().map(({ collection }) => collection)).toEqual(['lessons'])
  gate.open()
  await two.settled()
  expect(two.index.revision('lessons')).toBe(one.index.revision('lessons'))
  expect(changes).toEqual(['lessons whole'])
})

test('after a restart with the newest revision out of reach, the nearest one that is here is shown', async () => {
  const [one, two] = await pair()
  await one.write([file(one, 'a', 'first')])
  await one.write([file(one, 'a', 'second')])
  two.receiveFrom(one)
  await two.settled()
  const second = two.index.revision('lessons')
  two.blobs.peers = []
  await one.write([file(one, 'a', 'third')])
  two.journal.receiveFrom(one.journal)
  await two.stop()
  const again = await openRevisionNode('two', systemClock, two)
  await settle()
  expect(again.index.revision('lessons')).toBe(second)
  again.receiveFrom(one)
  again.content.retry()
  await again.settled()
  expect(again.index.revision('lessons')).toBe(one.index.revision('lessons'))
})

test('a manifest that nobody can give is asked for again, ever less often, until somebody can', async () => {
  const time = new SimulatedTime()
  const one = await openRevisionNode('one', systemClock)
  const two = await openRevisionNode('two', new SimulatedClock(time))
  await one.write([file(one, 'a', 'x')])
  two.journal.receiveFrom(one.journal)
  await run(time, 10 * 60_000)
  const asked = two.blobs.reads
  expect(asked).toBeGreaterThan(8)
  expect(asked).toBeLessThan(8 + (10 * 60_000) / LONGEST_RETRY_MS + 2)
  expect(two.index.collections()).toEqual([])
  expect(two.content.pending()[0]?.lastError).toBeInstanceOf(Error)
  two.receiveFrom(one)
  await run(time, LONGEST_RETRY_MS)
  expect(two.index.get('lessons', 'a')).toBeDefined()
  expect(two.content.pending()).toEqual([])
  await two.stop()
  await one.stop()
  expect(time.pending).toBe(0)
})

test('a head whose bytes are no manifest is never asked for twice, and hides nothing', async () => {
  const [one, two] = await pair()
  await one.write([file(one, 'a', 'good')])
  const [good] = one.content.manifests('lessons')
  const bad = two.keep(bytes('not a manifest'))
  const fact = {
    collection: 'lessons',
    parents: [good?.ref.cid as Cid],
    lamport: 9,
    author: 'ab'.repeat(8),
    action: 'import' as const
  }
  const manifest = { cid: bad, sizeBytes: 14 }
  two.receiveFrom(one)
  await two.journal.append([headEntry({ ...fact, manifest, label: '', wallMs: 0, files: 0, sizeBytes: 0 })])
  await two.settled()
  two.content.retry()
  await two.settled()
  expect(two.index.get('lessons', 'a')?.cid).toBe(cidOf(bytes('good')))
  expect(two.content.pending()[0]?.lastError).toMatchObject({ code: 'MANIFEST_WRONG' })
})

describe('a head that names a parent which it has not taken in', () => {
  test('does not close it once its manifest can be read', async () => {
    const [one, two] = await pair()
    await one.write([file(one, 'a', 'of one')])
    await two.write([file(two, 'b', 'of two')])
    await two.write([file(two, 'b', 'of two, again')])
    const [ours] = one.content.manifests('lessons')
    const head = [...two.content.heads('lessons').values()].find(({ fact }) => fact.lamport === 2)
    if (!head || !ours) throw new Error('no head')
    const liar = await openRevisionNode('liar', systemClock)
    await liar.journal.append([headEntry({ ...head.fact, parents: [...head.fact.parents, ours.ref.cid] })])
    liar.receiveFrom(one)
    liar.blobs.peers.push(two.blobs)
    liar.content.retry()
    await liar.settled()
    expect([...liar.index.list('lessons')].map(({ path }) => path)).toEqual(['a', 'b'])
  })

  test('closes nothing when it is not later: a ring of heads hides no collection', async () => {
    const [one] = await pair()
    await one.write([file(one, 'a', '1')])
    await one.write([file(one, 'a', '2')])
    const [first, second] = [...one.content.heads('lessons').values()]
    if (!first || !second) throw new Error('no heads')
    const other = await openRevisionNode('other', systemClock)
    await other.journal.append([
      headEntry({ ...first.fact, parents: [second.fact.manifest.cid] }),
      headEntry(second.fact)
    ])
    other.blobs.peers.push(one.blobs)
    other.content.retry()
    await other.settled()
    expect(other.index.get('lessons', 'a')?.cid).toBe(cidOf(bytes('2')))
  })
})

test('two devices that import the same files apart come together without a conflict of bytes, and a later head closes both', async () => {
  const [one, two] = await pair()
  await one.write([file(one, 'a', 'same'), file(one, 'b', 'same')])
  await two.write([file(two, 'a', 'same'), file(two, 'c', 'other')])
  for (const [node, other] of [
    [one, two],
    [two, one]
  ] as const)
    node.receiveFrom(other)
  await Promise.all([one.settled(), two.settled()])
  expect(one.index.revision('lessons')).toBe(two.index.revision('lessons'))
  expect(one.openHeads()).toBe(2)
  expect([...one.index.list('lessons')].map(({ path }) => path)).toEqual(['a', 'b', 'c'])
  await one.write([file(one, 'd', 'new')])
  expect(one.openHeads()).toBe(1)
})

describe('when the journal is folded anew', () => {
  test('what a removed device wrote is shown no more, and what came before it is again', async () => {
    const [one, two] = await pair()
    await one.write([file(one, 'a', 'good')])
    two.receiveFrom(one)
    await two.settled()
    await two.write([file(two, 'a', 'evil'), file(two, 'b', 'evil')])
    await two.write([file(two, 'x', 'evil')], 'pypi')
    one.receiveFrom(two)
    await one.settled()
    expect(one.index.collections()).toEqual(['lessons', 'pypi'])
    const told: string[] = []
    one.index.onChange((collection) => told.push(collection))
    one.journal.hide('two')
    await one.settled()
    expect(one.index.collections()).toEqual(['lessons'])
    expect([...one.index.list('lessons')].map(({ cid }) => cid)).toEqual([cidOf(bytes('good'))])
    expect(told.sort()).toEqual(['lessons', 'pypi'])
    // What it wrote is not taken in by what comes next.
    await one.write([file(one, 'c', 'new')])
    expect([...one.index.list('lessons')].map(({ path }) => path)).toEqual(['a', 'c'])
  })

  test('a revision written meanwhile is waited for, so that the next one takes it in', async () => {
    const [one] = await pair()
    await one.write([file(one, 'a', '1')])
    one.journal.foldLater = true
    const [second, third] = [one.write([file(one, 'a', '2')]), one.write([file(one, 'b', '3')])]
    await settle()
    one.journal.foldLater = false
    one.journal.foldAnew()
    await Promise.all([second, third])
    expect(one.openHeads()).toBe(1)
    expect(one.lines().map(({ path, versions }) => [path, versions.length])).toEqual([
      ['a', 1],
      ['b', 1]
    ])
  })
})

test('a stopped node fetches and tells nothing any more', async () => {
  const [one, two] = await pair()
  const gate = hold(two)
  await one.write([file(one, 'a', 'x')])
  two.receiveFrom(one)
  let told = 0
  two.index.onChange(() => told++)
  await two.stop()
  gate.open()
  await settle()
  await two.settled()
  expect([told, two.index.collections()]).toEqual([0, []])
})

async function pair(): Promise<[RevisionNode, RevisionNode]> {
  return [await openRevisionNode('one', systemClock), await openRevisionNode('two', systemClock)]
}

function file(node: RevisionNode, path: string, content: string): Change {
  const cid = node.keep(bytes(content))
  return { path, file: { cid, sizeBytes: bytes(content).length, details: {} } }
}

function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

/** Lets no read of this node end until it is opened. */
function hold(node: RevisionNode): { open(): void } {
  let open = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  node.blobs.beforeRead = () => gate
  return { open: () => open() }
}

async function run(time: SimulatedTime, forMs: number): Promise<void> {
  await time.run(time.nowMs + forMs)
}
