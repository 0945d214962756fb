import { describe, expect, it } from 'vitest'
import { allOf, MemoryLinks, MemoryStore, openJournal, registersFold, sameRoots, setEntry, startNode } from './room.ts'

describe('a journal', () => {
  it('gives back what was appended, in stamp order', async () => {
    const { journal } = await openJournal('a')
    await Promise.all(['x', 'y', 'z'].map((name) => journal.append([setEntry('t', name, 1)])))
    await journal.append([setEntry('t', 'last', 2), setEntry('other', 'no', 0)])
    const entries = await allOf(journal.entriesOf('t'))
    expect(entries.map((entry) => (entry.body as { name: string }).name)).toEqual(['x', 'y', 'z', 'last'])
    expect(entries.map((entry) => entry.lamport)).toEqual([0, 1, 2, 3])
    await journal.close()
  })

  it('opens again with its entries and another writer', async () => {
    const store = new MemoryStore()
    const first = await openJournal('a', store)
    await first.journal.append([setEntry('t', 'x', 1)])
    await first.journal.close()
    const second = await openJournal('a', store)
    expect(second.journal.writer).not.toBe(first.journal.writer)
    const [stamp] = await second.journal.append([setEntry('t', 'x', 2)])
    expect(stamp?.lamport).toBeGreaterThan(0)
    const view = await second.journal.view(registersFold('regs', (topic) => topic === 't'))
    expect(view.state.x?.value).toBe(2)
    await second.journal.close()
  })

  it('brings two nodes to the same batches', async () => {
    const a = await startNode('a')
    const b = await startNode('b')
    for (let i = 0; i < 50; i++) await a.journal.append([setEntry('t', `a${i}`, i)])
    await b.journal.append([setEntry('t', 'b', 1)])
    MemoryLinks.connect(a.links, b.links)
    await sameRoots(a.journal, b.journal)
    const view = await b.journal.view(registersFold('regs', () => true))
    expect(Object.keys(view.state)).toHaveLength(51)
    const [stamp] = await b.journal.append([setEntry('t', 'live', 1)])
    expect(stamp && (await b.journal.savedElsewhere(stamp, 5000))).toBe(true)
    expect(a.journal.exchange.root()).toEqual(b.journal.exchange.root())
    for (const { sync, journal } of [a, b]) {
      sync.stop()
      await journal.close()
    }
  })
})
