/**
 * A class that signs up within a minute while others write: how long a sign-up takes on one real node.
 *
 *     npm run bench -- sign-ups [--people 100] [--seconds 60] [--writers 30]
 *
 * Goal: p95 under 500 ms with 100 sign-ups in a minute and 30 people who write. Beside it stands the same with nobody writing, in the same run.
 */
import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { joinery, NodeProcess } from '../kit/node-process.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { NoteClient } from '../unit/notes/note-client.ts'
import { numberOption } from './option.ts'

const KEYS_PER_SECOND = 3
const GOAL_MS = 500

const [people, seconds, writers] = [
  numberOption('people', 100),
  numberOption('seconds', 60),
  numberOption('writers', 30)
]
using folder = temporaryFolder()
const place = { data: folder.path }
await joinery(place, ['init', '--name', 'Bench'])
const node = await NodeProcess.start(place)
const { port, origin } = new URL(node.address)

/**
 * A connection of its own, as each learner's browser has; each round comes from an address of its own, since there is a limit on new accounts of one.
 *
 * @returns milliseconds until the answer is whole
 */
function signUp(name: string, localAddress: string): Promise<number> {
  const body = new URLSearchParams({ name }).toString()
  const startedMs = performance.now()
  return new Promise((resolve, reject) => {
    const headers = { origin, 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length }
    request(new URL('/sign-up', node.address), { method: 'POST', headers, agent: false, localAddress }, (response) => {
      response.resume()
      response.once('end', () => {
        if (response.statusCode !== 303) reject(new Error(`${name}: ${response.statusCode}`))
        else resolve(performance.now() - startedMs)
      })
    })
      .once('error', reject)
      .end(body)
  })
}

/** At random moments of the time, as people are. */
async function classSignsUp(label: string, from: string): Promise<number[]> {
  const random = seededRandom(7)
  const times = Array.from(
    { length: people },
    () => (random.bytes(4).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 32) * seconds * 1000
  )
  return await Promise.all(
    times.map(async (atMs, number) => {
      await delay(atMs)
      return await signUp(`${label} ${number}`, from)
    })
  )
}

const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0

function show(what: string, values: readonly number[]): void {
  const [p50, p95, most] = [0.5, 0.95, 1].map((part) => percentile(values, part).toFixed(0))
  console.log(`${what.padEnd(34)} p50 ${p50} ms, p95 ${p95} ms, longest ${most} ms`)
}

try {
  const quiet = await classSignsUp('quiet', '127.0.0.2')
  show(`${people} sign-ups in ${seconds} s`, quiet)
  const clients = Array.from(
    { length: writers },
    (_, at) => new NoteClient(Number(port || 80), 'bench', { token: `token-of-writer-number-${at}` })
  )
  await Promise.all(clients.map((client) => client.synced()))
  const stop = new AbortController()
  const typing = clients.map(async (client, at) => {
    await delay((at / writers) * (1000 / KEYS_PER_SECOND))
    while (!stop.signal.aborted) {
      client.write((text) => text.insert(text.length, 'a'))
      await delay(1000 / KEYS_PER_SECOND)
    }
  })
  const busy = await classSignsUp('busy', '127.0.0.3')
  stop.abort()
  await Promise.all(typing)
  show(`the same while ${writers} people write`, busy)
  const p95 = percentile(busy, 0.95)
  console.log(
    `\np95 is ${(p95 / percentile(quiet, 0.95)).toFixed(2)} × that of a quiet room; goal: under ${GOAL_MS} ms`
  )
  for (const client of clients) client.destroy()
} finally {
  await node[Symbol.asyncDispose]()
}
