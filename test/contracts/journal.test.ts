/** What a journal promises, whatever it is stored in: LevelDB on a real disk, and the simulator's sorted array. */
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createJournal, type Journal } from '../../node/journal/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { type KeyValueStore, openLevel } from '../../node/platform/key-value.ts'
import { systemRandom } from '../../node/platform/random.ts'
import type { CborValue } from '../../protocols/cbor.ts'
import type { Entry, Fold } from '../../protocols/journal.ts'
import { believingAuthority, certifier, noSeal } from '../kit/journal-pieces.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { SimulatedKeyValueStore } from '../kit/simulated-key-value.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const disposals: (() => void)[] = []
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose()
})

/** Opens the same store again and again. */
type Reopen = () => Promise<KeyValueStore>

function simulated(): Reopen {
  const store = new SimulatedKeyValueStore({ random: seededRandom(1) })
  return async () => {
    store.reopen()
    return store
  }
}

function level(): Reopen {
  const folder = temporaryFolder()
  disposals.push(() => folder[Symbol.dispose]())
  return () => openLevel(join(folder.path, 'journal'))
}

async function open(reopen: Reopen): Promise<Journal> {
  return createJournal(
    {
      store: await reopen(),
      clock: systemClock,
      random: systemRandom,
      authority: believingAuthority,
      certify: certifier('a'),
      seal: noSeal
    },
    { node: 'a', understood: new Map() }
  )
}

const entry = (topic: string, body: CborValue) => ({ topic, kind: 'set', version: 1, body })

const lastBody: Fold<{ last: CborValue; lamport: number }> = {
  name: 'last',
  version: 1,
  reads: (topic) => topic.startsWith('t'),
  empty: () => ({ last: null, lamport: -1 }),
  apply(state, { lamport, body }) {
    if (lamport < state.lamport || body === undefined) return
    state.last = body
    state.lamport = lamport
  },
  save: (state) => [state.last, state.lamport],
  load: (saved) => {
    const [last, lamport] = saved as [CborValue, number]
    return { last, lamport }
  }
}

async function bodiesOf(journal: Journal, topic: string): Promise<(CborValue | undefined)[]> {
  const bodies: (CborValue | undefined)[] = []
  for await (const { body } of journal.entriesOf(topic)) bodies.push(body)
  return bodies
}

describe.each([
  ['LevelDB', level],
  ['the simulated store', simulated]
])('a journal on %s', (_, make) => {
  test('keeps entries, order and stamps over three starts', async () => {
    const reopen = make()
    const stamps = []
    for (let start = 0; start < 3; start++) {
      const journal = await open(reopen)
      const made = await Promise.all([1, 2, 3].map((i) => journal.append([entry('t', start * 10 + i)])))
      stamps.push(...made.flat())
      await journal.close()
    }
    const journal = await open(reopen)
    expect(await bodiesOf(journal, 't')).toEqual([1, 2, 3, 11, 12, 13, 21, 22, 23])
    const entries: Entry[] = []
    for await (const one of journal.entriesOf('t')) entries.push(one)
    expect(entries.map(({ writer, number, index, lamport }) => ({ writer, number, index, lamport }))).toEqual(stamps)
    expect(await journal.verify()).toMatchObject({ batches: 6, entries: 9, holes: [], rotten: [], hollow: [] })
    await journal.close()
  })

  test('keeps topics apart that are the beginning of one another', async () => {
    const journal = await open(make())
    await journal.append([entry('t', 1), entry('t/1', 2), entry('t/10', 3), entry('u', 4)])
    expect(await bodiesOf(journal, 't')).toEqual([1])
    expect(await bodiesOf(journal, 't/1')).toEqual([2])
    expect((await journal.view(lastBody)).state.last).toBe(3)
    await journal.close()
  })

  test('loads a view from its snapshot and what came since', async () => {
    const reopen = make()
    const first = await open(reopen)
    await first.view(lastBody)
    await first.append([entry('t', 'old')])
    await first.close()
    const second = await open(reopen)
    await second.append([entry('t', 'new')])
    expect((await second.view(lastBody)).state.last).toBe('new')
    await second.close()
    const third = await open(reopen)
    expect((await third.view(lastBody)).state).toMatchObject({ last: 'new' })
    await third.close()
  })

  test('erases a topic and keeps the chain', async () => {
    const reopen = make()
    const first = await open(reopen)
    await first.append([entry('t', 'gone'), entry('u', 'stays')])
    await first.erase('t')
    await first.close()
    const second = await open(reopen)
    expect(await bodiesOf(second, 't')).toEqual([undefined])
    expect(await bodiesOf(second, 'u')).toEqual(['stays'])
    expect(await second.verify()).toMatchObject({ holes: [], rotten: [], hollow: [] })
    await second.close()
  })

  test('hides what a removed node wrote past its cut, also after a start', async () => {
    const reopen = make()
    const first = await open(reopen)
    const [stamp] = await first.append([entry('t', 'counts')])
    await first.append([entry('t', 'hidden')])
    const cuts = new Map([['a', new Map([[stamp?.writer ?? '', 0]])]])
    await first.setRemoved(cuts)
    const root = first.exchange.root()
    await first.close()
    const second = await open(reopen)
    expect(await bodiesOf(second, 't')).toEqual(['counts'])
    expect(second.exchange.root()).toEqual(root)
    await second.close()
  })

  test('reads a range for a peer in pieces that hold together', async () => {
    const journal = await open(make())
    for (let i = 0; i < 20; i++) await journal.append([entry('t', new Uint8Array(40_000))])
    const numbers: number[] = []
    for (let from: number | undefined = 3; from !== undefined; ) {
      const { batches, next }: Awaited<ReturnType<Journal['exchange']['read']>> = await journal.exchange.read(
        journal.writer,
        from,
        15
      )
      expect(batches.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(300_000)
      numbers.push(...batches.map(({ number }) => number))
      from = next
    }
    expect(numbers).toEqual(Array.from({ length: 13 }, (_, i) => i + 3))
    await journal.close()
  })
})
