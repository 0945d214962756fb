import { describe, expect, test } from 'vitest'
import { MAX_REGISTERS, MERGE_EVERY_MS, MIN_OVERWRITTEN } from '../../../node/journal/limits.ts'
import { sha256 } from '../../../node/platform/hash.ts'
import { decodeBatch } from '../../../protocols/batch.ts'
import { encodeOverwritten, placeOf } from '../../../protocols/overwritten-places.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { copyAll, open, PAD, saidOf, set, settled, valuesOf } from './overwriting-kit.ts'
import { allOf, newStore, openJournal, setEntry, setRegisters, type TestJournal } from './room.ts'
import { words } from './words.ts'

async function claimOn(
  { journal }: TestJournal,
  writer: string,
  places: [number: number, index: number][],
  change: { to?: number; hash?: Uint8Array } = {}
) {
  const to = change.to ?? Math.max(...places.map(([number]) => number))
  const read = await journal.exchange.read(writer, Math.min(to, journal.exchange.next(writer) - 1), null)
  const batch = decodeBatch(read.batches[0]?.bytes as Uint8Array)
  const hash = change.hash ?? sha256(batch.headerBytes)
  const list = places.map(([number, index]) => placeOf(number, index))
  const body = encodeOverwritten([{ writer: batch.header.writer, from: 0, to, hash, places: list }])
  return { topic: 'journal', kind: 'overwritten', version: 1, audience: 'public' as const, body }
}

describe('what a node has overwritten itself becomes small', () => {
  test('only the last values keep their bodies; state, numbers and chain stay', async () => {
    const one = await open('n1')
    await set(one, 0, 30)
    const before = storedBytes(one)
    expect(await one.journal.compact()).toBe(27)
    expect(await saidOf(one)).toEqual(['27', '28', '29'])
    expect(await valuesOf(one)).toEqual({ 'name-0': '27', 'name-1': '28', 'name-2': '29' })
    expect(storedBytes(one)).toBeLessThan(before - 27 * 60)
    expect(await one.journal.verify()).toMatchObject({ holes: [], rotten: [], hollow: [], unindexed: 0 })
    expect(await one.journal.compact()).toBe(0)
  })

  test('values of ended processes go too, and a fresh fold gives the same', async () => {
    const store = newStore()
    for (let start = 0; start < 4; start++) {
      const journal = await open('n1', store)
      await set(journal, start * 9, 9)
      await journal.journal.close()
      store.killProcess()
    }
    const last = await open('n1', store)
    expect(await last.journal.compact()).toBe(33)
    await last.journal.close()
    store.killProcess()
    const again = await open('n1', store)
    expect(await saidOf(again)).toEqual(['33', '34', '35'])
    expect(await valuesOf(again)).toEqual({ 'name-0': '33', 'name-1': '34', 'name-2': '35' })
    expect((await again.journal.verify()).hollow).toEqual([])
    expect(await again.journal.compact()).toBe(0)
  })

  test('what is not worth an entry stays, and so does what another node wrote, also when we overwrote it', async () => {
    const [one, two] = [await open('n1'), await open('n2')]
    await set(one, 0, 5)
    expect(await one.journal.compact()).toBe(0)
    await set(one, 5, 20)
    await copyAll(one, two)
    await set(two, 100, 3)
    expect(await two.journal.compact()).toBe(0)
    expect(await saidOf(two)).toHaveLength(28)
  })

  test('one topic does not overwrite another, and other kinds are never touched', async () => {
    const one = await open('n1')
    for (let i = 0; i < 20; i++)
      await one.journal.append([setEntry(`t${i}`, 'name', `${i}:${PAD}`), setEntry('t', 'n', i, { kind: 'other' })])
    expect(await one.journal.compact()).toBe(0)
  })

  test('by itself after a minute without writing, once there are enough', async () => {
    const time = new SimulatedTime()
    const clock = new SimulatedClock(time)
    const one = await open('n1', newStore(), { clock })
    const write = async (from: number, count: number): Promise<void> => {
      const work = set(one, from, count)
      let done = false
      void work.then(() => {
        done = true
      })
      await time.run(time.nowMs + 10_000, () => done)
    }
    await write(0, 3 + MIN_OVERWRITTEN - 1)
    await time.run(time.nowMs + 2 * MERGE_EVERY_MS)
    expect(await saidOf(one)).toHaveLength(3 + MIN_OVERWRITTEN - 1)
    await write(3 + MIN_OVERWRITTEN - 1, 1)
    await time.run(time.nowMs + 2 * MERGE_EVERY_MS)
    expect(await saidOf(one)).toHaveLength(3)
  })

  test('so many registers are remembered: of one that rested while so many others were written the old value stays', async () => {
    const one = await open('n1')
    const names = Array.from({ length: MAX_REGISTERS + 1 }, (_, i) => `name-${i}`)
    const write = (list: string[], value: string) =>
      one.journal.append(list.map((name) => setEntry('t', name, `${value}:${PAD}`)))
    for (let at = 0; at < names.length; at += 1000) await write(names.slice(at, at + 1000), 'old')
    expect(await one.journal.compact()).toBe(0)
    await write([...names.slice(1, 31), 'name-0'], 'new')
    expect(await one.journal.compact()).toBe(30)
    const rests = (await allOf(one.journal.entriesOf('t'))).filter(({ body }) => {
      return body !== undefined && (body as { name: string }).name === 'name-0'
    })
    expect(rests).toHaveLength(2)
  })

  test('a device that may not write about the journal claims nothing and reports nothing', async () => {
    const authority = {
      check: (certificate: Uint8Array) => ({
        writer: Buffer.from(certificate.subarray(0, 32)).toString('hex'),
        node: 'n1'
      }),
      mayWrite: (_certificate: Uint8Array, topic: string) => topic === 't'
    }
    const one = await openJournal('n1', newStore(), { registers: setRegisters, authority, certify: (key) => key })
    await set(one, 0, 30)
    expect(await one.journal.compact()).toBe(0)
    expect(one.problems).toEqual([])
  })
})

