/** What happens to files that came from the internet when the import does not take them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import '../../../node/collections/errors.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { parseSimpleJson } from '../../../node/upstream/python/simple-index.ts'
import { WantFetch, type WantOutcome } from '../../../node/upstream/want-fetch.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { MemoryContent } from '../../fixtures/memory-content.ts'
import { type TemporaryFolder, temporaryFolder } from '../../kit/temporary-folder.ts'

let folder: TemporaryFolder
let dropped: string[]
beforeEach(() => {
  folder = temporaryFolder()
  dropped = []
})
afterEach(() => folder[Symbol.dispose]())

/** One wheel is wanted and comes. */
function fetchWith(importInto: () => Promise<never>, signal = new AbortController().signal): Promise<WantOutcome[]> {
  const file = { filename: 'a-1.0-py3-none-any.whl', url: '/f/a.whl', hashes: { sha256: '00'.repeat(32) }, size: 1 }
  const page = JSON.stringify({ meta: { 'api-version': '1.0' }, name: 'a', files: [file] })
  return new WantFetch(
    {
      python: {
        files: async () => parseSimpleJson(page, new URL('https://i.example/'), 'a'),
        metadata: async () => new Uint8Array()
      },
      r: { list: async () => undefined, address: () => new URL('https://r.example/'), fileName: () => '' },
      downloads: {
        async fetch({ path }) {
          writeFileSync(join(folder.path, path), 'x')
          return { folder: folder.path, file: join(folder.path, path), sizeBytes: 1 }
        },
        drop: async ({ file: gone }) => void dropped.push(gone)
      },
      disk: nodeDisk,
      content: new MemoryContent(),
      blobs: new MemoryContent(),
      freeBytes: async () => undefined,
      importInto
    },
    { dryRun: false, pythons: [], signal, progress: () => undefined }
  ).run([{ collection: 'pypi', name: 'a', runs: 'Python', version: '3.12', ...{ count: 1, learners: 1, who: [] } }])
}

test.each([
  ['IMPORT_RUNNING', 'IMPORT_RUNNING', 0],
  ['IMPORT_DISK_FULL', 'WANT_DISK_FULL', 0],
  ['COLLECTION_FULL', 'COLLECTION_FULL', 1]
])('an import that fails with %s keeps what the next one can take', async (code, told, gone) => {
  const outcomes = await fetchWith(() => Promise.reject(new JoineryError(code, 'not now')))
  expect(outcomes.map(({ state, code: why }) => [state, why])).toEqual([['failed', told]])
  expect(dropped.length).toBe(gone)
})

test('a device that stops while it imports has not failed, and keeps what came', async () => {
  const stopping = new AbortController()
  const stopped = new JoineryError('STOPPED', 'the device stops')
  const importing = fetchWith(() => {
    stopping.abort(stopped)
    return Promise.reject(stopped)
  }, stopping.signal)
  await expect(importing).rejects.toBe(stopped)
  expect(dropped).toEqual([])
})
