import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeCoveredRanges, encodeCoveredRanges } from '../../../protocols/covered-ranges.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { cheapSigning } from '../../simulation/cheap-signing.ts'
import {
  allOf,
  copyBatches,
  cutPowerDuring,
  newStore,
  openJournal,
  setEntry,
  type TestJournal,
  type TestNode,
  TestRoom
} from './room.ts'
import { wordFold, wordMerger, words, wordsOf } from './words.ts'

const open = (node: string, store = newStore(), more = {}): Promise<TestJournal> =>
  openJournal(node, store, { merger: wordMerger, signing: cheapSigning, ...more })

async function typed({ journal }: TestJournal, topic: string, count: number, from = 0): Promise<string[]> {
  const list: string[] = []
  for (let i = from; i < from + count; i++) {
    const word = `${topic}-word-${i}`
    // Merging makes it smaller, as it does with what Yjs says of each key.
    await journal.append([words(topic, `${word}:${'x'.repeat(80)}`)])
    list.push(word)
  }
  return list
}

async function stateOf({ journal }: TestJournal): Promise<string[]> {
  return [...(await journal.view(wordFold)).state].sort()
}

async function bodiesOf({ journal }: TestJournal, topic: string): Promise<number> {
  return (await allOf(journal.entriesOf(`text/${topic}`))).filter(({ body }) => body !== undefined).length
}

async function copyAll(...parameters: Parameters<typeof copyBatches>): Promise<void> {
  await copyBatches(...parameters)
  // Claims are acted on in the background.
  const [, { journal }] = parameters
  await journal.verify()
  await journal.compact()
}

const rootOf = ({ journal }: TestJournal): string => Buffer.from(journal.exchange.root()).toString('hex')

describe('what a node wrote itself becomes few entries', () => {
  test('the bodies go, the state stays, and so do numbers and chain', async () => {
    const one = await open('n1')
    const list = await typed(one, 'a', 40)
    const before = storedBytes(one)
    expect(await one.journal.compact()).toBeGreaterThan(30)
    expect(await stateOf(one)).toEqual(list.sort())
    // Batch 0, the end of the log, and what stands for the rest.
    expect(await bodiesOf(one, 'a')).toBeLessThan(6)
    expect(storedBytes(one)).toBeLessThan(before)
    const report = await one.journal.verify()
    expect(report).toMatchObject({ holes: [], rotten: [], hollow: [], unindexed: 0 })
    expect(await one.journal.compact()).toBe(0)
  })

  test('logs of ended processes are merged by the next one, with the state of a fresh fold', async () => {
    const store = newStore()
    const first = await open('n1', store)
    const list = await typed(first, 'a', 30)
    await first.journal.close()
    store.killProcess()
    const second = await open('n1', store)
    expect(await second.journal.compact()).toBeGreaterThan(20)
    await second.journal.close()
    store.killProcess()
    const third = await open('n1', store)
    expect(await stateOf(third)).toEqual(list.sort())
    expect(await bodiesOf(third, 'a')).toBeLessThan(6)
  })

  test('a batch with something that must stay is left whole', async () => {
    const one = await open('n1')
    await typed(one, 'a', 12)
    await one.journal.append([words('a', 'stay-here'), words('a', 'beside-it')])
    await one.journal.append([words('a', 'mixed'), setEntry('t', 'name', 1)])
    await typed(one, 'a', 12, 12)
    await one.journal.compact()
    const kept = (await allOf(one.journal.entriesOf('text/a'))).flatMap(({ kind, body }) =>
      kind === 'words' ? wordsOf(body) : []
    )
    expect(kept).toEqual(expect.arrayContaining(['stay-here', 'beside-it', 'mixed']))
  })

  test('what is not worth an entry stays', async () => {
    const one = await open('n1')
    await typed(one, 'a', 7)
    expect(await one.journal.compact()).toBe(0)
  })

  test('nobody merges what another node wrote', async () => {
    const [one, two] = [await open('n1'), await open('n2')]
    await typed(one, 'a', 30)
    await copyAll(one, two)
    expect(await bodiesOf(two, 'a')).toBe(30)
  })
})