describe('replicas become equal, whatever they had', () => {
  test('with all values, with some, with none, and whichever log comes first', async () => {
    const store = newStore()
    const first = await open('n1', store)
    const [all, some] = [await open('all'), await open('some')]
    await set(first, 0, 15)
    await copyAll(first, some)
    const ended = first.journal.writer
    await first.journal.close()
    store.killProcess()
    const one = await open('n1', store)
    await set(one, 15, 15)
    await copyAll(one, all)
    await one.journal.compact()
    const early = await open('early')
    const late = await open('late')
    for (const replica of [all, some, early, late]) {
      const order = (writers: string[]): string[] =>
        writers.sort((writer) => ((writer === ended) === (replica === late) ? 1 : -1))
      await copyAll(one, replica, order)
      expect(await valuesOf(replica)).toEqual(await valuesOf(one))
      expect(await saidOf(replica)).toEqual(['27', '28', '29'])
      expect((await replica.journal.verify()).hollow).toEqual([])
      expect(replica.journal.exchange.repairs()).toEqual([])
    }
  })

  test('a snapshot of a fold that is older than the claim holds', async () => {
    const one = await open('n1')
    const store = newStore()
    const two = await open('n2', store)
    await set(one, 0, 30)
    await copyAll(one, two)
    await valuesOf(two)
    await two.journal.close()
    store.killProcess()
    const again = await open('n2', store)
    await one.journal.compact()
    await copyAll(one, again)
    expect(await valuesOf(again)).toEqual(await valuesOf(one))
    expect(await saidOf(again)).toHaveLength(3)
  })

  test('of two sides of a split network each lets go of its own, and the later one counts', async () => {
    const [one, two] = [await open('n1'), await open('n2')]
    await set(one, 0, 30)
    await set(two, 100, 60)
    await one.journal.compact()
    await two.journal.compact()
    for (let round = 0; round < 2; round++) {
      await copyAll(one, two)
      await copyAll(two, one)
    }
    expect(await valuesOf(one)).toEqual(await valuesOf(two))
    expect(Object.values(await valuesOf(one)).every((value) => Number(value) >= 100)).toBe(true)
    expect(await saidOf(one)).toHaveLength(6)
  })
})

describe('a claim is the word of one node about its own registers', () => {
  test('that of another node is no claim', async () => {
    const [victim, liar] = [await open('victim'), await open('liar')]
    await set(victim, 0, 6)
    await copyAll(victim, liar)
    await liar.journal.append([
      await claimOn(liar, victim.journal.writer, [
        [0, 0],
        [1, 0]
      ])
    ])
    await copyAll(liar, victim)
    for (const replica of [victim, liar]) expect(await saidOf(replica)).toHaveLength(6)
  })

  test('it takes no body of another kind', async () => {
    const one = await open('n1')
    for (let i = 0; i < 6; i++) await one.journal.append([setEntry('t', 'removed', i, { kind: 'removed' })])
    await one.journal.append([
      await claimOn(one, one.journal.writer, [
        [0, 0],
        [1, 0]
      ])
    ])
    await one.journal.compact()
    expect((await allOf(one.journal.entriesOf('t'))).every(({ body }) => body !== undefined)).toBe(true)
  })

  test('with another hash, or as far as there is nothing, it means nothing', async () => {
    const one = await open('n1')
    await set(one, 0, 6)
    const { writer } = one.journal
    await one.journal.append([await claimOn(one, writer, [[0, 0]], { hash: new Uint8Array(32) })])
    await one.journal.append([await claimOn(one, writer, [[0, 0]], { to: 5000 })])
    await settled(one)
    expect(await saidOf(one)).toHaveLength(6)
  })
})

