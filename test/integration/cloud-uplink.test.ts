/**
 * The line to the cloud peer, in networks of their own: the room is behind a program that lets 1 Mbit/s through and breaks every connection
 * every 10 s (as many bytes between two breaks, in less time; `npm run test:long` takes the real figures). What is counted is bytes, and breaks come after bytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest'
import { type Child, until } from '../kit/child.ts'
import { NetworkLab } from '../kit/network-lab.ts'
import { joineryJson } from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import {
  cloudsOf,
  cloudWhere,
  importFolder,
  isDone,
  link,
  linkText,
  noise,
  type Started,
  startCloud,
  startNode,
  startRoom
} from './cloud-kit.ts'

/** The line that the promise speaks of, one megabit that dies every ten seconds, breaks after so many bytes. Between two breaks it may be quicker. */
const BYTES_PER_SECOND = process.env.JOINERY_LONG ? 125_000 : 500_000
const CUT_EVERY_BYTES = 1_250_000
/** Three files with pieces, and small ones: more than the line carries between three breaks. */
const BIG_BYTES = [2_300_000, 1_200_000]
const SMALL_FILES = 20
const SMALL_BYTES = 20_000
const NEW_BYTES = BIG_BYTES.reduce((sum, bytes) => sum + bytes, 0) + SMALL_FILES * SMALL_BYTES
const LINE_PORT = 4500

let folder: TemporaryFolder
let lab: NetworkLab
let line: Child
let cloud: Started
let room: Started
let second: Started
let lineAddress: string

let failedStep: string | undefined
beforeEach(({ task }) => {
  if (failedStep !== undefined) throw new Error(`an earlier step failed: ${failedStep}`)
  onTestFailed(() => {
    failedStep ??= task.name
  })
})

interface Carried {
  sentBytes: number
  receivedBytes: number
  cuts: number
}

let counted = 0
async function carried(): Promise<Carried> {
  const before = counted++
  line.process.stdin?.write('count\n')
  // Each answer is a line of its own; the one that belongs to this question is the next one.
  for (;;) {
    await line.line(/^\{/)
    const answers = line.lines.filter((text) => text.startsWith('{'))
    const answer = answers[before]
    if (answer !== undefined) return JSON.parse(answer) as Carried
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

beforeAll(async () => {
  folder = temporaryFolder()
  lab = await NetworkLab.make()
  const [hall, internet] = [await lab.network(), await lab.network()]
  const [roomDevice, secondDevice, lineDevice, cloudDevice] = [
    await lab.device('room'),
    await lab.device('second'),
    await lab.device('line'),
    await lab.device('cloud')
  ]
  await roomDevice.plug(hall)
  await secondDevice.plug(hall)
  const inHall = await lineDevice.plug(hall)
  await lineDevice.plug(internet)
  const { address } = await cloudDevice.plug(internet)
  ;[cloud, room] = await Promise.all([
    startCloud({ data: join(folder.path, 'cloud'), device: cloudDevice }),
    startRoom({ data: join(folder.path, 'room'), device: roomDevice }, 'Hall', 'pi')
  ])
  const { text } = await joineryJson<{ text: string }>(room.place, ['invite', '--uses', '1'])
  second = await startNode({ data: join(folder.path, 'second'), device: secondDevice }, [
    '--join',
    text,
    '--name',
    'pi-2'
  ])
  const program = join(import.meta.dirname, 'mesh-programs/line.ts')
  const words = [LINE_PORT, address, cloud.meshPort, BYTES_PER_SECOND, CUT_EVERY_BYTES].map(String)
  line = lineDevice.start([process.execPath, program, ...words])
  await line.line(/^ready$/)
  lineAddress = `${inHall.address}:${LINE_PORT}`
})

afterAll(async () => {
  for (const one of [room, second, cloud]) await one?.[Symbol.asyncDispose]()
  await lab?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

test('all of the room comes over a line that keeps breaking, and little more than its bytes', async () => {
  const lessons = join(folder.path, 'source/lessons/garden')
  mkdirSync(lessons, { recursive: true })
  writeFileSync(join(lessons, 'index.html'), '<!doctype html><title>Garden</title><h1>Garden</h1>')
  for (const [i, bytes] of BIG_BYTES.entries()) writeFileSync(join(lessons, `big-${i}.bin`), noise(bytes, i + 1))
  for (let i = 0; i < SMALL_FILES; i++) writeFileSync(join(lessons, `small-${i}.bin`), noise(SMALL_BYTES, 100 + i))
  await importFolder(room, join(folder.path, 'source'))
  // Two devices have everything and the same line: what one sends the other does not.
  await second.node.statusWhere(
    'the second device has it all',
    ({ blobs }) => blobs.heldBytes > NEW_BYTES && blobs.missing === 0
  )
  await link(room, await linkText(cloud, lineAddress))
  const done = await cloudWhere(room, 'all of it is at the cloud peer', isDone(NEW_BYTES))
  const used = [...(await cloudsOf(room)), ...(await cloudsOf(second))].map(({ usedBytes }) => usedBytes)
  const { sentBytes, receivedBytes, cuts } = await carried()
  console.log(
    `uplink: ${NEW_BYTES} new bytes, ${sentBytes} sent, ${receivedBytes} received, ${cuts} breaks, files by device ${used}`
  )
  expect(cuts).toBeGreaterThanOrEqual(3)
  expect(sentBytes).toBeGreaterThanOrEqual(NEW_BYTES)
  expect(sentBytes).toBeLessThanOrEqual(1.1 * NEW_BYTES)
  expect(receivedBytes).toBeLessThanOrEqual(0.1 * NEW_BYTES)
  expect(Math.min(...used)).toBeGreaterThan(0)
  expect(done).toMatchObject({ leftFiles: 0, leftBytes: 0, full: false })
})

test('a second sync with nothing new costs under 20 KB', async () => {
  line.process.stdin?.write('off\n')
  await cloudWhere(room, 'the line is up', isDone(NEW_BYTES))
  const before = await carried()
  line.process.stdin?.write('cut\n')
  // A hello and a handshake have passed: it is another connection.
  await until('the line is made anew', async () => (await carried()).sentBytes > before.sentBytes + 1_000)
  await cloudWhere(room, 'the line is up again, and all is compared', isDone(NEW_BYTES))
  const after = await carried()
  const bytes = after.sentBytes - before.sentBytes + after.receivedBytes - before.receivedBytes
  console.log(`second sync: ${bytes} bytes both ways`)
  expect(bytes).toBeLessThan(20_000)
})