describe('replicas become equal, whatever they had', () => {
  test('with all originals, with some, with none', async () => {
    const one = await open('n1')
    const all = await open('all')
    const some = await open('some')
    const none = await open('none')
    const list = await typed(one, 'a', 20)
    await copyAll(one, some)
    list.push(...(await typed(one, 'a', 20, 20)))
    await copyAll(one, all)
    await one.journal.compact()
    for (const replica of [all, some, none]) {
      await copyAll(one, replica)
      expect(await stateOf(replica)).toEqual([...list].sort())
      expect(rootOf(replica)).toBe(rootOf(one))
      expect(await bodiesOf(replica, 'a')).toBe(await bodiesOf(one, 'a'))
      expect((await replica.journal.verify()).hollow).toEqual([])
      expect(replica.journal.exchange.repairs()).toEqual([])
    }
  })

  test('a snapshot of a fold that is older than the merge holds', async () => {
    const one = await open('n1')
    const store = newStore()
    const two = await open('n2', store)
    const list = await typed(one, 'a', 30)
    await copyAll(one, two)
    await stateOf(two)
    await two.journal.close()
    store.killProcess()
    const again = await open('n2', store)
    await one.journal.compact()
    await copyAll(one, again)
    expect(await stateOf(again)).toEqual(list.sort())
  })

  test('the claim may come before what it speaks of', async () => {
    const store = newStore()
    const first = await open('n1', store)
    const list = await typed(first, 'a', 30)
    const ended = first.journal.writer
    await first.journal.close()
    store.killProcess()
    const second = await open('n1', store)
    await second.journal.compact()
    for (const order of [
      (w: string[]) => w.sort((a) => (a === ended ? 1 : -1)),
      (w: string[]) => w.sort((a) => (a === ended ? -1 : 1))
    ]) {
      const two = await open('n2')
      await copyAll(second, two, order)
      expect(await stateOf(two)).toEqual([...list].sort())
      expect((await two.journal.verify()).hollow).toEqual([])
    }
  })
})

describe('a claim is the word of one node about itself', () => {
  test('that of another node is no claim', async () => {
    const [victim, liar] = [await open('victim'), await open('liar')]
    await typed(victim, 'a', 20)
    await copyAll(victim, liar)
    await liar.journal.append([await claimOn(victim, 1, 15)])
    await copyAll(liar, victim)
    expect(await bodiesOf(victim, 'a')).toBe(20)
    expect(await bodiesOf(liar, 'a')).toBe(20)
  })

  test('it takes no body of another kind', async () => {
    const one = await open('n1')
    for (let i = 0; i < 20; i++) await one.journal.append([setEntry('t', `name-${i}`, i)])
    await one.journal.append([await claimOn(one, 1, 18)])
    await one.journal.compact()
    expect((await allOf(one.journal.entriesOf('t'))).every(({ body }) => body !== undefined)).toBe(true)
  })

  test('with another hash, or of numbers that are not there, it means nothing', async () => {
    const one = await open('n1')
    await typed(one, 'a', 7)
    const claim = await claimOn(one, 1, 5)
    const wrong = decodeCoveredRanges(claim.body)?.[0]
    if (!wrong) throw new Error('no claim')
    await one.journal.append([{ ...claim, body: encodeCoveredRanges([{ ...wrong, hash: new Uint8Array(32) }]) }])
    await one.journal.append([{ ...claim, body: encodeCoveredRanges([{ ...wrong, to: 5000 }]) }])
    await one.journal.compact()
    expect(await bodiesOf(one, 'a')).toBe(7)
  })

  test('past the cut of a removed node it is void, and the bodies come back from who has them', async () => {
    const one = await open('n1')
    const remover = await open('remover')
    const believer = await open('believer')
    const list = await typed(one, 'a', 30)
    await copyAll(one, remover)
    const cut = new Map(remover.journal.lastNumbers('n1'))
    await one.journal.compact()
    await copyAll(one, believer)
    expect(await bodiesOf(believer, 'a')).toBeLessThan(6)
    for (const replica of [remover, believer]) await replica.journal.setRemoved(new Map([['n1', cut]]))
    expect(believer.journal.exchange.repairs()).not.toEqual([])
    await copyAll(remover, believer)
    expect(await stateOf(believer)).toEqual(list.sort())
    expect(believer.journal.exchange.repairs()).toEqual([])
    expect(rootOf(believer)).toBe(rootOf(remover))
    // The removal was a mistake: of two cuts the higher counts, and the claim does again.
    for (const replica of [remover, believer]) await replica.journal.setRemoved(new Map())
    await copyAll(believer, remover)
    for (const replica of [remover, believer]) {
      await replica.journal.compact()
      expect(await bodiesOf(replica, 'a')).toBeLessThan(6)
      expect(await stateOf(replica)).toEqual(list)
    }
  })
})

