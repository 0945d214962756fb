/**
 * One note, a class that types: 30, 100 and 300 people, three keys a second each, with cursors, on this machine in one run. Ours keeps every
 * tick on the disk (node/journal, synced); the relay knows nothing of Yjs and is the lower bound; Hocuspocus is measured as it comes, without a
 * store. Clients of ours send and get cursors as our page does (names and colours once); those of the others as stock editors do, which is all they
 * understand. CPU is the server process's own, from /proc, from the first key until the last one has arrived.
 *
 *     npx node test/bench/notes.ts [seconds] [clients …]     without arguments: 10 s with 30, 100 and 300
 *
 * Goals, which the exit code holds: CPU at most 2.2 times the relay's and at most a quarter of Hocuspocus's, both at 100 people; p99 under 100 ms with
 * 300; p95 under 150 ms across two nodes; every key on every screen. Other ratios are told and not judged.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { usageOf } from '../kit/processes.ts'
import type { LoadInit, LoadResult } from './notes-clients.ts'

type Kind = LoadInit['kind']

interface Measured extends LoadResult {
  serverCpuSeconds: number
  peakMB: number
}

interface ServerProcess {
  pid: number
  port: number
  kill(): void
}

const SEED = 20_261_124
const PAIR_CLIENTS = 30
/** The goals for the processor are stated at this size. */
const GOAL_CLIENTS = 100
const here = (name: string): string => new URL(name, import.meta.url).pathname

async function startServer(kind: Kind, folder: string, place?: number): Promise<ServerProcess> {
  const words = [here('notes-servers.ts'), kind, folder, ...(place === undefined ? [] : [String(place)])]
  const server = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: server.stdout })) {
    const port = /^port (\d+)$/.exec(line)?.[1]
    if (port !== undefined)
      return { pid: server.pid as number, port: Number(port), kill: () => void server.kill('SIGKILL') }
  }
  throw new Error(`the server ${kind} ended before it had a port`)
}

async function measure(kind: Kind, clients: number, seconds: number, nodes = 1): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-notes-bench-'))
  const servers: ServerProcess[] = []
  try {
    // The one that dials comes last: it would not try again before a second, and the first seconds would measure that.
    for (let place = nodes - 1; place >= 0; place--) {
      servers.push(await startServer(kind, join(folder, String(place)), nodes === 1 ? undefined : place))
    }
    const init: LoadInit = { ports: servers.map(({ port }) => port), kind, clients, seconds, seed: SEED }
    const load = spawn(process.execPath, [here('notes-clients.ts'), JSON.stringify(init)], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const cpu = (): number => servers.reduce((sum, { pid }) => sum + usageOf(pid).cpuSeconds, 0)
    let before = 0
    let after = 0
    for await (const line of createInterface({ input: load.stdout })) {
      if (line === 'started') before = cpu()
      else if (line === 'ended') after = cpu()
      else {
        const peakMB = Math.max(...servers.map(({ pid }) => peakOf(pid)))
        return { ...(JSON.parse(line) as LoadResult), serverCpuSeconds: after - before, peakMB }
      }
    }
    throw new Error(`the clients of ${kind} ended without a result`)
  } finally {
    for (const server of servers) server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

function peakOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

function print(name: string, clients: number, one: Measured): void {
  const cells = [
    name.padEnd(12),
    String(clients).padStart(7),
    String(one.edits).padStart(6),
    one.serverCpuSeconds.toFixed(2).padStart(8),
    ((one.serverCpuSeconds * 1e6) / one.edits).toFixed(0).padStart(8),
    one.peakMB.toFixed(0).padStart(6),
    `${one.p50.toFixed(1)}/${one.p95.toFixed(1)}/${one.p99.toFixed(1)}`.padStart(20),
    `${one.got}/${one.expected}`.padStart(15),
    (one.bytesIn / 1e6).toFixed(1).padStart(8),
    one.late === one.edits ? '  yes' : `  NO: ${one.late}`
  ]
  console.log(cells.join(' '))
}

/** With a goal it is judged, without one it is only told. */
function compare(what: string, value: number, goal: number | undefined): void {
  if (goal === undefined) console.log(`        ${what}: ${value.toFixed(2)}`)
  else judge(what, value, goal)
}

function judge(what: string, value: number, goal: number): void {
  const held = value <= goal
  console.log(`${held ? 'held  ' : 'MISSED'}  ${what}: ${value.toFixed(2)} (goal ${goal})`)
  if (!held) process.exitCode = 1
}

async function main(): Promise<void> {
  const [secondsText = '10', ...counts] = process.argv.slice(2)
  const seconds = Number(secondsText)
  const sizes = counts.length > 0 ? counts.map(Number) : [30, 100, 300]
  const hocuspocus = await import('@hocuspocus/server').then(
    () => true,
    () => false
  )
  if (!hocuspocus) console.log('@hocuspocus/server is not installed: measured without it.')
  const kinds: Kind[] = hocuspocus ? ['relay', 'ours', 'hocuspocus'] : ['relay', 'ours']
  console.log(
    'server        people  edits    CPU s  µs/edit     MB   p50/p95/p99 ms         seen   MB in   late joiner'
  )
  const found = new Map<string, Measured>()
  for (const clients of sizes) {
    for (const kind of kinds) {
      const one = await measure(kind, clients, seconds)
      found.set(`${kind} ${clients}`, one)
      print(kind, clients, one)
    }
  }
  const pair = await measure('ours', PAIR_CLIENTS, seconds, 2)
  print('two nodes', PAIR_CLIENTS, pair)
  console.log()
  for (const clients of sizes) {
    const [relay, ours, theirs] = kinds.map((kind) => found.get(`${kind} ${clients}`))
    const isGoal = clients === GOAL_CLIENTS
    if (relay && ours) {
      const ratio = ours.serverCpuSeconds / relay.serverCpuSeconds
      compare(`CPU over the relay's, ${clients} people`, ratio, isGoal ? 2.2 : undefined)
    }
    if (ours && theirs) {
      const ratio = ours.serverCpuSeconds / theirs.serverCpuSeconds
      compare(`CPU over Hocuspocus’s, ${clients} people`, ratio, isGoal ? 0.25 : undefined)
    }
    if (ours && clients === 300) judge('p99 with 300 people, ms', ours.p99, 100)
    if (ours && (ours.late !== ours.edits || ours.got !== ours.expected)) {
      console.log('MISSED  every key on every screen')
      process.exitCode = 1
    }
  }
  judge('p95 across two nodes, ms', pair.p95, 150)
}

await main()
