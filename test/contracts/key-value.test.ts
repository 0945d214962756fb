/** What every KeyValueStore does: LevelDB on a real disk and the simulator's sorted array. */

import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { type KeyValueStore, openLevel } from '../../node/platform/key-value.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { SimulatedKeyValueStore } from '../kit/simulated-key-value.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const disposals: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const one of disposals.splice(0)) await one()
})

async function simulated(): Promise<KeyValueStore> {
  return new SimulatedKeyValueStore({ random: seededRandom(1) })
}

async function level(): Promise<KeyValueStore> {
  const folder = temporaryFolder()
  const store = await openLevel(join(folder.path, 'level'))
  disposals.push(async () => {
    await store.close()
    folder[Symbol.dispose]()
  })
  return store
}

const key = (...of: number[]): Uint8Array => Uint8Array.from(of)
const put = (k: Uint8Array, v: Uint8Array) => ({ type: 'put' as const, key: k, value: v })
const del = (k: Uint8Array) => ({ type: 'del' as const, key: k })

async function all(store: KeyValueStore, range = {}): Promise<string[]> {
  const found: string[] = []
  for await (const [k, v] of store.entries(range))
    found.push(`${Buffer.from(k).toString('hex')}=${Buffer.from(v).toString('hex')}`)
  return found
}

describe.each([
  ['simulated', simulated],
  ['level', level]
])('%s key-value store', (_name, make) => {
  test('gives back copies of what was put, and undefined for the rest', async () => {
    const store = await make()
    const value = key(7, 7)
    await store.write([put(key(1), value), put(key(2), key())], { sync: true })
    value[0] = 9
    expect([...((await store.get(key(1))) ?? [])]).toEqual([7, 7])
    expect(await store.get(key(2))).toHaveLength(0)
    expect(await store.get(key(3))).toBeUndefined()
    expect((await store.getMany([key(2), key(3), key(1)])).map((one) => one?.length)).toEqual([0, undefined, 2])
  })

  test('a batch is in order: the last change of a key counts', async () => {
    const store = await make()
    await store.write([put(key(1), key(1)), del(key(1)), put(key(2), key(2)), put(key(2), key(3)), del(key(9))], {
      sync: false
    })
    expect(await all(store)).toEqual(['02=03'])
  })

  test('an iterator keeps what was there when it began', async () => {
    const store = await make()
    await store.write([put(key(1), key()), put(key(2), key()), put(key(3), key())], { sync: false })
    const seen: number[] = []
    for await (const k of store.keys({})) {
      seen.push(k[0] ?? -1)
      await store.write([del(key(3)), put(key(4), key())], { sync: false })
    }
    expect(seen).toEqual([1, 2, 3])
  })

  test('fails after close', async () => {
    const store = await make()
    await store.close()
    await expect(store.get(key(1))).rejects.toMatchObject({ code: 'LEVEL_DATABASE_NOT_OPEN' })
  })
})

const keys = fc.uint8Array({ minLength: 1, maxLength: 3 })
const changes = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(keys, fc.uint8Array({ maxLength: 4 })).map(([k, v]) => put(k, v)) },
  { weight: 1, arbitrary: keys.map(del) }
)
const ranges = fc.record(
  { gte: keys, gt: keys, lt: keys, lte: keys, reverse: fc.boolean(), limit: fc.integer({ min: -1, max: 5 }) },
  { requiredKeys: [] }
)

test('both give the same answer to every range after the same writes', async () => {
  const left = await simulated()
  const right = await level()
  await fc.assert(
    fc.asyncProperty(fc.array(changes, { maxLength: 20 }), fc.array(ranges, { maxLength: 5 }), async (batch, asked) => {
      await left.write(batch, { sync: false })
      await right.write(batch, { sync: false })
      // Two lower or two upper bounds at once are not used and LevelDB's answer is not specified.
      for (const range of asked) {
        if (('gte' in range && 'gt' in range) || ('lt' in range && 'lte' in range)) continue
        expect(await all(left, range)).toEqual(await all(right, range))
      }
    }),
    { numRuns: 300 }
  )
})
