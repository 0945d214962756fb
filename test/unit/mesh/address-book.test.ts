import { describe, expect, test } from 'vitest'
import { AddressBook } from '../../../node/mesh/address-book.ts'
import { ADDRESS_BOOK_INTERVAL_MS, MAX_ADDRESSES_PER_NODE, MAX_KNOWN_NODES } from '../../../node/mesh/limits.ts'
import { nodeIdOfPublicKey } from '../../../protocols/node-id.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedClock, SimulatedTime, settle } from '../../kit/simulated-clock.ts'
import { SimulatedDisk } from '../../kit/simulated-disk.ts'

const random = seededRandom(3)
const nodeAt = (): string => nodeIdOfPublicKey(random.bytes(32))

interface World {
  time: SimulatedTime
  disk: SimulatedDisk
  open(): Promise<AddressBook>
}

async function world(): Promise<World> {
  const time = new SimulatedTime()
  const disk = new SimulatedDisk({ random })
  await disk.makeDirectory('/data')
  await disk.syncDirectory('/')
  const clock = new SimulatedClock(time)
  return { time, disk, open: async () => new AddressBook({ clock, disk }, { folder: '/data' }) }
}

describe('the address book', () => {
  test('is there after a restart, and after a power cut once it was written', async () => {
    const { time, disk, open } = await world()
    const node = nodeAt()
    const book = await open()
    await book.load()
    book.remember(node, ['/ip4/10.0.0.1/tcp/4001'])
    await time.run(ADDRESS_BOOK_INTERVAL_MS + 1)
    await settle()
    disk.cutPower()
    expect([...(await (await open()).load())]).toEqual([[node, ['/ip4/10.0.0.1/tcp/4001']]])
  })

  test('is written at most once a minute, and not at all when nothing changed', async () => {
    const { time, disk, open } = await world()
    const book = await open()
    await book.load()
    const node = nodeAt()
    const before = disk.syncs
    for (let i = 0; i < 100; i++) {
      book.remember(node, [`/ip4/10.0.0.1/tcp/${4001 + (i % 7)}`])
      await time.run(time.nowMs + 1_000)
    }
    const perWrite = 2
    expect(disk.syncs - before).toBeGreaterThan(0)
    expect(disk.syncs - before).toBeLessThanOrEqual(2 * perWrite)
    await book.close()
    const after = disk.syncs
    book.remember(node, [`/ip4/10.0.0.1/tcp/${4001 + (99 % 7)}`])
    await time.run(time.nowMs + 10 * ADDRESS_BOOK_INTERVAL_MS)
    expect(disk.syncs).toBe(after)
  })

  test('holds so many nodes and addresses and no more', async () => {
    const { open } = await world()
    const book = await open()
    await book.load()
    const addresses = Array.from({ length: MAX_ADDRESSES_PER_NODE + 1 }, (_, i) => `/ip4/10.0.0.1/tcp/${i + 1}`)
    const nodes = Array.from({ length: MAX_KNOWN_NODES + 1 }, nodeAt)
    for (const node of nodes) book.remember(node, addresses)
    await book.close()
    const read = await (await open()).load()
    expect(read.size).toBe(MAX_KNOWN_NODES)
    expect(read.has(nodes[0] as string)).toBe(false)
    expect(read.get(nodes[1] as string)).toEqual(addresses.slice(0, MAX_ADDRESSES_PER_NODE))
  })

  test('that is damaged or cannot be written stops nothing, and says so', async () => {
    const { disk, open } = await world()
    const book = await open()
    await book.load()
    book.remember(nodeAt(), ['/ip4/10.0.0.1/tcp/4001'])
    await book.close()
    disk.flipBit('/data/address-book', 1)
    const damaged = await open()
    expect((await damaged.load()).size).toBe(0)
    expect(damaged.failure).toBeDefined()
    disk.faults = { fail: (operation) => (operation === 'write' ? 'ENOSPC' : undefined) }
    damaged.remember(nodeAt(), ['/ip4/10.0.0.2/tcp/4001'])
    await damaged.close()
    expect(damaged.failure).toContain('ENOSPC')
  })
})
