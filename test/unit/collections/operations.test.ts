import { afterEach, describe, expect, test } from 'vitest'
import { IMPORT_HEAP_SHARE, PLANNED_FILE_BYTES } from '../../../node/collections/limits.ts'
import type { Cid } from '../../../protocols/cid.ts'
import type { ContentFile } from '../../../protocols/content.ts'
import { type TemporaryFolder, temporaryFolder } from '../../kit/temporary-folder.ts'
import { cidOf } from './memory-blobs.ts'
import { openTestNode, shownTexts, type TestNode, writeTree } from './test-node.ts'

const opened: (TestNode | TemporaryFolder)[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) 'path' in one ? one[Symbol.dispose]() : await one.collections.stop()
})

async function node(name: string): Promise<TestNode> {
  const made = await openTestNode({ name })
  opened.push(made)
  return made
}

async function put(to: TestNode, files: Record<string, string>): Promise<void> {
  const folder = temporaryFolder()
  opened.push(folder)
  writeTree(folder.path, files)
  await to.collections.importFolder(folder.path, { collection: 'things' })
}

async function meet(...nodes: TestNode[]): Promise<void> {
  for (const one of nodes) {
    for (const other of nodes) if (one !== other) one.journal.receiveFrom(other.journal)
    one.blobs.peers = nodes.filter((other) => other !== one).map((other) => other.blobs)
  }
  for (const one of nodes) {
    one.collections.retry()
    await one.collections.settled()
  }
}

