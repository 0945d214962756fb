/**
 * The main job, as ARCHITECTURE.md promises it, with nothing of ours between the room and its clients: three devices on one cable with
 * no way out, found by mDNS; the first is unplugged; stock pip, stock R, a browser and curl are served by the third. Then a fourth device
 * on another network, known only by its address, catches up and never takes the same bytes twice.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import { run, until } from '../kit/child.ts'
import { type Cable, type Device, type LabNetwork, NetworkLab } from '../kit/network-lab.ts'
import { joinery, joineryJson, type NodePlace, NodeProcess } from '../kit/node-process.ts'
import { curl, isOffline, openBrowser, RealPip, RealR } from '../kit/real-clients.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { makeWorkshopFolder, type WorkshopFolder } from '../kit/workshop-folder.ts'

const HTTP_PORT = 8080
const MESH_PORT = 4001
const FIXED = ['--port', String(HTTP_PORT), '--mesh-port', String(MESH_PORT)]
/** Headers, hellos, the journal, inventories and what is repeated by TCP itself. */
const OVERHEAD = 1.1
/** What is on its way when a cable is pulled or a process killed: a few requests of 1 MiB. */
const MOST_CUT_OFF_BYTES = 3e6

let folder: TemporaryFolder
let lab: NetworkLab
let hall: LabNetwork
let far: LabNetwork
let workshop: WorkshopFolder
let invitation: string
const devices = {} as Record<'a' | 'b' | 'c' | 'd' | 'router' | 'learner', Device>
const cables = {} as Record<'a' | 'b' | 'c' | 'd' | 'routerHall' | 'routerFar' | 'learner', Cable>
const nodes = {} as Record<'a' | 'b' | 'c' | 'd', NodeProcess>
const place = (name: 'a' | 'b' | 'c' | 'd'): NodePlace => ({ data: join(folder.path, name), device: devices[name] })

beforeAll(async () => {
  folder = temporaryFolder()
  lab = await NetworkLab.make()
  hall = await lab.network()
  far = await lab.network()
  for (const name of ['a', 'b', 'c', 'd', 'router', 'learner'] as const) devices[name] = await lab.device(name)
  for (const name of ['a', 'b', 'c', 'learner'] as const) cables[name] = await devices[name].plug(hall)
  cables.d = await devices.d.plug(far)
  cables.routerHall = await devices.router.plug(hall)
  cables.routerFar = await devices.router.plug(far)
  workshop = await makeWorkshopFolder(join(folder.path, 'workshop'))
})