describe('when the node is removed', () => {
  test('a claim past the cut is void, the older value counts again and comes back from who has it', async () => {
    const [one, remover, believer] = [await open('n1'), await open('remover'), await open('believer')]
    await set(one, 0, 12)
    await copyAll(one, remover)
    const cut = new Map(remover.journal.lastNumbers('n1'))
    await set(one, 12, 30)
    await one.journal.compact()
    await copyAll(one, believer)
    expect(await saidOf(believer)).toHaveLength(3)
    for (const replica of [remover, believer]) await replica.journal.setRemoved(new Map([['n1', cut]]))
    await copyAll(remover, believer)
    expect(await valuesOf(believer)).toEqual({ 'name-0': '9', 'name-1': '10', 'name-2': '11' })
    expect(await valuesOf(believer)).toEqual(await valuesOf(remover))
    expect(believer.journal.exchange.repairs()).toEqual([])
    // It was a mistake: of two cuts the higher counts.
    for (const replica of [remover, believer]) await replica.journal.setRemoved(new Map())
    await copyAll(believer, remover)
    for (const replica of [remover, believer]) {
      await settled(replica)
      expect(await saidOf(replica)).toEqual(['39', '40', '41'])
    }
  })

  test('a claim whose newer value is cut off in another log is void, although the claim itself counts', async () => {
    const store = newStore()
    const first = await open('n1', store)
    const [remover, believer] = [await open('remover'), await open('believer')]
    await set(first, 0, 12)
    await copyAll(first, remover)
    await set(first, 12, 18)
    const ended = first.journal.writer
    await first.journal.close()
    store.killProcess()
    // A later start claims what the earlier one overwrote.
    const second = await open('n1', store)
    await second.journal.append([words('a', 'hello')])
    expect(await second.journal.compact()).toBe(27)
    await copyAll(second, believer)
    expect(await saidOf(believer)).toEqual(['27', '28', '29'])
    // Whoever removes it knows the second log with the claim, and of the first only the beginning.
    await copyAll(second, remover, (writers) => writers.filter((writer) => writer !== ended))
    const cuts = new Map(remover.journal.lastNumbers('n1'))
    expect(cuts.get(ended)).toBe(11)
    for (const replica of [remover, believer]) await replica.journal.setRemoved(new Map([['n1', cuts]]))
    await copyAll(remover, believer)
    for (const replica of [remover, believer]) {
      expect(await valuesOf(replica)).toEqual({ 'name-0': '9', 'name-1': '10', 'name-2': '11' })
      expect((await replica.journal.verify()).hollow).toEqual([])
    }
  })
})

test('a claim holds only with the log that has the newer values, also where it takes nothing from it', async () => {
  const store = newStore()
  const writers: string[] = []
  for (const [from, count] of [
    [0, 12],
    [12, 3]
  ] as const) {
    const journal = await open('n1', store)
    await set(journal, from, count)
    writers.push(journal.journal.writer)
    await journal.journal.close()
    store.killProcess()
  }
  const third = await open('n1', store)
  expect(await third.journal.compact()).toBe(12)
  const [remover, believer] = [await open('remover'), await open('believer')]
  await copyAll(third, believer)
  expect(await saidOf(believer)).toEqual(['12', '13', '14'])
  // It has the claim and what was overwritten, and not what overwrote it.
  await copyAll(third, remover, (list) => list.filter((writer) => writer !== writers[1]))
  expect(await valuesOf(remover)).toEqual({})
  const cuts = new Map(remover.journal.lastNumbers('n1'))
  await believer.journal.setRemoved(new Map([['n1', cuts]]))
  expect(believer.journal.exchange.repairs()).not.toEqual([])
})

test('what is erased stays erased, and a value after the erasure stays', async () => {
  const [one, two] = [await open('n1'), await open('n2')]
  await set(one, 0, 30)
  await copyAll(one, two)
  await two.journal.erase('t')
  await set(one, 30, 30)
  await one.journal.compact()
  await copyAll(one, two)
  await copyAll(two, one)
  for (const replica of [one, two]) {
    expect((await valuesOf(replica))['name-2']).toBe('59')
    expect((await replica.journal.verify()).hollow).toEqual([])
  }
})

function storedBytes({ store }: TestJournal): number {
  const { pairs } = store as unknown as { pairs: [Uint8Array, Uint8Array][] }
  return pairs.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
}