describe('erasing and merging', () => {
  test('who merged without having heard of an erasure brings nothing back', async () => {
    const [one, two] = [await open('n1'), await open('n2')]
    await typed(one, 'a', 30)
    await copyAll(one, two)
    await two.journal.erase('text/a')
    // Its clock runs ahead, so that what it merges is later than the erasure.
    await typed(one, 'b', 30)
    await one.journal.compact()
    await copyAll(one, two)
    await copyAll(two, one)
    for (const replica of [one, two]) {
      expect((await stateOf(replica)).filter((word) => word.startsWith('a-'))).toEqual([])
      expect((await replica.journal.verify()).hollow).toEqual([])
    }
    expect(rootOf(one)).toBe(rootOf(two))
  })

  test('what is written after the erasure is merged and stays', async () => {
    const one = await open('n1')
    await typed(one, 'a', 10)
    await one.journal.erase('text/a')
    const list = await typed(one, 'a', 30, 100)
    await one.journal.compact()
    expect(await stateOf(one)).toEqual(list.sort())
  })
})

test('random histories: merged at random moments on random replicas, in any order and with repetitions, the state is that of no merging', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          what: fc.constantFrom('type', 'type', 'type', 'copy', 'copy', 'compact', 'restart'),
          who: fc.nat(2),
          other: fc.nat(2)
        }),
        { minLength: 5, maxLength: 25 }
      ),
      async (history) => {
        const stores = [newStore(), newStore(), newStore()]
        const replicas: TestJournal[] = []
        for (const [i, store] of stores.entries()) replicas.push(await open(`n${i}`, store))
        const expected: string[] = []
        let next = 0
        for (const { what, who, other } of history) {
          const replica = replicas[who] as TestJournal
          if (what === 'type') {
            expected.push(...(await typed(replica, who % 2 ? 'a' : 'b', 12, next)))
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
        for (const replica of replicas) {
          expect(await stateOf(replica)).toEqual([...expected].sort())
          expect(rootOf(replica)).toBe(rootOf(replicas[0] as TestJournal))
          expect((await replica.journal.verify()).hollow).toEqual([])
        }
      }
    ),
    { numRuns: 25 }
  )
})

describe('when the power fails', () => {
  test('in the middle of merging and shrinking, nothing is lost and the next start goes on', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = seededRandom(seed)
      const store = newStore()
      const one = await open('n1', store)
      const list = await typed(one, 'a', 40)
      await cutPowerDuring(store, random.below(8), () => one.journal.compact())
      const again = await open('n1', store)
      await again.journal.verify()
      expect(await stateOf(again), `seed ${seed}`).toEqual([...list].sort())
      expect((await again.journal.verify()).hollow, `seed ${seed}`).toEqual([])
      await again.journal.compact()
      expect(await stateOf(again), `seed ${seed}`).toEqual([...list].sort())
      expect(await bodiesOf(again, 'a')).toBeLessThan(8)
    }
  })
})

test('a node that was away for long catches up through the exchange, and one that is made anew too', async () => {
  const room = new TestRoom(5)
  const more = { merger: wordMerger }
  const one = await room.start('n1', undefined, more)
  const two = await room.start('n2', undefined, more)
  const write = async (node: TestNode, from: number): Promise<void> => {
    for (let i = from; i < from + 40; i++) await room.append(node, words('a', `word-${i}:${'x'.repeat(80)}`))
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
  const expected = [...(await room.settled(one.journal.view(wordFold))).state].sort()
  expect(expected).toHaveLength(80)
  for (const node of [back, fresh])
    expect([...(await room.settled(node.journal.view(wordFold))).state].sort()).toEqual(expected)
  await room.stop()
})

async function claimOn({ journal }: TestJournal, from: number, to: number) {
  const read = await journal.exchange.read(journal.writer, to, to)
  const { decodeBatch } = await import('../../../protocols/batch.ts')
  const { sha256 } = await import('../../../node/platform/hash.ts')
  const batch = decodeBatch(read.batches[0]?.bytes as Uint8Array)
  const body = encodeCoveredRanges([{ writer: batch.header.writer, from, to, hash: sha256(batch.headerBytes) }])
  return { topic: 'journal', kind: 'covered', version: 1, audience: 'public' as const, body }
}

function storedBytes({ store }: TestJournal): number {
  const { pairs } = store as unknown as { pairs: [Uint8Array, Uint8Array][] }
  return pairs.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
}
