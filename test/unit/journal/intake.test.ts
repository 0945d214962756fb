import { describe, expect, it } from 'vitest'
import { MAX_FOLLOWED_LAMPORT } from '../../../node/journal/limits.ts'
import { decodeBatch, encodeBatch } from '../../../protocols/batch.ts'
import { MAX_TIPS } from '../../../protocols/journal-sync.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { HandWriter } from './hand-writer.ts'
import { allOf, namesOf, newStore, openJournal, registersFold, setEntry } from './room.ts'

async function held(journal: Awaited<ReturnType<typeof openJournal>>['journal']): Promise<(string | undefined)[]> {
  await settle()
  return namesOf(await allOf(journal.entriesOf('t')))
}

/** Lets commits end: the stores of these tests wait for nothing. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

describe('a batch of a peer', () => {
  it('is stored once, however often it comes', async () => {
    const { journal } = await openJournal('a')
    const writer = new HandWriter(1, 'b')
    const first = writer.write('x', 1)
    const second = writer.write('y', 1)
    expect(await journal.exchange.take([first.bytes, second.bytes])).toMatchObject({
      added: 2,
      gaps: [],
      refused: undefined
    })
    expect(await journal.exchange.take([second.bytes, first.bytes])).toMatchObject({ added: 0, refused: undefined })
    expect(await held(journal)).toEqual(['x', 'y'])
    expect(await allOf(journal.entriesOf('t'))).toMatchObject([{ node: 'b' }, { node: 'b' }])
    await journal.close()
  })

  it('with a gap before it is not stored; the gap is named', async () => {
    const { journal } = await openJournal('a')
    const writer = new HandWriter(1, 'b')
    const [first, , third] = [writer.write('x', 1), writer.write('y', 1), writer.write('z', 1)]
    expect(await journal.exchange.take([third.bytes])).toMatchObject({
      added: 0,
      gaps: [{ writer: writer.id, from: 0 }]
    })
    expect(await journal.exchange.take([first.bytes, third.bytes])).toMatchObject({
      added: 1,
      gaps: [{ writer: writer.id, from: 1, branch: false }]
    })
    await journal.close()
  })

  const lies: [string, string, (writer: HandWriter) => Uint8Array][] = [
    [
      'a wrong signature',
      'BATCH_UNSIGNED',
      (w) => spoil(w.write('x', 1).bytes, (b) => ({ ...b, signature: new Uint8Array(64) }))
    ],
    [
      'a body that was not signed',
      'BATCH_UNSIGNED',
      (w) => spoil(w.write('x', 1).bytes, (b) => ({ ...b, bodies: [new Uint8Array(20)] }))
    ],
    ['a certificate of nobody here', 'BATCH_UNCERTIFIED', () => new HandWriter(9, 'stranger').write('x', 1).bytes],
    [
      'a certificate of another writer',
      'BATCH_UNCERTIFIED',
      (w) =>
        new HandWriter(9, 'b').write('x', 1, {
          certificate: decodeBatch(w.draft(undefined, []).bytes).header.certificate
        }).bytes
    ],
    ['bytes that are no batch', 'MALFORMED', () => new Uint8Array(100)]
  ]
  it.each(lies)('with %s is refused and stored nowhere', async (_, code, lie) => {
    const { journal } = await openJournal('a')
    const writer = new HandWriter(1, 'b')
    const result = await journal.exchange.take([lie(writer), new HandWriter(2, 'b').write('after', 1).bytes])
    expect(result.refused?.code).toBe(code)
    expect(result.added).toBe(0)
    expect(await held(journal)).toEqual([])
    await journal.close()
  })

  it('with a lamport not above the one before is refused: nothing is back-dated', async () => {
    const { journal } = await openJournal('a')
    const writer = new HandWriter(1, 'b')
    await journal.exchange.take([writer.write('x', 1).bytes, writer.write('y', 1).bytes])
    const old = writer.draft(writer.head, [{ name: 'old', value: 1 }], { lamport: 1 })
    expect((await journal.exchange.take([old.bytes])).refused?.code).toBe('BATCH_UNCHAINED')
    expect(await held(journal)).toEqual(['x', 'y'])
    await journal.close()
  })

  it('after the end of its writer is refused', async () => {
    const { journal } = await openJournal('a')
    const writer = new HandWriter(1, 'b')
    await journal.exchange.take([writer.write('x', 1).bytes, writer.write('y', 1, { end: true }).bytes])
    const late = writer.draft(writer.head, [{ name: 'late', value: 1 }])
    expect((await journal.exchange.take([late.bytes])).refused?.code).toBe('BATCH_UNCHAINED')
    expect(await held(journal)).toEqual(['x', 'y'])
    await journal.close()
  })

  it('from the end of numbers does not drag our clock along', async () => {
    const { journal } = await openJournal('a')
    const writer = new HandWriter(1, 'b')
    await journal.exchange.take([writer.write('x', 1, { lamport: MAX_FOLLOWED_LAMPORT + 1 }).bytes])
    await settle()
    const [stamp] = await journal.append([setEntry('t', 'y', 1)])
    expect(stamp?.lamport).toBe(0)
    await journal.close()
  })

  it('that lacks a body which nobody erased is asked for again until somebody has it', async () => {
    const store = newStore()
    const { journal } = await openJournal('a', store)
    const writer = new HandWriter(1, 'b')
    const whole = writer.write('x', 1).bytes
    await journal.exchange.take([spoil(whole, (batch) => ({ ...batch, bodies: [null] }))])
    expect(await held(journal)).toEqual([undefined])
    expect(await journal.verify()).toMatchObject({ hollow: [{ writer: writer.id, number: 0 }], repairing: 1 })
    await journal.close()
    store.reopen()
    const again = await openJournal('a', store)
    expect(again.journal.exchange.repairs()).toMatchObject([{ from: 0, to: 0 }])
    const view = await again.journal.view(registersFold('registers'))
    await again.journal.exchange.take([whole])
    await settle()
    expect(view.state.x?.value).toBe(1)
    expect(again.journal.exchange.repairs()).toEqual([])
    await again.journal.close()
  })
})

describe('a fork', () => {
  const branches = (count: number): { trunk: Uint8Array[]; twigs: Uint8Array[][] } => {
    const writer = new HandWriter(1, 'b')
    const trunk = [writer.write('x', 0).bytes, writer.write('y', 0).bytes]
    const twigs = Array.from({ length: count }, (_, i) => {
      const first = writer.draft(writer.head, [{ name: 'x', value: i + 1 }])
      const second = writer.draft(first.head, [{ name: `only-${i}`, value: i }])
      return [first.bytes, second.bytes]
    })
    return { trunk, twigs }
  }

  it('keeps both branches, shows them, and ends equal on all replicas whatever came first', async () => {
    const { trunk, twigs } = branches(3)
    const states: unknown[] = []
    const roots: string[] = []
    const writers: string[][] = []
    for (let seed = 0; seed < 12; seed++) {
      const random = seededRandom(seed)
      const store = newStore()
      const { journal } = await openJournal('a', store)
      const view = await journal.view(registersFold('registers'))
      for (const batch of trunk) await journal.exchange.take([batch])
      const waiting = twigs.map((twig) => [...twig])
      while (waiting.some((twig) => twig.length > 0)) {
        const twig = random.pick(waiting.filter((one) => one.length > 0))
        await journal.exchange.take([twig.shift() as Uint8Array])
        if (random.chance(0.3)) await settle()
      }
      await settle()
      await settle()
      expect(journal.forks()).toMatchObject([{ node: 'b', number: 2, branches: 3 }])
      roots.push(Buffer.from(journal.exchange.root()).toString('hex'))
      const entries = await allOf(journal.entriesOf('t'))
      writers.push(entries.map(({ writer, number }) => `${writer} ${number}`))
      await journal.close()
      store.reopen()
      const again = await openJournal('a', store)
      const reopened = await again.journal.view(registersFold('registers'))
      expect(reopened.state).toEqual(view.state)
      states.push(view.state)
      expect(await again.journal.verify()).toMatchObject({ batches: 8, holes: [], rotten: [] })
      await again.journal.close()
    }
    expect(new Set(roots).size).toBe(1)
    expect(new Set(writers.map((list) => list.join())).size).toBe(1)
    for (const state of states) expect(state).toEqual(states[0])
    expect(Object.keys(states[0] as object).sort()).toEqual(['only-0', 'only-1', 'only-2', 'x', 'y'])
  })

  it('may begin at the first batch', async () => {
    const roots = new Set<string>()
    for (const order of [0, 1]) {
      const { journal } = await openJournal('a')
      const writer = new HandWriter(1, 'b')
      const both = [
        writer.draft(undefined, [{ name: 'x', value: 1 }]),
        writer.draft(undefined, [{ name: 'x', value: 2 }])
      ]
      if (order === 1) both.reverse()
      for (const { bytes } of both) expect((await journal.exchange.take([bytes])).refused).toBeUndefined()
      await settle()
      expect(journal.forks()).toMatchObject([{ number: 0, branches: 2 }])
      expect(await held(journal)).toHaveLength(2)
      roots.add(Buffer.from(journal.exchange.root()).toString('hex'))
      await journal.close()
    }
    expect(roots.size).toBe(1)
  })

  it('has a bound: one branch more is not taken', async () => {
    const { journal, problems } = await openJournal('a')
    const { trunk, twigs } = branches(MAX_TIPS + 1)
    await journal.exchange.take(trunk)
    for (const [first] of twigs.slice(0, MAX_TIPS))
      expect((await journal.exchange.take([first as Uint8Array])).refused).toBeUndefined()
    // Nobody is blamed who passes it on: others took other eight.
    expect(await journal.exchange.take([twigs[MAX_TIPS]?.[0] as Uint8Array])).toMatchObject({
      added: 0,
      refused: undefined
    })
    expect(problems.map(({ code }) => code)).toContain('WRITER_FORKED')
    await settle()
    expect(journal.exchange.tips(new HandWriter(1, 'b').id)).toHaveLength(MAX_TIPS)
    await journal.close()
  })
})

describe('a removed node', () => {
  it('counts up to its cuts: what comes after is hidden, not stored, and not in the digest', async () => {
    const store = newStore()
    const { journal } = await openJournal('a', store)
    const view = await journal.view(registersFold('registers'))
    const all = await journal.view(registersFold('all', () => true, { seesHidden: true }))
    const writer = new HandWriter(1, 'b')
    const unnamed = new HandWriter(2, 'b')
    const batches = ['x', 'y', 'z'].map((name) => writer.write(name, 1).bytes)
    await journal.exchange.take([...batches, unnamed.write('u', 1).bytes])
    await settle()
    const rootOfCut = await rootAfter(batches.slice(0, 2))
    await journal.setRemoved(new Map([['b', new Map([[writer.id, 1]])]]))
    expect(Object.keys(view.state)).toEqual(['x', 'y'])
    expect(Object.keys(all.state).sort()).toEqual(['u', 'x', 'y', 'z'])
    expect(await held(journal)).toEqual(['x', 'y'])
    expect(Buffer.from(journal.exchange.root()).toString('hex')).toBe(rootOfCut)
    expect(journal.exchange.wants(writer.id, 2)).toBe(false)
    expect(await journal.exchange.take([writer.write('later', 1).bytes])).toMatchObject({
      added: 0,
      gaps: [],
      refused: undefined
    })
    const unknown = new HandWriter(3, 'b')
    expect(await journal.exchange.take([unknown.write('new', 1).bytes])).toMatchObject({ added: 0, refused: undefined })
    expect(journal.exchange.wants(unknown.id, 0)).toBe(false)
    await journal.close()
    store.reopen()
    const again = await openJournal('a', store)
    expect(Buffer.from(again.journal.exchange.root()).toString('hex')).toBe(rootOfCut)
    expect(Object.keys((await again.journal.view(registersFold('registers'))).state)).toEqual(['x', 'y'])
    await again.journal.setRemoved(new Map([['b', new Map([[writer.id, 2]])]]))
    expect(await held(again.journal)).toEqual(['x', 'y', 'z'])
    expect(Object.keys((await again.journal.view(registersFold('registers'))).state)).toEqual(['x', 'y', 'z'])
    await again.journal.close()
  })

  it('cannot keep us from deciding with a kind that we do not know, past its cut', async () => {
    const { journal } = await openJournal('a')
    const writer = new HandWriter(1, 'b')
    const poison = { kinds: [{ kind: 'odd', version: 1, critical: true, audience: 'room' as const }] }
    await journal.exchange.take([writer.write('x', 1).bytes, writer.write('y', 1, poison).bytes])
    await settle()
    expect(journal.mayDecide()).toBe(false)
    await journal.setRemoved(new Map([['b', new Map([[writer.id, 0]])]]))
    expect(journal.mayDecide()).toBe(true)
    await journal.close()
  })
})

async function rootAfter(batches: Uint8Array[]): Promise<string> {
  const { journal } = await openJournal('other')
  await journal.exchange.take(batches)
  await settle()
  const root = Buffer.from(journal.exchange.root()).toString('hex')
  await journal.close()
  return root
}

function spoil(
  bytes: Uint8Array,
  how: (batch: ReturnType<typeof decodeBatch>) => ReturnType<typeof decodeBatch>
): Uint8Array {
  return new Uint8Array(encodeBatch(how(decodeBatch(bytes))))
}
