/**
 * What a busy device does: three devices and their learners in networks of their own, with curl, stock pip and R. Downloads are slowed by their client, so that
 * "busy" is a number of downloads and not a matter of time.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Pip, pipsAtHand } from '../fixtures/pips.ts'
import { type WheelInit, wheel, wheelFileName } from '../fixtures/python-packages.ts'
import { type RPackageInit, rSource } from '../fixtures/r-packages.ts'
import { type Child, until } from '../kit/child.ts'
import { joinery, type NodeProcess } from '../kit/node-process.ts'
import { RealR } from '../kit/real-clients.ts'
import { type MadeFile, type NarrowDevice, NarrowRoom } from './three-devices-kit.ts'

/** More than the system's buffers take at once: a slow download is one for the device too. */
const FILE_BYTES = 12e6
const FILES = 6
const SMALL_BYTES = 3e6
const LARGE_BYTES = 9e6

let room: NarrowRoom
let first: NarrowDevice
let others: NarrowDevice[]
let nodes: NodeProcess[]
let files: MadeFile[]
let pips: Pip[]
const slow: Child[] = []
/** The number of the device that a test killed. */
let dead = -1
/** This machine may tell pip about other sources of packages. */
const withoutSettings = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.startsWith('PIP_'))
    .map((name) => [name, undefined])
)

const WHEEL: WheelInit = {
  name: 'bigone',
  version: '1.0',
  extra: [{ name: 'bigone_data.bin', bytes: randomBytes(SMALL_BYTES), stored: true }]
}
const LARGE_WHEEL: WheelInit = {
  name: 'largeone',
  version: '1.0',
  extra: [{ name: 'largeone_data.bin', bytes: randomBytes(LARGE_BYTES), stored: true }]
}
const R_PACKAGE: RPackageInit = {
  name: 'alpha',
  version: '1.0',
  extra: [{ name: 'alpha/inst/data.bin', bytes: randomBytes(SMALL_BYTES) }]
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    bytes[i] = state >>> 16
  }
  return bytes
}

beforeAll(async () => {
  room = await NarrowRoom.make()
  first = await room.device('first')
  others = [await room.device('second'), await room.device('third')]
  nodes = [await room.found(first)]
  const invitation = await room.invite(first)
  nodes.push(...(await Promise.all(others.map((other) => room.start(other, ['--join', invitation])))))
  files = Array.from({ length: FILES }, (_, i) => room.file('installers', `tool-${i}.bin`, FILE_BYTES))
  const workshop = join(room.path, 'packages')
  mkdirSync(workshop)
  for (const init of [WHEEL, LARGE_WHEEL]) writeFileSync(join(workshop, wheelFileName(init)), wheel(init))
  writeFileSync(join(workshop, 'alpha_1.0.tar.gz'), rSource(R_PACKAGE))
  await room.importFolder(first, 'installers')
  await joinery(first.place, [
    'add',
    'pypi',
    join(workshop, wheelFileName(WHEEL)),
    join(workshop, wheelFileName(LARGE_WHEEL))
  ])
  await joinery(first.place, ['add', 'cran', join(workshop, 'alpha_1.0.tar.gz')])
  pips = (await pipsAtHand(room.path)).filter(({ unpacked }) => unpacked !== undefined)
  for (const node of nodes)
    await node.statusWhere('all have all', ({ blobs }) => blobs.missing === 0 && blobs.heldBytes > FILES * FILE_BYTES)
})
afterAll(async () => await room?.[Symbol.asyncDispose]())
afterEach(async () => {
  await Promise.all(slow.splice(0).map((one) => one.signal('SIGKILL')))
})

