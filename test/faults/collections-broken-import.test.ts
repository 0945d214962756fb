/** An import that ends at any step: nothing half-done is shown, and running it again ends where it would have. */
import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Collections } from '../../node/collections/index.ts'
import { nodeSourceFolder, type SourceFolder } from '../../node/platform/source-folder.ts'
import type { ContentInspector } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { openTestNode, shownTexts, type TestNode, writeTree } from '../unit/collections/test-node.ts'

const FILES: Record<string, string> = {
  'R/R-4.4.1-win.exe': 'installer',
  'rstudio/RStudio.exe': 'x'.repeat(3 * 2 ** 20),
  'pypi/a/a-1.whl': 'wheel a',
  'pypi/b/b-1.whl': 'wheel b',
  'pythonlibraries/a-1.whl': 'wheel a',
  'lessons/data-carpentry/sql/index.html': 'sql',
  'lessons/data-carpentry/sql/fig/1.png': 'one'
}
const inspector: ContentInspector = {
  inspect: async ({ path }) => ({
    path: path.slice(path.lastIndexOf('/') + 1),
    details: { kind: 'wheel' },
    attachments: [{ name: 'metadata', bytes: Buffer.from(`metadata of ${path}`) }]
  })
}
const kinds = new Map([['pypi', { collection: 'pypi', leftOut: () => undefined, inspector }]])

let folder: TemporaryFolder
beforeEach(() => {
  folder = temporaryFolder()
  writeTree(folder.path, FILES)
  for (const path of Object.keys(FILES)) utimesSync(join(folder.path, path), 1000, 1000)
})
afterEach(() => folder[Symbol.dispose]())

/** Everything that is shown, by collection. */
function shown(node: TestNode): Record<string, Record<string, string>> {
  return Object.fromEntries(
    node.collections.index.collections().map((collection) => [collection, shownTexts(node, collection)])
  )
}

/** Makes the step with this number fail, and counts the steps. */
function failAt(node: TestNode, step: number): { steps: number } {
  const count = { steps: 0 }
  const next = (): boolean => count.steps++ === step
  node.blobs.beforeWrite = (what) => {
    if (next()) throw new Error(`crash in ${what}`)
  }
  node.memory.failWrite = () => (next() ? 'EIO' : undefined)
  node.journal.beforeAppend = () => {
    if (next()) throw new Error('crash in append')
  }
  return count
}

test('a crash at each step of an import shows no torn collection, and the next import ends where the whole one does', async () => {
  const clean = await openTestNode({ kinds })
  const { steps } = await countSteps(clean)
  const complete = shown(clean)
  expect(Object.keys(complete)).toEqual(['installers', 'lessons', 'pypi'])
  // Blobs, shards, roots, heads and what is remembered.
  expect(steps).toBeGreaterThan(20)
  for (let step = 0; step < steps; step++) {
    const node = await openTestNode({ kinds })
    const count = failAt(node, step)
    await expect(node.collections.importFolder(folder.path)).rejects.toThrow()
    expect(count.steps).toBeGreaterThan(step)
    expect(node.blobs.openSessions).toBe(0)
    checkWhole(shown(node), complete)
    await node.collections.stop()
    const again = await openTestNode({ kinds, before: node })
    failAt(again, -1)
    await again.collections.settled()
    checkWhole(shown(again), complete)
    const report = await again.collections.importFolder(folder.path)
    expect(report.problems).toEqual([])
    expect(shown(again)).toEqual(complete)
    await again.collections.stop()
  }
})

async function countSteps(node: TestNode): Promise<{ steps: number }> {
  const count = failAt(node, -1)
  await node.collections.importFolder(folder.path)
  return { steps: count.steps }
}

/** Each collection is there as a whole or not at all. */
function checkWhole(some: Record<string, unknown>, complete: Record<string, unknown>): void {
  for (const [collection, files] of Object.entries(some)) expect(files).toEqual(complete[collection])
}

test('an update that breaks off leaves what was there', async () => {
  const node = await openTestNode({ kinds })
  await node.collections.importFolder(folder.path)
  const before = shown(node)
  const revisions = node.collections.index.collections().map((one) => node.collections.index.revision(one))
  writeTree(folder.path, {
    'lessons/data-carpentry/sql/index.html': 'changed',
    'lessons/data-carpentry/sql/new.html': 'new'
  })
  for (let step = 0; step < 4; step++) {
    failAt(node, step)
    await expect(node.collections.importFolder(folder.path)).rejects.toThrow()
    expect(shown(node)).toEqual(before)
    expect(node.collections.index.collections().map((one) => node.collections.index.revision(one))).toEqual(revisions)
  }
})

