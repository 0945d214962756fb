import { expect, test } from 'vitest'
import { FoundFile } from '../../../node/collections/import/found-file.ts'
import {
  ImportMemory,
  MAX_REMEMBERED_FOLDERS,
  type Remembered
} from '../../../node/collections/import/import-memory.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedKeyValueStore } from '../../kit/simulated-key-value.ts'
import { someCid } from './manifest-samples.ts'

const FOUND = new FoundFile({ collection: 'pypi', folder: 'pypi', under: '' }, 'a/a.whl', { sizeBytes: 5, inode: 1 })
const OUTCOME: Remembered = {
  path: 'a/a-1.whl',
  file: { cid: someCid(1), sizeBytes: 3 * 2 ** 20, pieces: someCid(2), details: { project: 'a', fields: { x: 'y' } } }
}

function open(
  root = '/stick',
  readerVersion = '1',
  store = newStore()
): { memory: ImportMemory; store: SimulatedKeyValueStore } {
  return { memory: new ImportMemory({ store }, { root, readerVersion }), store }
}

function newStore(): SimulatedKeyValueStore {
  return new SimulatedKeyValueStore({ random: seededRandom(1) })
}

test('a file is recalled while everything about it is the same, and not otherwise', async () => {
  const { memory, store } = open()
  await memory.remember(FOUND, 'as it was', OUTCOME)
  expect(await memory.recall(FOUND, 'as it was')).toBeUndefined()
  await memory.flush()
  expect(await memory.recall(FOUND, 'as it was')).toEqual(OUTCOME)
  expect(await memory.recall(FOUND, 'as it is now')).toBeUndefined()
  const elsewhere = new FoundFile({ collection: 'pypi', folder: 'other', under: '' }, 'a/a.whl', {
    sizeBytes: 5,
    inode: 1
  })
  expect(await memory.recall(elsewhere, 'as it was')).toBeUndefined()
  expect(await open('/other', '1', store).memory.recall(FOUND, 'as it was')).toBeUndefined()
  expect(await open('/stick', '2', store).memory.recall(FOUND, 'as it was')).toBeUndefined()
})

test('a damaged record is as good as none', async () => {
  const { memory, store } = open()
  await memory.remember(FOUND, 'x', OUTCOME)
  await memory.flush()
  const [key, value] = [...(store.pairs[0] ?? [])]
  if (!key || !value) throw new Error('nothing was stored')
  for (let at = 0; at < value.length; at++) {
    const damaged = Uint8Array.from(value)
    damaged[at] = (damaged[at] ?? 0) ^ 0x80
    await store.write([{ type: 'put', key, value: damaged }], { sync: false })
    // A flip inside a name is seen by nobody here: the store has no such blob, and the file is read again.
    const recalled = await memory.recall(FOUND, 'x')
    if (recalled) expect(Object.keys(recalled)).toEqual(['path', 'file'])
  }
  await store.write([{ type: 'put', key, value: value.subarray(0, 10) }], { sync: false })
  expect(await memory.recall(FOUND, 'x')).toBeUndefined()
})

test('of too many folders the one that was not imported for longest is forgotten', async () => {
  const store = newStore()
  const folders = Array.from({ length: MAX_REMEMBERED_FOLDERS + 1 }, (_, i) => open(`/stick-${i}`, '1', store).memory)
  for (const memory of folders.slice(0, -1)) {
    await memory.remember(FOUND, 'x', OUTCOME)
    await memory.flush()
    await memory.touch()
  }
  const recalled = async (): Promise<number[]> => {
    const found: number[] = []
    for (const [i, memory] of folders.entries()) if (await memory.recall(FOUND, 'x')) found.push(i)
    return found
  }
  expect(await recalled()).toHaveLength(MAX_REMEMBERED_FOLDERS)
  // The first is used again, so the second is the oldest now.
  await folders[0]?.touch()
  await folders.at(-1)?.touch()
  expect(await recalled()).toEqual([0, ...Array.from({ length: MAX_REMEMBERED_FOLDERS - 2 }, (_, i) => i + 2)])
  expect(store.pairs.length).toBe(MAX_REMEMBERED_FOLDERS - 1 + MAX_REMEMBERED_FOLDERS)
})
