/** The simulator must lose what a real power cut loses, and nothing that was synced; otherwise its green means nothing. */
import { describe, expect, test } from 'vitest'
import { readSmallFile, writeDurably } from '../../../node/platform/durable-file.ts'
import { type SeededRandom, seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { SimulatedDisk } from '../../kit/simulated-disk.ts'
import { SimulatedKeyValueStore } from '../../kit/simulated-key-value.ts'

const SEEDS = 300
const filled = (value: number, length: number): Uint8Array => new Uint8Array(length).fill(value)

/** Runs `scenario` on many seeds and collects what the disk holds at `path` after a cut: undefined, or the set of byte values in it. */
async function afterCuts(
  path: string,
  scenario: (disk: SimulatedDisk, random: SeededRandom) => Promise<void>
): Promise<string[]> {
  const seen = new Set<string>()
  for (let seed = 0; seed < SEEDS; seed++) {
    const random = seededRandom(seed)
    const disk = new SimulatedDisk({ random })
    await disk.makeDirectory('/d')
    await disk.syncDirectory('/')
    await scenario(disk, random)
    disk.cutPower()
    const bytes = await readSmallFile(disk, path, 10_000)
    seen.add(bytes ? `${bytes.length}:${[...new Set(bytes)].sort().join(',')}` : 'missing')
  }
  return [...seen].sort()
}

describe('at a power cut', () => {
  test('a synced file with a synced name is whole', async () => {
    expect(await afterCuts('/d/a', (disk) => writeDurably(disk, '/d/a', filled(7, 1500)))).toEqual(['1500:7'])
  })

  test('a file that was not synced is torn at sectors, has zeros, is empty or is missing', async () => {
    const seen = await afterCuts('/d/a', async (disk) => {
      const file = await disk.open('/d/a', 'create')
      await file.write(filled(7, 1500), 0)
      await disk.syncDirectory('/d')
    })
    expect(seen).toContain('1500:7')
    expect(seen).toContain('1500:0,7')
    expect(seen).toContain('0:')
    expect(seen).toContain('512:7')
    for (const one of seen) expect([0, 512, 1024, 1500]).toContain(Number(one.split(':')[0]))
  })

  test('a name whose directory was not synced may be missing', async () => {
    const seen = await afterCuts('/d/a', async (disk) => {
      const file = await disk.open('/d/a', 'create')
      await file.write(filled(7, 100), 0)
      await file.sync()
    })
    expect(seen).toEqual(['100:7', 'missing'])
  })

  test('a replaced file is the old one or the new one, never a mixture', async () => {
    const seen = await afterCuts('/d/a', async (disk) => {
      await writeDurably(disk, '/d/a', filled(1, 600))
      const file = await disk.open('/d/a.new', 'exclusive')
      await file.write(filled(2, 600), 0)
      await file.sync()
      await disk.rename('/d/a.new', '/d/a')
    })
    expect(seen).toEqual(['600:1', '600:2'])
  })

  test('a file replaced without a sync of its data is caught', async () => {
    const seen = await afterCuts('/d/a', async (disk) => {
      await writeDurably(disk, '/d/a', filled(1, 600))
      const file = await disk.open('/d/a.new', 'exclusive')
      await file.write(filled(2, 600), 0)
      await disk.rename('/d/a.new', '/d/a')
      await disk.syncDirectory('/d')
    })
    expect(seen).toContain('0:')
  })

  test('a removed file may come back until the directory is synced', async () => {
    const removed = async (disk: SimulatedDisk): Promise<void> => {
      await writeDurably(disk, '/d/a', filled(1, 10))
      await disk.remove('/d/a')
    }
    expect(await afterCuts('/d/a', removed)).toEqual(['10:1', 'missing'])
    const durably = async (disk: SimulatedDisk): Promise<void> => {
      await removed(disk)
      await disk.syncDirectory('/d')
    }
    expect(await afterCuts('/d/a', durably)).toEqual(['missing'])
  })

  test('a killed process loses nothing: only a power cut finds a missing sync', async () => {
    const disk = new SimulatedDisk({ random: seededRandom(1) })
    const file = await disk.open('/a', 'create')
    await file.write(filled(7, 100), 0)
    disk.killProcess()
    expect(await readSmallFile(disk, '/a', 100)).toEqual(filled(7, 100))
  })

  test('whoever waited for the disk waits for ever, and time goes on', async () => {
    const time = new SimulatedTime()
    const clock = new SimulatedClock(time)
    const disk = new SimulatedDisk({ random: seededRandom(1), clock }, { latencyMs: 10 })
    let done = false
    const writing = (async () => {
      const file = await disk.open('/a', 'create')
      await file.write(filled(7, 100), 0)
      await file.sync()
      done = true
    })()
    expect(writing).toBeInstanceOf(Promise)
    await time.run(1)
    clock.kill()
    disk.cutPower(new SimulatedClock(time))
    await time.run(1000)
    expect(done).toBe(false)
    expect(time.pending).toBe(0)
  })

  test('a full disk writes what fits and says ENOSPC; a failed sync makes nothing durable', async () => {
    const disk = new SimulatedDisk({ random: seededRandom(1) }, { faults: { capacityBytes: 1000 } })
    const file = await disk.open('/a', 'create')
    await disk.syncDirectory('/')
    await file.write(filled(1, 900), 0)
    await expect(file.write(filled(1, 200), 900)).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(await file.sizeBytes()).toBe(1000)
    expect(await disk.freeBytes()).toBe(0)
    disk.faults = { fail: (operation) => (operation === 'sync' ? 'EIO' : undefined) }
    await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' })
  })
})

describe('the key-value store at a power cut', () => {
  test('keeps what was synced and everything before it, and of the rest a prefix of whole batches', async () => {
    const seen = new Set<string>()
    for (let seed = 0; seed < SEEDS; seed++) {
      const store = new SimulatedKeyValueStore({ random: seededRandom(seed) })
      const put = (n: number) => ({ type: 'put' as const, key: Uint8Array.of(n), value: new Uint8Array(0) })
      await store.write([put(1)], { sync: false })
      await store.write([put(2)], { sync: true })
      await store.write([put(3), put(4)], { sync: false })
      await store.write([put(5)], { sync: false })
      store.cutPower()
      seen.add(store.pairs.map(([key]) => key[0]).join(','))
    }
    expect([...seen].sort()).toEqual(['1,2', '1,2,3,4', '1,2,3,4,5'])
  })
})

describe('seeded chance', () => {
  test('replays, forks, and is about even', () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed)
      const fork = random.fork()
      return [random.fraction(), fork.fraction(), random.below(1000), ...random.bytes(4)]
    }
    expect(draw(5)).toEqual(draw(5))
    expect(draw(5)).not.toEqual(draw(6))
    const random = seededRandom(1)
    let sum = 0
    for (let i = 0; i < 10_000; i++) sum += random.fraction()
    expect(sum / 10_000).toBeCloseTo(0.5, 1)
    expect(random.shuffle([1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4])
  })
})