test('a full disk in the middle ends the import with its own code, and more room continues it', async () => {
  for (const failure of [
    Object.assign(new Error('no space'), { code: 'ENOSPC' }),
    Object.assign(new Error('quota'), { code: 'EDQUOT' })
  ]) {
    const node = await openTestNode({ kinds })
    let left = 5
    node.blobs.beforeWrite = () => {
      if (left-- <= 0) throw failure
    }
    await expect(node.collections.importFolder(folder.path)).rejects.toMatchObject({
      code: 'IMPORT_DISK_FULL',
      cause: failure
    })
    expect(shown(node)).toEqual({})
    node.blobs.beforeWrite = () => undefined
    const written = node.blobs.writtenBytes
    expect((await node.collections.importFolder(folder.path)).problems).toEqual([])
    expect(node.blobs.writtenBytes).toBeGreaterThan(written)
  }
})

test('what certainly does not fit is refused before anything is read', async () => {
  const node = await openTestNode({ kinds })
  node.blobs.free = 2 ** 20
  await expect(node.collections.importFolder(folder.path)).rejects.toMatchObject({ code: 'IMPORT_DISK_FULL' })
  expect(node.blobs.blobs.size).toBe(0)
  node.blobs.free = 4 * 2 ** 20
  await node.collections.importFolder(folder.path)
  // What is there needs no room any more.
  node.blobs.free = 0
  expect((await node.collections.importFolder(folder.path)).problems).toEqual([])
})

test('a stop in the middle shows nothing, keeps what was read, and the next run reads only the rest', async () => {
  const node = await openTestNode({ kinds })
  const stop = new AbortController()
  let writes = 0
  node.blobs.beforeWrite = () => {
    if (++writes === 5) stop.abort(new JoineryError('STOPPED', 'enough'))
  }
  await expect(node.collections.importFolder(folder.path, { signal: stop.signal })).rejects.toMatchObject({
    code: 'STOPPED'
  })
  expect(shown(node)).toEqual({})
  expect(node.blobs.openSessions).toBe(0)
  expect((await node.collections.importFolder(folder.path)).problems).toEqual([])
})

test('stopping the node ends an import under way', async () => {
  const node = await openTestNode({ kinds })
  let stopping: Promise<void> | undefined
  node.blobs.beforeWrite = () => {
    stopping ??= node.collections.stop()
  }
  await expect(node.collections.importFolder(folder.path)).rejects.toMatchObject({ code: 'STOPPED' })
  await stopping
  await expect(node.collections.importFolder(folder.path)).rejects.toMatchObject({ code: 'STOPPED' })
})

test('garbage that is collected during an import takes none of its bytes, and what went away before is read again', async () => {
  const node = await openTestNode({ kinds })
  node.blobs.beforeWrite = () => node.blobs.collectGarbage(new Set())
  await node.collections.importFolder(folder.path)
  for (const collection of node.collections.index.collections())
    expect([...node.collections.missingHere(collection)]).toEqual([])
  node.blobs.beforeWrite = () => undefined
  const complete = shown(node)
  node.blobs.collectGarbage(new Set())
  const report = await node.collections.importFolder(folder.path)
  expect(report.problems).toEqual([])
  expect(shown(node)).toEqual(complete)
  for (const collection of node.collections.index.collections())
    expect([...node.collections.missingHere(collection)]).toEqual([])
})

test('a second import opens no file', async () => {
  let opened = 0
  const open: SourceFolder['open'] = (path) => {
    opened++
    return nodeSourceFolder.open(path)
  }
  const sources = { ...nodeSourceFolder, open }
  const node = await openTestNode({ kinds, sources })
  await node.collections.importFolder(folder.path)
  expect(opened).toBeGreaterThan(5)
  opened = 0
  await node.collections.importFolder(folder.path)
  expect(opened).toBe(0)
  expect(node.journal.entries).toHaveLength(3)
})

test('progress is told at the start of each phase and ends with everything done', async () => {
  const node = await openTestNode({ kinds })
  const told: Parameters<NonNullable<NonNullable<Parameters<Collections['importFolder']>[1]>['progress']>>[0][] = []
  await node.collections.importFolder(folder.path, { progress: (one) => told.push(one) })
  expect([...new Set(told.map(({ phase }) => phase))]).toEqual(['looking', 'reading', 'writing'])
  const bytes = Object.values(FILES).reduce((sum, text) => sum + text.length, 0)
  expect(told.at(-1)).toMatchObject({ doneFiles: 7, totalFiles: 7, doneBytes: bytes, totalBytes: bytes })
})
