/**
 * Copying a class folder between whole devices: 405 MB in 300 files, 1 → 1 and 1 → 4, each device in a network namespace, against rsync's
 * daemon, BitTorrent (aria2) and Syncthing of Debian in one run.
 *
 *     npm run bench -- copy-netns [joinery] [rsync] [rsync-fsync] [aria2] [syncthing] [floor] [--start new] [--scale 0.1] [--to 1]
 *
 * What counts, for everybody alike: with `--start up` (when nothing else is said) all devices run, know each other, have nothing else to do, and the first one
 * has read its files; the clock starts when the tool is told to copy (rsync: its client is started; Syncthing and aria2: the pause ends;
 * Joinery: the policy is set to `everywhere`), and stops when every file stands in full under its own name on every other device. CPU is that of all devices
 * between these two moments. With `--start new` the other devices are started by the clock: their start, meeting and admission count as well.
 * Joinery and Syncthing sync each file before it gets its name; rsync does so only as `rsync-fsync`, aria2 does not.
 *
 * Run `npm run build` before, as images do: a start from the sources costs half a processor second more, and Joinery's row says what ran.
 *
 * `floor` is the least that two programs on Node can do it with (`peers/floor-program.ts`).
 *
 * Goals: 1 → 1 in at most twice rsync's wall and half of Syncthing's CPU; 1 → 4 with the first device sending at most 1.3 times the data.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { NetworkLab } from '../kit/network-lab.ts'
import { usageOf } from '../kit/processes.ts'
import { findProgram } from '../kit/required-tools.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { aria2 } from './peers/aria2.ts'
import { BegunTooSoon, type CopyDevice, type CopyStart, type CopyTool } from './peers/copy-tool.ts'
import { type DataSet, makeDataSet } from './peers/data-set.ts'
import { floor } from './peers/floor.ts'
import { joineryNodes } from './peers/joinery.ts'
import { rsync, rsyncSynced } from './peers/rsync.ts'
import { syncthing } from './peers/syncthing.ts'

const TOOLS: Readonly<Record<string, CopyTool>> = {
  rsync,
  'rsync-fsync': rsyncSynced,
  joinery: joineryNodes,
  aria2,
  syncthing,
  floor
}
/** After the start of the devices and before the clock's: what they do by themselves has ended by then. */
const REST_MS = 3_000
/** Of preparing one tool, when it began to copy before it was told to. */
const ATTEMPTS = 5

interface Figures {
  wallSeconds: number
  firstCpuSeconds: number
  otherCpuSeconds: number
  /** Bytes that the first device sent, as a multiple of the data. */
  firstSent: number
  /** Bytes that each other device received, as a multiple of the data. */
  received: number
}

const cpu = (pids: number[]): number => pids.reduce((sum, pid) => sum + usageOf(pid).cpuSeconds, 0)

async function measure(tool: CopyTool, data: DataSet, others: number, start: CopyStart): Promise<Figures> {
  using folder = temporaryFolder()
  await using lab = await NetworkLab.make()
  const hall = await lab.network()
  const devices: CopyDevice[] = []
  for (let i = 0; i <= others; i++) {
    const device = await lab.device(`device-${i}`)
    const own = join(folder.path, `device-${i}`)
    mkdirSync(own)
    devices.push({ device, cable: await device.plug(hall), folder: own })
  }
  const [first, ...rest] = devices
  if (!first) throw new Error('no device')
  let started = 0
  let before = { sentBytes: 0, receivedBytes: 0 }
  let receivedBefore = 0
  let prepared = { first: 0, others: 0 }
  const result = await tool.copy({ data, first, others: rest, start }, async (processes) => {
    await new Promise((resolve) => void setTimeout(resolve, REST_MS))
    prepared = { first: cpu(processes.first), others: cpu(processes.others) }
    before = await first.cable.count()
    receivedBefore = await received(rest)
    started = performance.now()
  })
  const wallSeconds = (performance.now() - started) / 1000
  const after = await first.cable.count()
  const figures = {
    wallSeconds,
    firstCpuSeconds: cpu(result.first) - prepared.first,
    otherCpuSeconds: (cpu(result.others) - prepared.others) / others,
    firstSent: (after.sentBytes - before.sentBytes) / data.bytes,
    received: ((await received(rest)) - receivedBefore) / others / data.bytes
  }
  if (result.note) console.log(`${tool.name}: ${result.note}`)
  await result.end()
  return figures
}

async function measureWhenPrepared(...of: Parameters<typeof measure>): Promise<Figures> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await measure(...of)
    } catch (error) {
      if (!(error instanceof BegunTooSoon) || attempt === ATTEMPTS) throw error
      console.log(`${of[0].name}: ${error.message}; once more`)
    }
  }
}

async function received(devices: readonly CopyDevice[]): Promise<number> {
  const counts = await Promise.all(devices.map(({ cable }) => cable.count()))
  return counts.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0)
}

const words = process.argv.slice(2)
const scaleAt = words.indexOf('--scale')
const scale = scaleAt < 0 ? 1 : Number(words.splice(scaleAt, 2)[1])
const toAt = words.indexOf('--to')
const counts = toAt < 0 ? [1, 4] : [Number(words.splice(toAt, 2)[1])]
const startAt = words.indexOf('--start')
const start: CopyStart = startAt >= 0 && words.splice(startAt, 2)[1] === 'new' ? 'new' : 'up'
const names = words.length > 0 ? words : Object.keys(TOOLS)
using work = temporaryFolder()
const data = makeDataSet(join(work.path, 'data'), scale)
console.log(
  `${data.files.length} files, ${(data.bytes / 1e6).toFixed(0)} MB; devices that ${start === 'up' ? 'are up' : 'are started'}`
)
console.log('tool                 to   wall s   first CPU s   other CPU s   first sent   each received')
const rows = new Map<string, Figures>()
for (const others of counts) {
  for (const name of names) {
    const tool = TOOLS[name]
    if (!tool) throw new Error(`no tool is called ${name}`)
    if (tool.program && !findProgram(tool.program)) {
      console.log(`${tool.name}: not measured, install ${tool.debianPackage}`)
      continue
    }
    const figures = await measureWhenPrepared(tool, data, others, start)
    rows.set(`${name} ${others}`, figures)
    const { wallSeconds, firstCpuSeconds, otherCpuSeconds, firstSent, received } = figures
    const cells = [wallSeconds.toFixed(1), firstCpuSeconds.toFixed(2), otherCpuSeconds.toFixed(2)]
    const shares = [`${firstSent.toFixed(2)} ×`, `${received.toFixed(2)} ×`]
    console.log(
      `${tool.name.padEnd(20)} ${others}  ${[...cells, ...shares].map((cell) => cell.padStart(12)).join(' ')}`
    )
  }
}
for (const [name, tool] of Object.entries(TOOLS)) {
  for (const others of counts) {
    const [ours, theirs] = [rows.get(`joinery ${others}`), rows.get(`${name} ${others}`)]
    if (!ours || !theirs || name === 'joinery') continue
    const whole = (of: Figures): number => of.firstCpuSeconds + others * of.otherCpuSeconds
    const ratios = [
      ours.wallSeconds / theirs.wallSeconds,
      whole(ours) / whole(theirs),
      ours.firstSent / theirs.firstSent
    ]
    const [wall, work, sent] = ratios.map((ratio) => ratio.toFixed(2))
    console.log(`1 → ${others}, Joinery / ${tool.name}: wall ${wall}, CPU ${work}, sent by the first ${sent}`)
  }
}
