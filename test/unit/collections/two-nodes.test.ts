import { expect, test } from 'vitest'
import { temporaryFolder } from '../../kit/temporary-folder.ts'
import { openTestNode, shownTexts, writeTree } from './test-node.ts'

test('a folder becomes collections, and a second node with the same journal and bytes shows the same', async () => {
  using folder = temporaryFolder()
  writeTree(folder.path, {
    'lessons/software-carpentry/git-novice/index.html': 'git',
    'lessons/software-carpentry/git-novice/fig/a.svg': 'picture',
    'R/R-4.4.1-win.exe': 'MZ…',
    'python/python-3.12.4-amd64.exe': 'MZ',
    'notes/todo.txt': 'not ours'
  })
  const one = await openTestNode()
  const report = await one.collections.importFolder(folder.path)
  expect(report.problems).toEqual([])
  expect(report.leftOut).toEqual([{ path: 'notes/', why: 'not part of a workshop' }])
  expect(one.collections.index.collections()).toEqual(['installers', 'lessons'])
  expect(shownTexts(one, 'installers')).toEqual({ 'R/R-4.4.1-win.exe': 'MZ…', 'python/python-3.12.4-amd64.exe': 'MZ' })

  const two = await openTestNode({ name: 'two' })
  two.blobs.peers = [one.blobs]
  two.journal.receiveFrom(one.journal)
  await two.collections.settled()
  for (const collection of ['installers', 'lessons']) {
    expect(two.collections.index.revision(collection)).toBe(one.collections.index.revision(collection))
    expect([...two.collections.index.list(collection)]).toEqual([...one.collections.index.list(collection)])
  }
  await one.collections.stop()
  await two.collections.stop()
})

test('a second import of the same folder adds nothing and writes nothing', async () => {
  using folder = temporaryFolder()
  writeTree(folder.path, { 'lessons/data-carpentry/a/index.html': 'a', 'lessons/data-carpentry/b/index.html': 'b' })
  const one = await openTestNode()
  await one.collections.importFolder(folder.path)
  const revision = one.collections.index.revision('lessons')
  const written = one.blobs.writtenBytes
  const again = await one.collections.importFolder(folder.path)
  expect(again.collections).toEqual([{ collection: 'lessons', added: 0, updated: 0, unchanged: 2, addedBytes: 0 }])
  expect(one.collections.index.revision('lessons')).toBe(revision)
  expect(one.blobs.writtenBytes).toBe(written)
  expect(one.journal.entries.length).toBe(1)
})

test('a single file goes where its kind belongs, or where it is told to', async () => {
  using folder = temporaryFolder()
  writeTree(folder.path, { 'Git-2.45-64-bit.exe': 'MZ', 'hand-out.pdf': 'pdf', 'secret.txt': 'not asked for' })
  const one = await openTestNode()
  await one.collections.importFolder(`${folder.path}/Git-2.45-64-bit.exe`)
  await one.collections.importFolder(`${folder.path}/hand-out.pdf`, { collection: 'lessons', under: 'mine' })
  expect(shownTexts(one, 'installers')).toEqual({ 'Git-2.45-64-bit.exe': 'MZ' })
  expect(shownTexts(one, 'lessons')).toEqual({ 'mine/hand-out.pdf': 'pdf' })
  await one.collections.stop()
})

test('lists of earlier versions are fetched only when the device that may be the only one to have them is asked to leave', async () => {
  using folder = temporaryFolder()
  const one = await openTestNode()
  for (const text of ['first', 'second']) {
    writeTree(folder.path, { 'lessons/software-carpentry/a/index.html': text })
    await one.collections.importFolder(folder.path)
  }
  const two = await openTestNode({ name: 'two' })
  two.blobs.peers = [one.blobs]
  two.journal.receiveFrom(one.journal)
  await two.collections.settled()
  const shardsOf = ({ collections }: typeof one): string[] => collections.catalogue.shards().map(({ shard }) => shard)
  expect(shardsOf(two).length).toBeLessThan(shardsOf(one).length)
  let told = shardsOf(two)
  two.collections.catalogue.onChange(() => {
    told = shardsOf(two)
  })
  two.otherLeaves()
  await two.collections.settled()
  expect(told.sort()).toEqual(shardsOf(one).sort())
  await one.collections.stop()
  await two.collections.stop()
})
