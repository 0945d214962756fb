/**
 * Mesh: memory and traffic of idle devices, time from start to link, and a stream against a plain socket.
 *
 *     npm run bench -- mesh [DEVICES] [SECONDS]      8 devices, watched for 60 s
 *
 * Devices are network namespaces on one bridge, so the bytes are those of the wire, headers and multicast included. Needs root.
 */

import { readFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { createHost } from '../../node/mesh/host.ts'
import { messageStream } from '../../node/mesh/streams.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { systemRandom } from '../../node/platform/random.ts'
import { signingKeyFromSeed } from '../../node/platform/signing.ts'
import type { Child } from '../kit/child.ts'
import { type Cable, NetworkLab } from '../kit/network-lab.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'

const MEMBER = join(import.meta.dirname, '../integration/mesh-programs/member.ts')
const FLAGS = ['--max-old-space-size=96', '--max-semi-space-size=1']
const devices = Number(process.argv[2] ?? 8)
const seconds = Number(process.argv[3] ?? 60)

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`

function memoryOf(pid: number): { resident: number; own: number; cpuMs: number } {
  const status = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const ticks = Number(fields[11]) + Number(fields[12])
  return {
    resident: kilobytes('Rss') * 1024,
    own: (kilobytes('Private_Dirty') + kilobytes('Private_Clean')) * 1024,
    cpuMs: ticks * 10
  }
}

async function idle(): Promise<void> {
  await using lab = await NetworkLab.make()
  const network = await lab.network()
  const folders: TemporaryFolder[] = []
  const running: { child: Child; cable: Cable; linkedMs: number }[] = []
  let invitation: string | undefined
  try {
    for (let i = 0; i < devices; i++) {
      const device = await lab.device(`d${i}`)
      const cable = await device.plug(network)
      const folder = temporaryFolder()
      folders.push(folder)
      const child = device.start([
        process.execPath,
        ...FLAGS,
        MEMBER,
        JSON.stringify({ folder: folder.path, name: `d${i}`, invitation })
      ])
      await child.line(/"kind":"ready"/)
      let linkedMs = 0
      if (i > 0) {
        const [line] = await child.line(/^.*"kind":"linked".*$/)
        linkedMs = (JSON.parse(line) as { atMs: number }).atMs
      } else {
        child.process.stdin?.write('{"do":"invite"}\n')
        const [line] = await child.line(/^.*"kind":"invited".*$/)
        invitation = (JSON.parse(line) as { text: string }).text
      }
      running.push({ child, cable, linkedMs })
    }
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    const pids = running.map(({ child }) => child.pid)
    const before = await Promise.all(running.map(({ cable }) => cable.count()))
    const cpuBefore = pids.map((pid) => memoryOf(pid).cpuMs)
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    const after = await Promise.all(running.map(({ cable }) => cable.count()))
    const memory = pids.map((pid) => memoryOf(pid))
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
    const sent = mean(after.map(({ sentBytes }, i) => sentBytes - (before[i]?.sentBytes ?? 0))) * (60 / seconds)
    const received =
      mean(after.map(({ receivedBytes }, i) => receivedBytes - (before[i]?.receivedBytes ?? 0))) * (60 / seconds)
    const cpu = mean(memory.map(({ cpuMs }, i) => cpuMs - (cpuBefore[i] ?? 0))) / seconds / 10
    console.log(
      `${devices} devices idle, each linked to ${devices - 1} others (mesh and room only, no journal, no HTTP):`
    )
    console.log(
      `  memory of one     ${megabytes(mean(memory.map(({ resident }) => resident)))} resident, ${megabytes(mean(memory.map(({ own }) => own)))} its own`
    )
    console.log(
      `  on the wire       ${(sent / 1000).toFixed(1)} KB sent and ${(received / 1000).toFixed(1)} KB received a minute by each, ${(sent / 1000 / (devices - 1)).toFixed(2)} KB sent per link`
    )
    console.log(`  processor of one  ${cpu.toFixed(2)} %`)
    console.log(
      `  start to link     ${running
        .slice(1)
        .map(({ linkedMs }) => linkedMs)
        .sort((a, b) => a - b)
        .join(', ')} ms`
    )
  } finally {
    for (const folder of folders) folder[Symbol.dispose]()
  }
}

async function streams(): Promise<void> {
  const messageBytes = 256 * 1024
  const count = 1600
  const total = messageBytes * count
  const host = (): ReturnType<typeof createHost> =>
    createHost({ key: signingKeyFromSeed(systemRandom.bytes(32)), port: 0, denies: () => false })
  const [near, far] = [await host(), await host()]
  await Promise.all([near.start(), far.start()])
  const limits = { maxMessageBytes: messageBytes, idleTimeoutMs: 10_000 }
  const { promise: received, resolve } = Promise.withResolvers<void>()
  await far.handle('/bench/1', (stream) => {
    void (async () => {
      const messages = messageStream(systemClock, stream, limits)
      for (let got = 0; got < count; got++) await messages.receive()
      resolve()
    })()
  })
  const address =
    far
      .getMultiaddrs()
      .map(String)
      .find((text) => /^\/ip4\/127.0.0.1\/tcp\/\d+\/p2p/.test(text)) ?? ''
  const stream = messageStream(systemClock, await (await near.dial(multiaddr(address))).newStream('/bench/1'), limits)
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  for (let i = 0; i < count; i++) await stream.send(new Uint8Array(messageBytes))
  await received
  const used = process.cpuUsage(cpu)
  report('message stream over noise and yamux, both ends in one process', startMs, used, total)
  await Promise.all([near.stop(), far.stop()])

  const server = createServer((socket) => socket.resume().on('end', () => socket.end()))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { port: number }
  const socket = createConnection(port, '127.0.0.1')
  await new Promise((connected) => socket.once('connect', connected))
  const plainCpu = process.cpuUsage()
  const plainMs = performance.now()
  for (let i = 0; i < count; i++)
    if (!socket.write(new Uint8Array(messageBytes))) await new Promise((drain) => socket.once('drain', drain))
  socket.end()
  await new Promise((end) => socket.resume().once('end', end))
  report('plain socket, the same bytes', plainMs, process.cpuUsage(plainCpu), total)
  server.close()
}

function report(what: string, startMs: number, used: NodeJS.CpuUsage, bytes: number): void {
  const wall = (performance.now() - startMs) / 1000
  const perGigabyte = (used.user + used.system) / 1e6 / (bytes / 1e9)
  console.log(`  ${what}: ${(bytes / 1e6 / wall).toFixed(0)} MB/s, ${perGigabyte.toFixed(2)} CPU s per GB`)
}

await idle()
console.log('400 MB in messages of 256 KiB:')
await streams()
process.exit(0)
