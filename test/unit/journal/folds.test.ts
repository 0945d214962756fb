import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BodySeal } from '../../../node/journal/index.ts'
import { SNAPSHOT_EVERY_BATCHES } from '../../../node/journal/limits.ts'
import type { Entry } from '../../../protocols/journal.ts'
import { HandWriter } from './hand-writer.ts'
import { allOf, namesOf, newStore, openJournal, type Registers, registersFold, setEntry } from './room.ts'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

/** A fold that remembers which entries it was given. */
function watchingFold(name: string, seen: string[]) {
  const fold = registersFold(name)
  return {
    ...fold,
    apply(state: Registers, entry: Entry): void {
      seen.push((entry.body as { name: string } | undefined)?.name ?? '')
      fold.apply(state, entry)
    }
  }
}

describe('a view', () => {
  it('is equal for all orders and repetitions of the same batches, and so is the digest; other batches, another digest', async () => {
    const writers = [1, 2, 3].map((seed) => new HandWriter(seed, `n${seed}`))
    const logs = writers.map((writer, i) =>
      Array.from(
        { length: 4 },
        (_, j) => writer.write(`r${(i * j) % 5}`, i * 10 + j, { lamport: j * 3 + (i % 2) }).bytes
      )
    )
    const everything = logs.flat()
    const outcomes = new Set<string>()
    const roots = new Map<string, string>()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(everything.length - 1), { maxLength: 40 }),
        fc.boolean(),
        async (picks, complete) => {
          const { journal } = await openJournal('a')
          const view = await journal.view(registersFold('registers'))
          for (const pick of picks) await journal.exchange.take([everything[pick] as Uint8Array])
          if (complete) await journal.exchange.take(everything)
          await settle()
          const held = (await allOf(journal.entriesOf('t'))).map(({ writer, number }) => `${writer} ${number}`).join()
          const root = Buffer.from(journal.exchange.root()).toString('hex')
          expect(roots.get(held) ?? root).toBe(root)
          for (const [otherHeld, otherRoot] of roots) if (otherHeld !== held) expect(otherRoot).not.toBe(root)
          roots.set(held, root)
          if (complete)
            outcomes.add(
              JSON.stringify(
                Object.keys(view.state)
                  .sort()
                  .map((name) => [name, view.state[name]])
              )
            )
          await journal.close()
        }
      ),
      { numRuns: 150 }
    )
    expect(outcomes.size).toBe(1)
    expect(roots.size).toBeGreaterThan(5)
  })

  it('reads only what is new at the next start', async () => {
    const store = newStore()
    const first = await openJournal('a', store)
    const seen: string[] = []
    await first.journal.view(watchingFold('w', seen))
    await first.journal.append([setEntry('t', 'x', 1)])
    await first.journal.close()
    store.reopen()
    seen.length = 0
    const second = await openJournal('a', store)
    await second.journal.append([setEntry('t', 'y', 1)])
    const view = await second.journal.view(watchingFold('w', seen))
    expect(seen).toEqual(['y'])
    expect(Object.keys(view.state)).toEqual(['x', 'y'])
    await second.journal.close()
    store.reopen()
    seen.length = 0
    const third = await openJournal('a', store)
    await third.journal.view({ ...watchingFold('w', seen), version: 2 })
    expect(seen).toEqual(['x', 'y'])
    await third.journal.close()
  })

  it('saves a snapshot while it runs, not only at the end', async () => {
    const store = newStore()
    const first = await openJournal('a', store)
    const seen: string[] = []
    await first.journal.view(watchingFold('w', seen))
    for (let i = 0; i < SNAPSHOT_EVERY_BATCHES + 1; i++) await first.journal.append([setEntry('t', `${i}`, 1)])
    await settle()
    store.killProcess()
    seen.length = 0
    const second = await openJournal('a', store)
    await second.journal.view(watchingFold('w', seen))
    expect(seen.length).toBeLessThan(10)
    await second.journal.close()
  })

  it('of a topic that nobody opened reads nothing of it, and opening it later finds all', async () => {
    const { journal } = await openJournal('a')
    const seen: string[] = []
    const fold = watchingFold('note', seen)
    await journal.view(registersFold('room', (topic) => topic === 'room'))
    for (let i = 0; i < 20; i++) await journal.append([setEntry(`note/${i % 4}`, `${i}`, 1)])
    const view = await journal.view({ ...fold, reads: (topic: string) => topic === 'note/2' })
    expect(seen).toEqual(['2', '6', '10', '14', '18'])
    await journal.append([setEntry('note/2', 'live', 1)])
    expect(Object.keys(view.state)).toContain('live')
    await journal.close()
  })

  it('misses nothing that is written while it is loaded', async () => {
    const { journal } = await openJournal('a')
    for (let i = 0; i < 30; i++) await journal.append([setEntry('t', `${i}`, 1)])
    const opening = journal.view(registersFold('registers'))
    const writing = Promise.all(Array.from({ length: 30 }, (_, i) => journal.append([setEntry('t', `more${i}`, 1)])))
    const view = await opening
    await writing
    expect(Object.keys(view.state)).toHaveLength(60)
    await journal.close()
  })

  it('tells of each change once, with the entries', async () => {
    const { journal } = await openJournal('a')
    const view = await journal.view(registersFold('registers', (topic) => topic === 't'))
    const told: (string | undefined)[][] = []
    const stop = view.onChange((entries) => told.push(namesOf(entries)))
    await journal.append([setEntry('t', 'x', 1), setEntry('t', 'y', 1)])
    await journal.append([setEntry('other', 'z', 1)])
    stop()
    await journal.append([setEntry('t', 'late', 1)])
    expect(told).toEqual([['x', 'y']])
    await journal.close()
  })

  it('that fails on one entry goes on with the others and says so', async () => {
    const { journal, problems } = await openJournal('a')
    const fold = registersFold('registers')
    const view = await journal.view({
      ...fold,
      apply(state: Registers, entry: Entry) {
        if ((entry.body as { name: string }).name === 'bad') throw new Error('cannot bear it')
        fold.apply(state, entry)
      }
    })
    await journal.append([setEntry('t', 'bad', 1), setEntry('t', 'good', 1)])
    expect(Object.keys(view.state)).toEqual(['good'])
    expect(problems).toMatchObject([{ code: 'INTERNAL' }])
    await journal.close()
  })

  it('is dropped from memory when released, and comes back from its snapshot', async () => {
    const { journal } = await openJournal('a')
    const seen: string[] = []
    const view = await journal.view(watchingFold('w', seen))
    await journal.append([setEntry('t', 'x', 1)])
    await journal.release('w')
    await journal.append([setEntry('t', 'y', 1)])
    expect(Object.keys(view.state)).toEqual(['x'])
    const again = await journal.view(watchingFold('w', seen))
    expect(Object.keys(again.state)).toEqual(['x', 'y'])
    expect(seen).toEqual(['x', 'y'])
    await journal.close()
  })
})

