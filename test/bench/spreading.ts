/**
 * Thirty learners who all know one address: downloads of installers that begin at the first of three devices, each behind 20 Mbit/s, beside a room of one.
 *
 *     npm run bench -- spreading [--clients 30] [--megabytes 4]
 *
 * The first device sends those that it cannot serve soon to the others. Prints how long all of them took, the times of single learners, and how many
 * bytes left each device. Goal: three devices at least 2.2 times as quick, though nobody chose one.
 */

import { holds, type NarrowDevice, NarrowRoom } from '../integration/three-devices-kit.ts'
import { type Child, until } from '../kit/child.ts'

const MEGABITS = 20

function number(name: string, standard: number): number {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? standard : Number(process.argv[at + 1])
}

const clients = number('clients', 30)
const sizeBytes = number('megabytes', 4) * 1e6

interface Outcome {
  seconds: number
  /** Of each learner, in order. */
  each: number[]
}

/** Each learner has a file of their own, so that each waits for a turn of their own: they all come from one address here. */
async function classOf(room: NarrowRoom, first: NarrowDevice): Promise<Outcome> {
  const began = performance.now()
  const format = '%{size_download} %{time_total}'
  const learners: Child[] = Array.from({ length: clients }, (_, i) =>
    room.learners.start([
      'curl',
      '-sSfL',
      '-o',
      '/dev/null',
      '-w',
      `${format}\n`,
      `${first.url}/installers/tool-${i}.bin`
    ])
  )
  await until('all have all', () => learners.every(({ over }) => over), { timeoutMs: 900_000, everyMs: 50 })
  const each = learners.map((learner) => {
    const [size, seconds] = (learner.lines[0] ?? '').split(' ').map(Number)
    if (size !== sizeBytes) throw new Error(`a download is not whole: ${learner.output()}`)
    return seconds ?? 0
  })
  return { seconds: (performance.now() - began) / 1000, each: each.sort((a, b) => a - b) }
}

async function run(devices: number): Promise<Outcome> {
  await using room = await NarrowRoom.make()
  const first = await room.device('first')
  const all = [first]
  const nodes = [await room.found(first)]
  const invitation = await room.invite(first)
  for (let i = 1; i < devices; i++) {
    const other = await room.device(`device-${i + 1}`)
    all.push(other)
    nodes.push(await room.start(other, ['--join', invitation]))
  }
  for (let i = 0; i < clients; i++) room.file('tools', `tool-${i}.bin`, sizeBytes)
  await room.importFolder(first, 'tools')
  for (const node of nodes) await holds(node, clients * sizeBytes, 600_000)
  for (const { cable } of all) await cable.narrow(MEGABITS)
  const before = await Promise.all(all.map(({ cable }) => cable.count()))
  const outcome = await classOf(room, first)
  const after = await Promise.all(all.map(({ cable }) => cable.count()))
  const sent = after.map(({ sentBytes }, i) => ((sentBytes - (before[i]?.sentBytes ?? 0)) / 1e6).toFixed(0))
  const { each, seconds } = outcome
  const at = (part: number): string => (each[Math.min(each.length - 1, Math.floor(each.length * part))] ?? 0).toFixed(1)
  console.log(
    `${devices} device${devices > 1 ? 's' : ''}: ${seconds.toFixed(1)} s; a learner p50 ${at(0.5)} s, p95 ${at(0.95)} s; sent ${sent.join(', ')} MB`
  )
  return outcome
}

console.log(
  `${clients} downloads of ${sizeBytes / 1e6} MB that begin at the first device, each device behind ${MEGABITS} Mbit/s`
)
const one = await run(1)
const three = await run(3)
console.log(`ratio ${(one.seconds / three.seconds).toFixed(2)} (goal 2.2)`)