afterAll(async () => {
  for (const node of Object.values(nodes)) await node[Symbol.asyncDispose]()
  await lab?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

/** One story told in steps: after one that failed the others would only repeat it. */
let failedStep: string | undefined
beforeEach(({ task }) => {
  if (failedStep !== undefined) throw new Error(`an earlier step failed: ${failedStep}`)
  onTestFailed(() => {
    failedStep ??= task.name
  })
})

/** What the first device holds once it has imported everything, and so what each of the others must come to hold. */
let wholeRoom: { held: number; heldBytes: number }

const hasEverything = (node: NodeProcess): Promise<unknown> =>
  node.statusWhere(
    'the node holds all that the room wants',
    ({ blobs }) => blobs.missing === 0 && blobs.held >= wholeRoom.held && blobs.heldBytes >= wholeRoom.heldBytes
  )

describe('the main job', () => {
  test('a folder is imported on the first device, and two more find it by mDNS and copy everything', async () => {
    for (const name of ['a', 'b', 'c', 'learner'] as const) expect(await isOffline(devices[name])).toBe(true)
    await joinery(place('a'), ['init', '--name', 'Greenhouse'])
    nodes.a = await NodeProcess.start(place('a'), [...FIXED, '--name', 'first'])
    await joinery(place('a'), ['import', workshop.path])
    const { blobs } = await nodes.a.status()
    wholeRoom = { held: blobs.held, heldBytes: blobs.heldBytes }
    expect(blobs.heldBytes).toBeGreaterThan(0.9 * workshop.contentBytes)
    const { text } = await joineryJson<{ text: string }>(place('a'), ['invite', '--uses', '5'])
    invitation = text
    // The second one reaches the fourth's network, and is told the address that it will have there.
    await devices.b.route(far, cables.routerHall.address)
    const known = ['--static', `${cables.d.address}:${MESH_PORT}`]
    nodes.b = await NodeProcess.start(place('b'), [...FIXED, '--name', 'second', '--join', invitation, ...known])
    nodes.c = await NodeProcess.start(place('c'), [...FIXED, '--name', 'third', '--join', invitation])
    await hasEverything(nodes.b)
    await hasEverything(nodes.c)
    const again = await joineryJson<{ collections: { added: number; updated: number }[] }>(place('a'), [
      'import',
      workshop.path
    ])
    expect(again.collections.every(({ added, updated }) => added === 0 && updated === 0)).toBe(true)
  })

  test('copying did not send more than each needed: no file came twice', async () => {
    const received = await Promise.all((['b', 'c'] as const).map((name) => cables[name].count()))
    for (const { receivedBytes, sentBytes } of received) {
      // What it sent on to the other one is acknowledged by some bytes received.
      expect(receivedBytes).toBeLessThan(OVERHEAD * wholeRoom.heldBytes + 0.05 * sentBytes + 2e6)
    }
  })

  describe('with the first device unplugged', () => {
    const third = (): string => `http://${cables.c.address}:${HTTP_PORT}`

    /** Learners go on at once: the devices hear nothing of it, and believe in their link to the first for half a minute. */
    beforeAll(async () => {
      await cables.a.unplug()
      await nodes.a.kill()
    })

    test('stock pip installs', async () => {
      const pip = await RealPip.make(join(folder.path, 'venv'), devices.learner)
      await pip.install(['--index-url', `${third()}/pypi/simple/`, '--trusted-host', cables.c.address, 'wheel'])
      expect(await pip.python('import wheel; print(wheel.__file__)')).toContain(folder.path)
    })

    test('stock R installs a package and the one that it imports', async () => {
      const r = new RealR(join(folder.path, 'library'), devices.learner)
      await r.install(['seedling'], `${third()}/cran`)
      expect(await r.code('cat(seedling::grow())')).toBe('grown in 8 hours')
    })

    test('a lesson opens in a browser with its pictures and its style', async () => {
      const browser = await openBrowser(join(folder.path, 'browser'), devices.learner)
      try {
        const page = await browser.newPage()
        const failed: string[] = []
        page.on('requestfailed', (request) => failed.push(request.url()))
        page.on('response', (response) => {
          if (response.status() >= 400 && !response.url().endsWith('/favicon.ico'))
            failed.push(`${response.status()} ${response.url()}`)
        })
        await page.goto(`${third()}/lessons/${workshop.lesson.path}/`, { waitUntil: 'load' })
        expect(await page.title()).toBe(workshop.lesson.title)
        const widths = await page.$$eval('img', (images) =>
          images.map((image) => (image as HTMLImageElement).naturalWidth)
        )
        expect(widths).toEqual([64, 65])
        expect(await page.$eval('h1', (heading) => getComputedStyle(heading).color)).toBe('rgb(1, 102, 3)')
        await page.getByRole('link', { name: 'Soil' }).click()
        await page.getByRole('heading', { name: 'Soil' }).waitFor()
        // The heading is there before the picture is.
        await expect.poll(() => page.$eval('img', (image) => (image as HTMLImageElement).naturalWidth)).toBe(66)
        expect(failed).toEqual([])
        const output = join(import.meta.dirname, '../../test-output')
        mkdirSync(output, { recursive: true })
        await page.goto(`${third()}/`)
        await page.screenshot({ path: join(output, 'first-page.png'), fullPage: true })
        await page.goto(`${third()}/lessons/${workshop.lesson.path}/`)
        await page.screenshot({ path: join(output, 'lesson.png') })
      } finally {
        await browser.close()
      }
    })

    test('the third device notices that the first is gone', async () => {
      await until('the third device notices', async () => {
        const { overview } = await nodes.c.status()
        return overview.devices.filter((device) => device.connected && !device.self).length === 1
      })
    })

    test('an installer downloads with Range, and goes on where it stopped', async () => {
      const file = join(folder.path, 'installer.exe')
      const url = `${third()}/installers/${workshop.installer.path}`
      const part = await curl(devices.learner, [
        '-r',
        '1048576-1048675',
        '-D',
        '-',
        '-o',
        join(folder.path, 'part'),
        url
      ])
      expect(part.stdout).toMatch(/^HTTP\/1\.1 206/)
      expect(part.stdout.toLowerCase()).toContain(
        `content-range: bytes 1048576-1048675/${workshop.installer.sizeBytes}`
      )
      const original = readFileSync(join(workshop.path, workshop.installer.path))
      expect(readFileSync(join(folder.path, 'part')).equals(original.subarray(1_048_576, 1_048_676))).toBe(true)
      await curl(devices.learner, ['-r', '0-4999999', '-o', file, url])
      await curl(devices.learner, ['-C', '-', '-o', file, url])
      expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(workshop.installer.sha256)
    })
  })

  describe('a fourth device on another network', () => {
    test('catches up whenever it can be reached, through a cut and a kill, and never takes the same bytes twice', async () => {
      await devices.d.route(hall, cables.routerFar.address)
      await cables.d.narrow(40)
      nodes.d = await NodeProcess.start(place('d'), [...FIXED, '--name', 'fourth', '--join', invitation])
      expect((await nodes.d.status()).blobs.held).toBe(0)
      // Only now is there a way between the two networks.
      const before = (await cables.d.count()).receivedBytes
      await devices.router.forwardPackets()
      const received = async (): Promise<number> => (await cables.d.count()).receivedBytes - before
      await until('a third has come', async () => (await received()) > wholeRoom.heldBytes / 3, { everyMs: 50 })
      await cables.routerFar.unplug()
      await cables.routerFar.replug()
      await until('two thirds have come', async () => (await received()) > (2 * wholeRoom.heldBytes) / 3, {
        everyMs: 50
      })
      await nodes.d.kill()
      nodes.d = await NodeProcess.start(place('d'), [...FIXED, '--name', 'fourth'])
      await hasEverything(nodes.d)
      expect(await received()).toBeLessThan(OVERHEAD * wholeRoom.heldBytes + 2 * MOST_CUT_OFF_BYTES)
      const check = await joineryJson<{ rotten: unknown[]; files: number }>(place('d'), ['verify'])
      expect(check).toMatchObject({ rotten: [] })
      expect(check.files).toBeGreaterThanOrEqual(wholeRoom.held)
    })

    test('serves what it has copied', async () => {
      const url = `http://${cables.d.address}:${HTTP_PORT}/lessons/${workshop.lesson.path}/`
      expect((await run(devices.d.inside(['curl', '--silent', '--fail', url]))).stdout).toContain(workshop.lesson.title)
    })
  })

  test('every device that is still on stops cleanly', async () => {
    for (const name of ['b', 'c', 'd'] as const) await nodes[name].stop()
  })
})