describe('bodies for nodes', () => {
  const ring = (open: { key: boolean }): BodySeal => ({
    seal: (plain) => plain.map((byte) => byte ^ 0x55),
    open: (sealed) => (open.key ? sealed.map((byte) => byte ^ 0x55) : undefined)
  })

  it('lie sealed on the disk, and are read by whoever has the key', async () => {
    const store = newStore()
    const { journal } = await openJournal('a', store, { seal: ring({ key: true }) })
    await journal.append([setEntry('t', 'very-secret', 1, { audience: 'nodes' })])
    expect(namesOf(await allOf(journal.entriesOf('t')))).toEqual(['very-secret'])
    const disk = Buffer.concat(store.pairs.map(([, value]) => value))
    expect(disk.includes('very-secret')).toBe(false)
    await journal.close()
  })

  it('are folded once the key comes, in this run and in a later one', async () => {
    const key = { key: false }
    const store = newStore()
    const { journal } = await openJournal('a', store, { seal: ring(key) })
    const view = await journal.view(registersFold('registers'))
    const other = await journal.view(registersFold('other'))
    await journal.append([setEntry('t', 'x', 1, { audience: 'nodes' }), setEntry('t', 'y', 1)])
    expect(Object.keys(view.state)).toEqual(['y'])
    key.key = true
    await journal.keysChanged()
    expect(Object.keys(view.state)).toEqual(['x', 'y'])
    expect(Object.keys(other.state)).toEqual(['x', 'y'])
    await journal.close()
    store.reopen()
    const again = await openJournal('a', store, { seal: ring(key) })
    expect(Object.keys((await again.journal.view(registersFold('registers'))).state)).toEqual(['x', 'y'])
    await again.journal.close()
  })

  it('are folded twice in a row when two keys come at once, and what is written in between is not lost', async () => {
    const store = newStore()
    const { journal } = await openJournal('a', store, { seal: ring({ key: false }) })
    const view = await journal.view(registersFold('registers'))
    await journal.append([setEntry('t', 'sealed', 1, { audience: 'nodes' })])
    let letGo = (): void => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const entries = store.entries.bind(store)
    let readings = 0
    store.entries = async function* (range) {
      const isTopics = range.gte?.[0] === 'n'.charCodeAt(0)
      yield* entries(range)
      if (isTopics && ++readings === 2) await held
    }
    const [first, second] = [journal.keysChanged(), journal.keysChanged()]
    await first
    await journal.append([setEntry('t', 'in between', 1)])
    letGo()
    await second
    expect(readings).toBe(2)
    expect(Object.keys(view.state)).toEqual(['in between'])
    await journal.close()
  })
})

