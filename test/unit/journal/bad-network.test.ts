/**
 * Small rooms under everything that a hall can do: streams that break, messages that come twice, partitions, power cuts in mid-write.
 * `SEED=n` replays one; the seed of a failure is in its name.
 */
import { describe, expect, it } from 'vitest'
import type { Position } from '../../../protocols/journal.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { allOf, registersFold, setEntry, type TestNode, TestRoom } from './room.ts'

const SEEDS = process.env.SEED
  ? [Number(process.env.SEED)]
  : Array.from({ length: process.env.JOINERY_LONG ? 2000 : 60 }, (_, i) => i + 1)
/** DESIGN: three rounds of digests after the faults end. */
const HEALED_WITHIN_MS = 60_000
const STEPS = 40

interface Story {
  room: TestRoom
  acknowledged: { position: Position; name: string }[]
  down: { name: string; store: TestNode['store'] }[]
}

async function oneStep({ room, acknowledged, down }: Story, step: number, seed: number): Promise<void> {
  const { random } = room
  const nodes = [...room.nodes.values()]
  const what = random.fraction()
  if (what < 0.6 && nodes.length > 0) {
    const node = random.pick(nodes)
    const name = `${seed}/${step}`
    const topic = random.pick(['t', 'u', 'note/1'])
    const count = 1 + random.below(3)
    const entries = Array.from({ length: count }, () => setEntry(topic, random.pick(['x', 'y', name]), step))
    void node.journal.append(entries).then(
      (stamps) => {
        for (const position of stamps) acknowledged.push({ position, name })
      },
      () => undefined
    )
  } else if (what < 0.7 && nodes.length > 1) {
    const node = random.pick(nodes)
    down.push({ name: node.node, store: room.crash(node) })
  } else if (what < 0.8) {
    const back = down.shift()
    if (back) {
      await room.start(back.name, back.store)
    }
  } else if (what < 0.9) {
    const names = random.shuffle(nodes.map(({ node }) => node))
    const at = random.below(names.length + 1)
    room.network.part([names.slice(0, at), names.slice(at)])
  } else room.network.healAll()
  await room.run(random.below(3000))
}

async function live(seed: number): Promise<void> {
  const shape = seededRandom(seed)
  const room = new TestRoom(seed, {
    delayMs: [1, 1 + shape.below(200)],
    breakRate: shape.fraction() * 0.05,
    duplicateRate: shape.fraction() * 0.05,
    bytesPerSecond: shape.pick([2_000, 50_000, 50e6])
  })
  const story: Story = { room, acknowledged: [], down: [] }
  for (let i = 0; i < 2 + shape.below(5); i++) await room.start(`n${i}`)
  for (let step = 0; step < STEPS; step++) await oneStep(story, step, seed)
  for (const { name, store } of story.down) await room.start(name, store)
  room.network.healAll()
  room.network.faults = { ...room.network.faults, breakRate: 0, duplicateRate: 0, bytesPerSecond: 50e6 }
  await room.run(5000)
  await room.untilEqual(HEALED_WITHIN_MS)
  await room.run(1000)
  const nodes = [...room.nodes.values()]
  const states: unknown[] = []
  for (const node of nodes) {
    states.push((await room.settled(node.journal.view(registersFold('registers')))).state)
    const held = new Set<string>()
    for (const topic of ['t', 'u', 'note/1']) {
      for (const { writer, number, index } of await allOf(node.journal.entriesOf(topic)))
        held.add(`${writer} ${number} ${index}`)
    }
    const lost = story.acknowledged.filter(
      ({ position: { writer, number, index } }) => !held.has(`${writer} ${number} ${index}`)
    )
    expect(lost).toEqual([])
    expect(node.misbehaved).toEqual([])
    expect(node.problems).toEqual([])
    expect(node.journal.forks()).toEqual([])
    expect(await node.journal.verify()).toMatchObject({ holes: [], rotten: [], hollow: [] })
  }
  for (const state of states) expect(state).toEqual(states[0])
  expect(story.acknowledged.length).toBeGreaterThan(0)
  await room.stop()
  for (const { clock } of nodes) expect(clock.timers).toEqual([])
}

describe('a room on a bad network', () => {
  it.each(SEEDS)('loses nothing that was acknowledged and ends equal, seed %i', live)
})