/** Downloads that go on for minutes; they begin at the first device and are served wherever it sends them. */
async function keepBusy(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const number = slow.length
    const target = join(room.path, `slow-${number}`)
    rmSync(target, { force: true })
    const url = `${first.url}/installers/tool-${number % files.length}.bin`
    slow.push(room.learners.start(['curl', '-sSfL', '--limit-rate', '20k', '-o', target, url]))
    // One after the other: who has begun counts.
    await until('a slow download has begun', () => sizeOf(target) > 0, { everyMs: 20 })
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** The status, and where it sends. */
async function ask(url: string, words: readonly string[] = []): Promise<[status: number, location: string]> {
  const format = '%{http_code} %{redirect_url}'
  const range = words.includes('-I') ? [] : ['-r', '0-1500000']
  const command = ['curl', '-sS', ...range, '-o', '/dev/null', '-w', format, ...words, url]
  const [status = '', location = ''] = (await room.learners.run(command)).stdout.split(' ')
  return [Number(status), location]
}

/** By the address that a learner would type: the other devices are no trusted hosts. */
async function install(pip: Pip, name: string, from = first): Promise<void> {
  const target = join(room.path, `target-${name}`)
  rmSync(target, { recursive: true, force: true })
  const index = ['--index-url', `${from.url}/pypi/simple/`, '--trusted-host', new URL(from.url).hostname]
  // A machine that is busy with other tests keeps pip waiting for longer than its own 15 seconds.
  const words = ['install', '--timeout', '120', '--no-cache-dir', '--target', target, ...index]
  const command = [pip.python, join(pip.unpacked ?? '', 'pip'), ...words]
  const env = { ...withoutSettings, PIP_CONFIG_FILE: '/dev/null', PIP_DISABLE_PIP_VERSION_CHECK: '1' }
  await room.learners.run([...command, name], { env })
}

async function sentBytes(): Promise<number[]> {
  return await Promise.all([first, ...others].map(async ({ cable }) => (await cable.count()).sentBytes))
}

test('who is not busy sends nobody away', async () => {
  expect(await ask(`${first.url}/installers/tool-5.bin`)).toEqual([206, ''])
})

test('a busy device sends a learner to one that is not; there it ends, and nobody is sent on', async () => {
  await keepBusy(2)
  // A peer that does not answer within two seconds is taken for a busy one, and a busy machine may need longer.
  const location = await until('it sends the learner away', async () => {
    const [status, to] = await ask(`${first.url}/installers/tool-5.bin`)
    expect([200, 206, 302]).toContain(status)
    return status === 302 && to
  })
  expect(others.some(({ url }) => location.startsWith(`${url}/blob/`))).toBe(true)
  expect(location).toMatch(/\/tool-5\.bin\?for=installers&request=[0-9a-f]{16}$/)
  const path = join(room.path, 'sent')
  await room.learners.run(['curl', '-sSfL', '-o', path, `${first.url}/installers/tool-5.bin`])
  expect(sha256(readFileSync(path))).toBe(files[5]?.sha256)
  // Now all are busy, and whoever was sent is still served where it was sent to.
  await keepBusy(3)
  expect(await ask(location)).toEqual([206, ''])
})

test('index pages and what is only looked at are never sent anywhere', async () => {
  await keepBusy(2)
  expect(await ask(`${first.url}/pypi/simple/bigone/`)).toEqual([200, ''])
  expect(await ask(`${first.url}/installers/`)).toEqual([200, ''])
  expect(await ask(`${first.url}/installers/tool-5.bin`, ['-I'])).toEqual([200, ''])
})

test('stock pip and R install what another device sends them; what an old pip could not resume stays here', async () => {
  await keepBusy(2)
  /** What the first device sends says nothing: the slow downloads fill the system's buffers meanwhile. */
  const sentByOthers = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await sentBytes()
    await work()
    const [, ...sent] = (await sentBytes()).map((bytes, i) => bytes - (before[i] ?? 0))
    return sent.reduce((sum, bytes) => sum + bytes, 0)
  }
  for (const pip of pips) {
    const isSent = (name: string, bytes: number): Promise<boolean> =>
      until(`${pip.label} is sent to another one for ${name}`, async () => {
        return (await sentByOthers(() => install(pip, name))) > bytes
      })
    await isSent('bigone', SMALL_BYTES)
    if ((pip.version[0] ?? 0) >= 26) await isSent('largeone', LARGE_BYTES)
    else expect(await sentByOthers(() => install(pip, 'largeone')), pip.label).toBeLessThan(LARGE_BYTES / 2)
  }
  expect(pips.length).toBeGreaterThan(0)
  const r = new RealR(join(room.path, 'library'), room.learners)
  const ofR = await sentByOthers(() => r.install(['alpha'], `${first.url}/cran`))
  expect(ofR).toBeGreaterThan(SMALL_BYTES)
  expect(await r.code('cat(alpha::version_said())')).toBe('1.0')
})

test('a learner whose device dies while it sends goes on from another one, and nobody is sent to a dead one', async () => {
  await keepBusy(2)
  const path = join(room.path, 'resumed')
  const client = join(import.meta.dirname, '../fixtures/resuming-download.py')
  const url = `${first.url}/installers/tool-5.bin`
  const download = room.learners.start(['/usr/bin/python3', client, url, path, '--slowly'])
  const [, from = ''] = await download.line(/begun (\S+)/)
  const sender = others.findIndex((other) => from.startsWith(other.url))
  expect(sender).toBeGreaterThanOrEqual(0)
  dead = 1 + sender
  await until('a part has come', () => sizeOf(path) > 1e6, { everyMs: 20 })
  // Its power is cut: nobody hears of it, the others still believe in its link.
  await others[sender]?.cable.unplug()
  await (nodes[1 + sender] as NodeProcess).kill()
  await download.line(/resumed \d+/)
  await download.line(/done/)
  expect(sha256(readFileSync(path))).toBe(files[5]?.sha256)
  for (let i = 0; i < 4; i++) {
    const [, location] = await ask(`${first.url}/installers/tool-${i}.bin`)
    expect(location.startsWith(others[sender]?.url ?? '?')).toBe(false)
  }
})

test('pip and R install through a device that has only begun to copy, while the one that sends most to it dies', async () => {
  const door = await room.device('door', 16)
  nodes.push(await room.start(door, ['--join', await room.invite(first)]))
  await until('the door knows the packages', async () => {
    const command = ['curl', '-sf', `${door.url}/cran/src/contrib/PACKAGES`, `${door.url}/pypi/simple/largeone/`]
    return (await room.learners.runAnyway(command)).code === 0
  })
  const alive = [0, 1, 2].filter((number) => number !== dead)
  const before = await sentBytes()
  const r = new RealR(join(room.path, 'library-through'), room.learners)
  const installed = Promise.all([
    install(pips[0] as Pip, 'largeone', door),
    // R gives up after a minute, whatever comes; `/setup/r` raises that too.
    r
      .code(`options(timeout = 600); install.packages("alpha", repos = "${door.url}/cran", lib = .libPaths()[1])`)
      .then(() => r.code('cat(alpha::version_said())'))
  ])
  const sender = await until(
    'bytes flow',
    async () => {
      const sent = (await sentBytes()).map((bytes, i) => bytes - (before[i] ?? 0))
      const most = alive.toSorted((a, b) => (sent[b] ?? 0) - (sent[a] ?? 0))[0]
      return most !== undefined && (sent[most] ?? 0) > 1.5e6 && nodes[most]
    },
    { everyMs: 20 }
  )
  await sender.kill()
  expect((await installed)[1]).toBe('1.0')
})