describe('an erased topic', () => {
  it('has no bodies any more: not in views, not in snapshots, not on the disk; what comes later lives', async () => {
    const store = newStore()
    const { journal } = await openJournal('a', store)
    const view = await journal.view(registersFold('registers'))
    await journal.append([setEntry('t', 'forget-me', 1), setEntry('kept', 'stays', 1)])
    await journal.release('registers')
    const again = await journal.view(registersFold('registers'))
    expect(again.state).toEqual(view.state)
    await journal.erase('t')
    expect(Object.keys(again.state)).toEqual(['stays'])
    expect(namesOf(await allOf(journal.entriesOf('t')))).toEqual([undefined])
    await journal.append([setEntry('t', 'new', 1)])
    expect(Object.keys(again.state).sort()).toEqual(['new', 'stays'])
    expect(Buffer.concat(store.pairs.map(([, value]) => value)).includes('forget-me')).toBe(false)
    expect(await journal.verify()).toMatchObject({ holes: [], rotten: [], hollow: [] })
    await journal.close()
  })

  it('stays erased when an old batch arrives after the erasure, in any order', async () => {
    const eraser = await openJournal('eraser')
    const writer = new HandWriter(1, 'b')
    const old = writer.write('old', 1).bytes
    const concurrent = writer.write('concurrent', 1).bytes
    await eraser.journal.exchange.take([old])
    await settle()
    const stamp = await eraser.journal.erase('t')
    const id = eraser.journal.writer
    const erasure = (await eraser.journal.exchange.read(id, 0, null)).batches.map(({ bytes }) => bytes)
    expect(stamp.lamport).toBe(1)
    const newer = writer.write('newer', 1).bytes
    const states: unknown[] = []
    for (const order of [
      [old, concurrent, newer, ...erasure],
      [...erasure, old, concurrent, newer],
      [old, ...erasure, concurrent, newer]
    ]) {
      const store = newStore()
      const { journal } = await openJournal('a', store)
      const view = await journal.view(registersFold('registers'))
      for (const batch of order) await journal.exchange.take([batch])
      for (let i = 0; i < 20; i++) await settle()
      states.push(Object.keys(view.state).sort())
      expect(Buffer.concat(store.pairs.map(([, value]) => value)).includes('old')).toBe(false)
      expect(journal.exchange.repairs()).toEqual([])
      await journal.close()
    }
    expect(states[0]).toContain('newer')
    for (const state of states) expect(state).toEqual(states[0])
    await eraser.journal.close()
  })

  it('is erased up to the second of two erasures, also when that one comes while the first is carried out', async () => {
    const store = newStore()
    const { journal } = await openJournal('a', store)
    await journal.append([setEntry('t', 'forget-me', 1)])
    let letGo = (): void => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const write = store.write.bind(store)
    const shrinking = new Promise<void>((resolve) => {
      store.write = async (changes, options) => {
        if (!options.sync) {
          resolve()
          await held
        }
        await write(changes, options)
      }
    })
    const first = journal.erase('t')
    await shrinking
    await journal.append([setEntry('t', 'and-me', 1)])
    const second = journal.erase('t')
    await new Promise<void>((resolve) => {
      const stop = journal.onCommitted(() => {
        stop()
        resolve()
      })
    })
    letGo()
    await Promise.all([first, second])
    const disk = Buffer.concat(store.pairs.map(([, value]) => value))
    expect([disk.includes('forget-me'), disk.includes('and-me')]).toEqual([false, false])
    await journal.close()
  })

  it('is erased at the next start when the power failed in the middle', async () => {
    const store = newStore()
    const { journal } = await openJournal('a', store)
    await journal.append([setEntry('t', 'forget-me', 1)])
    let writes = 0
    const write = store.write.bind(store)
    store.write = async (changes, options) => {
      // The erasure itself is written, what follows it is not.
      if (++writes > 1) await new Promise<never>(() => undefined)
      await write(changes, options)
    }
    void journal.erase('t')
    for (let i = 0; i < 10; i++) await settle()
    store.write = write
    store.cutPower()
    expect(Buffer.concat(store.pairs.map(([, value]) => value)).includes('forget-me')).toBe(true)
    const again = await openJournal('a', store)
    expect(namesOf(await allOf(again.journal.entriesOf('t')))).toEqual([undefined])
    for (let i = 0; i < 10; i++) await settle()
    expect(Buffer.concat(store.pairs.map(([, value]) => value)).includes('forget-me')).toBe(false)
    await again.journal.close()
  })
})
