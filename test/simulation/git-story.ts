/** What happens to repositories in a room, drawn from a seed. */
import type { SeededRandom } from '../kit/seeded-random.ts'
import type { NetworkFaults } from '../kit/simulated-network.ts'
import type { PushMessage } from './git-graph.ts'
import { GitRoom, type Seen } from './git-room.ts'

export interface GitOutcome {
  acknowledged: number
  refused: number
  localPushes: number
  /** Branches that two sides made different, at the end of the faults. */
  apart: number
}

const BRANCHES = ['refs/heads/main', 'refs/heads/main', 'refs/heads/main', 'refs/heads/feature', 'refs/heads/feature/x']

export async function tellGitStory(seed: number): Promise<GitOutcome> {
  const shape = (seed * 2_654_435_761) >>> 0
  const bad: Partial<NetworkFaults> = { breakRate: 0.01, delayMs: [1, 100], noticeMs: [10, 5_000] }
  const awful: Partial<NetworkFaults> = {
    ...{ breakRate: 0.05, delayMs: [5, 800], connectMs: [100, 5_000], noticeMs: [10, 35_000], bytesPerSecond: 200_000 }
  }
  const network = [{}, {}, bad, awful][shape % 4] ?? {}
  const diskLatencyMs = [0, 3, 40][(shape >>> 8) % 3] ?? 0
  const room = new GitRoom(seed, { devices: 2 + ((shape >>> 12) % 3), network, diskLatencyMs })
  const random = room.random.fork()
  await room.startAll()
  await room.run(random.below(2_000))
  room.make(random.pick(room.devices), 'recipes')
  await room.run(1_000)
  const actions = 8 + random.below(18)
  for (let at = 0; at < actions; at++) {
    act(room, random)
    await room.run(random.chance(0.6) ? random.below(300) : random.below(15_000))
  }
  await room.converge()
  const apart = countApart(room)
  await mergeAll(room)
  const { acknowledged, refused, localPushes } = room
  return { acknowledged, refused, localPushes, apart }
}

function act(room: GitRoom, random: SeededRandom): void {
  const on = room.devices.filter(({ life }) => life !== undefined)
  const off = room.devices.filter(({ isOn }) => !isOn)
  const roll = random.below(100)
  if (roll < 62 && on.length > 0) {
    const id = room.repositories.length > 0 ? random.pick(room.repositories) : undefined
    // Several at once, as a class does.
    for (let times = random.chance(0.3) ? 3 : 1; id !== undefined && times > 0; times--)
      room.work(random.pick(on), id, (seen) => someChange(seen, random))
  } else if (roll < 66 && on.length > 0) room.make(random.pick(on), random.pick(['recipes', 'planets']))
  else if (roll < 76) split(room, random)
  else if (roll < 80) {
    const [a, b] = random.shuffle(room.devices)
    if (a && b) room.network.cut(a.id, b.id)
  } else if (roll < 86) room.network.healAll()
  else if (roll < 92 && on.length > 0) random.pick(on).kill()
  else if (off.length > 0) room.start(random.pick(off))
}

function someChange(seen: Seen, random: SeededRandom): PushMessage | undefined {
  const refs = [...seen.refs]
  const roll = random.below(100)
  if (roll < 8 && refs.length > 0) {
    const [ref, old] = random.pick(refs)
    return seen.push([{ ref, old, new: undefined }])
  }
  if (roll < 18) {
    const ref = random.pick(['refs/tags/v1', 'refs/tags/v2'])
    const [, at] = refs.length > 0 ? random.pick(refs) : []
    return seen.push([{ ref, old: seen.refs.get(ref), new: at ?? seen.commit([]) }], true)
  }
  const ref = random.chance(0.2) && refs.length > 0 ? (random.pick(refs)[0] ?? '') : random.pick(BRANCHES)
  const old = seen.refs.get(ref)
  // `feature` and `feature/x` do not go together, as every git knows.
  const clash = [...seen.refs.keys()].some((one) => one.startsWith(`${ref}/`) || ref.startsWith(`${one}/`))
  if (old === undefined && clash) return undefined
  if (roll < 28) return seen.push([{ ref, old, new: seen.commit([]) }], true)
  let tip = old
  for (let count = 1 + random.below(3); count > 0; count--) tip = seen.commit(tip === undefined ? [] : [tip])
  return seen.push([{ ref, old, new: tip }])
}

function split(room: GitRoom, random: SeededRandom): void {
  const groups: string[][] = [[], [], []]
  for (const device of random.shuffle(room.devices)) groups[random.below(random.chance(0.2) ? 3 : 2)]?.push(device.id)
  room.network.part(groups)
}

function countApart(room: GitRoom): number {
  const { directory } = room.devices[0]?.life?.agreement ?? {}
  let apart = 0
  for (const id of room.repositories)
    for (const [ref, { branch }] of directory?.visible(id) ?? []) if (ref !== branch) apart++
  return apart
}

/** As the lesson has it: whoever finds `main-from-…` merges it into `main` and pushes, and then it is gone. */
async function mergeAll(room: GitRoom): Promise<void> {
  const [device] = room.devices
  const { directory } = device?.life?.agreement ?? {}
  if (!device || !directory) return
  for (const id of room.repositories) {
    const visible = directory.visible(id)
    const parents = new Map<string, string[]>()
    for (const [ref, { branch, object }] of visible)
      if (ref !== branch && visible.get(branch)?.branch === branch)
        parents.set(branch, [...(parents.get(branch) ?? []), object])
    if (parents.size === 0) continue
    room.work(device, id, (seen) =>
      seen.push(
        [...parents].map(([ref, others]) => {
          const old = seen.refs.get(ref)
          return { ref, old, new: seen.commit([...(old === undefined ? [] : [old]), ...others]) }
        })
      )
    )
    await room.converge()
    for (const [ref, { branch }] of directory.visible(id))
      if (ref !== branch && parents.has(branch)) throw new Error(`${ref} is still there after it was merged`)
  }
}
