import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareStamps, type Stamp } from '../../../protocols/journal.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { copyAll, more, open, PAD, saidOf, set, valuesOf } from './overwriting-kit.ts'
import { cutPowerDuring, newStore, registersFold, setEntry, type TestJournal, type TestNode, TestRoom } from './room.ts'
import { wordFold, words } from './words.ts'

test('random histories: claimed at random moments on random replicas, in any order and with repetitions, the values are those of no claiming', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          what: fc.constantFrom('set', 'set', 'set', 'copy', 'copy', 'compact', 'compact', 'restart'),
          who: fc.nat(2),
          other: fc.nat(2)
        }),
        { minLength: 5, maxLength: 25 }
      ),
      async (history) => {
        const stores = [newStore(), newStore(), newStore()]
        const replicas: TestJournal[] = []
        for (const [i, store] of stores.entries()) replicas.push(await open(`n${i}`, store))
        let next = 0
        const written: { name: string; value: string; stamp: Stamp }[] = []
        for (const { what, who, other } of history) {
          const replica = replicas[who] as TestJournal
          if (what === 'set') {
            const stamps = await set(replica, next, 12)
            for (const [i, stamp] of stamps.entries())
              written.push({ name: `name-${i % 3}`, value: `${next + i}`, stamp })
            next += 12
          } else if (what === 'copy') await copyAll(replica, replicas[other] as TestJournal)
          else if (what === 'compact') await replica.journal.compact()
          else {
            await replica.journal.close()
            stores[who]?.killProcess()
            replicas[who] = await open(`n${who}`, stores[who])
          }
        }
        for (let round = 0; round < 2; round++)
          for (const from of replicas) for (const to of replicas) if (from !== to) await copyAll(from, to)
        const [first] = replicas as [TestJournal, ...TestJournal[]]
        // What everybody wrote, in the order of stamps: nothing of it was ever compared by a journal.
        const newest = Object.fromEntries(
          written.sort((a, b) => compareStamps(a.stamp, b.stamp)).map(({ name, value }) => [name, value])
        )
        const expected = await valuesOf(first)
        for (const replica of replicas) {
          expect(await valuesOf(replica)).toEqual(expected)
          expect(await saidOf(replica)).toEqual(await saidOf(first))
          expect((await replica.journal.verify()).hollow).toEqual([])
        }
        expect(expected).toEqual(newest)
      }
    ),
    { numRuns: 12 }
  )
})

test('the power fails in the middle of claiming and shrinking: no newest value is lost, and the next start goes on', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = seededRandom(seed)
    const store = newStore()
    const one = await open('n1', store)
    await set(one, 0, 40)
    await cutPowerDuring(store, random.below(5), () => one.journal.compact())
    const again = await open('n1', store)
    await again.journal.verify()
    const expected = { 'name-0': '39', 'name-1': '37', 'name-2': '38' }
    expect(await valuesOf(again), `seed ${seed}`).toEqual(expected)
    expect((await again.journal.verify()).hollow, `seed ${seed}`).toEqual([])
    await again.journal.compact()
    expect(await valuesOf(again), `seed ${seed}`).toEqual(expected)
    expect(await saidOf(again), `seed ${seed}`).toEqual(['37', '38', '39'])
  }
})

test('a node that was away catches up through the exchange, and one that is made anew too', async () => {
  const room = new TestRoom(5)
  const one = await room.start('n1', undefined, more)
  const two = await room.start('n2', undefined, more)
  const write = async (node: TestNode, from: number): Promise<void> => {
    for (let i = from; i < from + 40; i++)
      await room.append(node, setEntry('t', `name-${i % 3}`, `${i}:${PAD}`), words('a', `word-${i}:${PAD}`))
  }
  await write(one, 0)
  await room.untilEqual()
  const kept = room.crash(two)
  await write(one, 40)
  await room.settled(one.journal.compact())
  const back = await room.start('n2', kept, more)
  const fresh = await room.start('n3', undefined, more)
  await room.untilEqual()
  await room.run(5_000)
  for (const node of [one, back, fresh]) {
    const { state } = await room.settled(node.journal.view(registersFold('all')))
    const values = Object.values(state).map(({ value }) => String(value).split(':')[0])
    expect(values.sort()).toEqual(['77', '78', '79'])
    expect((await room.settled(node.journal.view(wordFold))).state.size).toBe(80)
    expect(await saidOf(node)).toEqual(['77', '78', '79'])
  }
  await room.stop()
})
