/** The simulator itself: it replays, it can fail, and what a quiet room costs. */
import { describe, expect, test } from 'vitest'
import type { Journal } from '../../node/journal/index.ts'
import type { Fold } from '../../protocols/journal.ts'
import { type Facts, factsFold } from './facts-fold.ts'
import { type RoomInit, SimulatedRoom } from './simulated-room.ts'
import { tellStory } from './story.ts'

test('a seed tells the same story each time', async () => {
  for (const seed of [3, 4, 5]) expect(await tellStory(seed)).toEqual(await tellStory(seed))
})

test('a stopped device leaves no timer behind', async () => {
  const forgotten = new Set<string>()
  for (let seed = 1; seed <= 15; seed++) {
    for (const where of (await tellStory(seed, { watchTimers: true })).forgotten)
      forgotten.add(where.replace(/^\S+ /, ''))
  }
  expect([...forgotten]).toEqual([])
})

/** A thousand are run for the real code; a broken one is noticed within a few. */
const SEEDS = 30

describe('the simulator notices', () => {
  /** Whether one of the first seeds ends in an error that `pattern` describes; another error is a failure of this test. */
  async function fails(change: Partial<RoomInit>, pattern: RegExp): Promise<boolean> {
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        await tellStory(seed, change)
      } catch (error) {
        if (!(error instanceof Error) || !pattern.test(error.message)) throw error
        return true
      }
    }
    return false
  }

  test('a fold that lets the last arrival win', async () => {
    const fold: Fold<Facts> = {
      ...factsFold,
      apply(state, entry) {
        factsFold.apply(state, entry)
        const body = entry.body as { id: number; key?: string }
        const held = body.key === undefined ? undefined : state.registers.get(body.key)
        if (held) held.value = body.id
      }
    }
    expect(await fails({ fold }, /other facts|instead of/)).toBe(true)
  })

  test('a range that is dropped from an answer', async () => {
    const tamperJournal = (journal: Journal): Journal => {
      const { exchange } = journal
      const read = exchange.read.bind(exchange)
      exchange.read = async (writer, from, to) => {
        const { batches, next } = await read(writer, from, to)
        return { batches: batches.filter(({ number }) => number % 3 !== 2), next }
      }
      return journal
    }
    expect(await fails({ tamperJournal, convergenceMs: 10_000 }, /not equal|another journal/)).toBe(true)
  })

  test('a disk that says "synced" and does not', async () => {
    expect(await fails({ lyingDisks: true }, /lost|claims|holds fact|INTERNAL|JOURNAL/)).toBe(true)
  })
})

describe('one device has everything and four copy it', () => {
  const BLOBS = 40

  async function copy(devices: number): Promise<{ room: SimulatedRoom; bytes: number }> {
    const room = new SimulatedRoom(7, { devices, network: { bytesPerSecond: 2e6 }, diskLatencyMs: 2 })
    await room.startAll(() => 0)
    const [first] = room.devices
    if (!first) throw new Error('no device')
    let bytes = 0
    const all = room.devices.map(({ id }) => id)
    room.network.part([[first.id], all.slice(1)])
    await room.run(1_000)
    for (let i = 0; i < BLOBS; i++) {
      const length = i < 3 ? 3 * 2 ** 20 + i : 20_000 + 500 * i
      bytes += length
      room.keep(first, new Uint8Array(length).fill(i + 1), 0)
      await room.run(50)
    }
    await room.run(3_000)
    room.network.healAll()
    await room.converge(() => 0)
    return { room, bytes }
  }

  test('no piece comes twice, and the first sends little more than once', async () => {
    const { room, bytes } = await copy(5)
    const twice = [...room.fetches].filter(([, times]) => times > 1)
    expect(twice).toEqual([])
    const [first, ...others] = room.devices
    const sent = others.reduce((sum, { id }) => sum + room.network.bytesBetween(first?.id ?? '', id), 0)
    console.log(`1 to 4: the first device sent ${(sent / bytes).toFixed(2)} times the data`)
    expect(sent / bytes).toBeLessThan(1.3)
  })
})
