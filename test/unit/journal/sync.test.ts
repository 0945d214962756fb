import { describe, expect, it } from 'vitest'
import { HandWriter } from './hand-writer.ts'
import { registersFold, setEntry, TestRoom } from './room.ts'

describe('linked journals', () => {
  it('come to hold the same batches, and what is written later is there within a moment', async () => {
    const room = new TestRoom(1)
    const a = await room.start('a')
    for (let i = 0; i < 50; i++) await room.append(a, setEntry('t', `a${i}`, i))
    const b = await room.start('b')
    await room.append(b, setEntry('t', 'b', 1))
    expect(await room.untilEqual()).toBeLessThan(2000)
    const view = await b.journal.view(registersFold('registers'))
    expect(Object.keys(view.state)).toHaveLength(51)
    const [stamp] = await room.append(b, setEntry('t', 'live', 1))
    expect(await room.untilEqual()).toBeLessThan(100)
    expect(stamp && (await room.settled(b.journal.savedElsewhere(stamp, 2000)))).toBe(true)
    await room.stop()
    expect([...room.nodes.values()].flatMap(({ clock }) => clock.timers)).toEqual([])
  })

  it('do not count a copy before a peer has it on its disk', async () => {
    const room = new TestRoom(2)
    const a = await room.start('a')
    const [alone] = await room.append(a, setEntry('t', 'x', 1))
    expect(alone && (await room.settled(a.journal.savedElsewhere(alone, 2000)))).toBe(false)
    const b = await room.start('b')
    await room.untilEqual()
    await room.run(1000)
    expect(alone && a.journal.copiesElsewhere(alone)).toBe(1)
    room.crash(b)
    const [later] = await room.append(a, setEntry('t', 'x', 2))
    await room.run(5000)
    expect(later && a.journal.copiesElsewhere(later)).toBe(0)
    expect(alone && a.journal.copiesElsewhere(alone)).toBe(1)
    await room.stop()
  })

  it('pass on what came from a third one', async () => {
    const room = new TestRoom(3)
    const [a, b, c] = [await room.start('a'), await room.start('b'), await room.start('c')]
    room.network.cut('a', 'c')
    await room.run(2000)
    await room.append(a, setEntry('t', 'x', 1))
    expect(await room.untilEqual()).toBeLessThan(2000)
    expect(c.journal.exchange.root()).toEqual(b.journal.exchange.root())
    await room.stop()
  })

  it('never fetch the same bytes from two peers', async () => {
    const room = new TestRoom(4)
    const a = await room.start('a')
    for (let i = 0; i < 100; i++) await room.append(a, setEntry('t', `${i}`, new Uint8Array(1000)))
    for (const name of ['b', 'c', 'd']) await room.start(name)
    await room.untilEqual()
    const before = room.network.totalBytes
    await room.start('late')
    await room.untilEqual()
    await room.run(60_000)
    expect(room.network.totalBytes - before).toBeLessThan(160_000)
    await room.stop()
  })

  it.each([
    ['short', 3, 2, 2],
    ['of very different length', 5, 1, 300],
    ['far behind their ends', 2, 400, 150],
    ['from the first batch on', 0, 3, 4]
  ])('exchange the branches of a copied key, %s, and fold them alike', async (_, trunk, one, other) => {
    const room = new TestRoom(6)
    const nodes = [await room.start('a'), await room.start('b'), await room.start('c')]
    room.network.part([['a'], ['b'], ['c']])
    const writer = new HandWriter(1, 'copied')
    const stem = Array.from({ length: trunk }, (_, i) => writer.write(`stem${i}`, i).bytes)
    const branch = (name: string, length: number): Uint8Array[] => {
      let head = writer.head
      return Array.from({ length }, (_, i) => {
        const written = writer.draft(head, [{ name: i % 2 ? name : 'both', value: `${name}${i}` }])
        head = written.head
        return written.bytes
      })
    }
    const branches = [branch('left', one), branch('right', other)]
    for (const [i, node] of nodes.slice(0, 2).entries())
      await room.settled(node.journal.exchange.take([...stem, ...(branches[i] as Uint8Array[])]))
    await room.run(2000)
    expect(nodes[0]?.journal.forks()).toEqual([])
    room.network.healAll()
    await room.run(3000)
    await room.untilEqual(180_000)
    await room.run(1000)
    const states: unknown[] = []
    for (const { journal, misbehaved } of nodes) {
      expect(misbehaved).toEqual([])
      expect(journal.forks()).toMatchObject([{ writer: writer.id, node: 'copied', number: trunk, branches: 2 }])
      expect(await journal.verify()).toMatchObject({ batches: trunk + one + other, holes: [], rotten: [] })
      states.push((await room.settled(journal.view(registersFold('registers')))).state)
    }
    expect(states[1]).toEqual(states[0])
    expect(states[2]).toEqual(states[0])
    await room.stop()
  })
})