describe('remove', () => {
  test('takes out one path, or all below one, and nothing beside it', async () => {
    const one = await node('one')
    await put(one, { 'a.txt': '1', 'a/b.txt': '2', 'a/c/d.txt': '3', 'ab.txt': '4' })
    expect(await one.collections.remove('things', 'a.txt')).toMatchObject({ removed: 1 })
    expect(Object.keys(shownTexts(one, 'things'))).toEqual(['a/b.txt', 'a/c/d.txt', 'ab.txt'])
    const { removed, revision } = await one.collections.remove('things', 'a/')
    expect([removed, revision]).toEqual([2, one.collections.index.revision('things')])
    expect(Object.keys(shownTexts(one, 'things'))).toEqual(['ab.txt'])
    await one.collections.remove('things', '')
    expect(shownTexts(one, 'things')).toEqual({})
  })

  test('of nothing, of an unknown collection and of a path that leads out says so and writes nothing', async () => {
    const one = await node('one')
    await put(one, { 'a.txt': '1' })
    const entries = one.journal.entries.length
    await expect(one.collections.remove('things', 'b.txt')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(one.collections.remove('things', 'a.txt/')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(one.collections.remove('others', 'a.txt')).rejects.toMatchObject({ code: 'COLLECTION_UNKNOWN' })
    await expect(one.collections.remove('things', '../a')).rejects.toMatchObject({ code: 'NAME_FORBIDDEN' })
    expect(one.journal.entries.length).toBe(entries)
  })

  test.each(['remove', 'rollback'] as const)(
    '%s of as many files as there is memory for is done; of one more nothing is',
    async (how) => {
      for (const [most, expected] of [
        [3, 'done'],
        [2, 'CHANGE_MEMORY_FULL']
      ] as const) {
        let freeBytes = Number.POSITIVE_INFINITY
        const one = await openTestNode({ name: `${how}-${most}`, freeHeapBytes: () => freeBytes })
        opened.push(one)
        await put(one, { 'b.txt': '1' })
        const before = one.collections.index.revision('things')
        await put(one, { 'a/1.txt': '1', 'a/2.txt': '2', 'a/3.txt': '3' })
        freeBytes = Math.ceil((most * PLANNED_FILE_BYTES) / IMPORT_HEAP_SHARE)
        const entries = one.journal.entries.length
        const { collections } = one
        const working = how === 'remove' ? collections.remove('things', 'a/') : collections.rollback('things', before)
        const outcome = await working.then(
          () => 'done',
          (error: { code?: string }) => error.code
        )
        expect([outcome, one.journal.entries.length - entries]).toEqual([expected, expected === 'done' ? 1 : 0])
        expect(one.blobs.openSessions).toBe(0)
      }
    }
  )

  test('is not undone by a device that was away and imports something else', async () => {
    const [one, two] = [await node('one'), await node('two')]
    await put(one, { 'a.txt': '1', 'b.txt': '1' })
    await meet(one, two)
    await one.collections.remove('things', 'a.txt')
    await put(two, { 'c.txt': '1' })
    await meet(one, two)
    for (const each of [one, two]) expect(Object.keys(shownTexts(each, 'things'))).toEqual(['b.txt', 'c.txt'])
    expect(one.collections.index.revision('things')).toBe(two.collections.index.revision('things'))
  })
})

describe('rollback', () => {
  test('shows what was shown at that version, as a new version', async () => {
    const one = await node('one')
    await put(one, { 'a.txt': 'old', 'b.txt': 'stays' })
    const before = one.collections.index.revision('things')
    await put(one, { 'a.txt': 'new', 'c.txt': 'added' })
    await one.collections.remove('things', 'b.txt')
    const { revision } = await one.collections.rollback('things', before.slice('bafkrei'.length, 'bafkrei'.length + 12))
    expect(shownTexts(one, 'things')).toEqual({ 'a.txt': 'old', 'b.txt': 'stays' })
    expect(revision).toBe(one.collections.index.revision('things'))
    expect(revision).not.toBe(before)
    const [latest] = one.collections.history('things')
    expect(latest).toMatchObject({ action: 'rollback', label: before, current: true, files: 2 })
  })

  test('to what is shown already writes nothing', async () => {
    const one = await node('one')
    await put(one, { 'a.txt': 'old' })
    const { length } = one.journal.entries
    await one.collections.rollback('things', one.collections.index.revision('things'))
    expect(one.journal.entries.length).toBe(length)
  })

  test('reaches other devices and wins over what they had', async () => {
    const [one, two] = [await node('one'), await node('two')]
    await put(one, { 'a.txt': 'good' })
    const good = one.collections.index.revision('things')
    await put(one, { 'a.txt': 'bad' })
    await meet(one, two)
    await two.collections.rollback('things', good)
    await meet(one, two)
    expect(shownTexts(one, 'things')).toEqual({ 'a.txt': 'good' })
  })

  test('to a version whose files nobody in reach has says which, and changes nothing; with a device that has them it works', async () => {
    const [one, two] = [await node('one'), await node('two')]
    await put(one, { 'a.txt': 'old', 'b.txt': 'other', 'same.txt': 'same' })
    const before = one.collections.index.revision('things')
    const old = new Map([...one.blobs.blobs])
    await put(one, { 'a.txt': 'new' })
    await one.collections.remove('things', 'b.txt')
    await meet(one, two)
    // The lists of earlier versions are kept longer than their files.
    for (const text of ['old', 'other'])
      for (const blobs of [one.blobs, two.blobs]) blobs.blobs.delete(cidOf(Buffer.from(text)))
    const { length } = one.journal.entries
    const refused = one.collections.rollback('things', before)
    await expect(refused).rejects.toMatchObject({
      code: 'COLLECTION_BYTES_GONE',
      message: expect.stringMatching(/^2 files .*: a\.txt, b\.txt$/)
    })
    expect(one.journal.entries.length).toBe(length)
    expect(shownTexts(one, 'things')).toEqual({ 'a.txt': 'new', 'same.txt': 'same' })
    for (const [cid, bytes] of old) two.blobs.blobs.set(cid, bytes)
    await one.collections.rollback('things', before)
    await meet(one, two)
    for (const [cid, bytes] of old) one.blobs.blobs.set(cid, bytes)
    expect(shownTexts(one, 'things')).toEqual({ 'a.txt': 'old', 'b.txt': 'other', 'same.txt': 'same' })
  })

  test('to a version that is unknown, ambiguous or out of reach says so', async () => {
    const [one, two] = [await node('one'), await node('two')]
    await put(one, { 'a.txt': '1' })
    const first = one.collections.index.revision('things')
    await put(one, { 'a.txt': '2' })
    await expect(one.collections.rollback('things', 'bafkreizzzzzzzzzz')).rejects.toMatchObject({
      code: 'REVISION_UNKNOWN'
    })
    await expect(one.collections.rollback('things', 'bafkrei')).rejects.toMatchObject({ code: 'REVISION_UNKNOWN' })
    two.journal.receiveFrom(one.journal)
    await expect(two.collections.rollback('things', first)).rejects.toMatchObject({ code: 'COLLECTION_BYTES_GONE' })
  })
})

test('history tells who did what, newest first, and which of it is shown', async () => {
  const [one, two] = [await node('one'), await node('two')]
  await put(one, { 'a.txt': '1' })
  await meet(one, two)
  await put(one, { 'b.txt': '1' })
  await put(two, { 'c.txt': '1' })
  await meet(one, two)
  const history = one.collections.history('things')
  expect(history.map(({ device, action, files, current }) => ({ device, action, files, current }))).toHaveLength(3)
  expect(
    history
      .filter(({ current }) => current)
      .map(({ device }) => device)
      .sort()
  ).toEqual(['one', 'two'])
  expect(history[2]).toMatchObject({ device: 'one', files: 1, parents: [], current: false })
  expect(two.collections.history('things')).toEqual(history)
})

test('a list goes on after any path, within its prefix', async () => {
  const one = await node('one')
  await put(one, { 'a/1': '1', 'a/2': '2', 'a/2/x': 'x', 'b/1': '1', z: 'z' }).catch(() => undefined)
  await put(one, { 'a/1': '1', 'a/2': '2', 'a-1': '', 'b/1': '1', z: 'z', é: 'é' })
  const paths = (files: Iterable<ContentFile>): string[] => [...files].map(({ path }) => path)
  const all = paths(one.collections.list('things'))
  expect(all).toEqual(['a-1', 'a/1', 'a/2', 'b/1', 'z', 'é'])
  expect(paths(one.collections.list('things', { prefix: 'a/' }))).toEqual(['a/1', 'a/2'])
  expect(paths(one.collections.list('things', { prefix: 'a/', after: 'a/1' }))).toEqual(['a/2'])
  expect(paths(one.collections.list('things', { prefix: 'a/', after: 'b' }))).toEqual([])
  expect(paths(one.collections.list('things', { prefix: 'b/', after: 'a' }))).toEqual(['b/1'])
  for (const [i, path] of all.entries())
    expect(paths(one.collections.list('things', { after: path }))).toEqual(all.slice(i + 1))
})

test('two devices that import other bytes for one path show the same one and list the other until somebody decides', async () => {
  const [one, two] = [await node('one'), await node('two')]
  await put(one, { 'a.txt': 'from one' })
  await put(two, { 'a.txt': 'from two' })
  await meet(one, two)
  const shown = shownTexts(one, 'things')
  expect(shownTexts(two, 'things')).toEqual(shown)
  const [conflict, ...more] = one.collections.conflicts('things')
  expect(more).toEqual([])
  const lost = shown['a.txt'] === 'from one' ? 'two' : 'one'
  expect(conflict?.lostFrom).toBe(lost)
  expect(new TextDecoder().decode(one.blobs.anywhere(conflict?.lost.cid as Cid))).toBe(`from ${lost}`)
  expect(one.collections.summary()).toMatchObject([{ collection: 'things', files: 1, conflicts: 1 }])
  // Another import does not make it go away, one of this path does.
  await put(one, { 'b.txt': '' })
  expect([...one.collections.conflicts('things')]).toHaveLength(1)
  await put(one, { 'a.txt': 'agreed' })
  await meet(one, two)
  expect([...two.collections.conflicts('things')]).toEqual([])
  expect(shownTexts(two, 'things')['b.txt']).toBe('')
})

test('files whose bytes are not on this device are told apart from those that are', async () => {
  const [one, two] = [await node('one'), await node('two')]
  await put(one, { 'a.txt': '1', 'b.txt': '2' })
  await meet(one, two)
  expect([...one.collections.missingHere('things')]).toEqual([])
  expect([...two.collections.missingHere('things')].map(({ path }) => path)).toEqual(['a.txt', 'b.txt'])
  const file = two.collections.index.get('things', 'a.txt')
  await two.blobs.bytes(file as ContentFile, 10)
  expect([...two.collections.missingHere('things')].map(({ path }) => path)).toEqual(['b.txt'])
})
