/** The lab itself: networks are apart, cables can be pulled and narrowed, and the clients in it are the real ones. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { until } from '../kit/child.ts'
import { NetworkLab } from '../kit/network-lab.ts'
import { curl, isOffline, openBrowser, RealPip, RealR } from '../kit/real-clients.ts'
import { TcpProxy } from '../kit/tcp-proxy.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { makeWorkshopFolder } from '../kit/workshop-folder.ts'

// Debian's Python is there anyway for pip.
const listen = (text: string): string[] => [
  'python3',
  '-u',
  '-c',
  `import http.server as h\nclass H(h.BaseHTTPRequestHandler):\n  def do_GET(s):\n    s.send_response(200);s.end_headers();s.wfile.write(b"${text}"*int(s.path[1:] or 1))\n  def log_message(s,*a): pass\nprint("ready");h.HTTPServer(("",80),H).serve_forever()`
]

test('devices of one network reach each other, those of another only through a router, and nobody the internet', async () => {
  await using lab = await NetworkLab.make()
  const [hall, far] = [await lab.network(), await lab.network()]
  const [a, b, router, d] = [await lab.device('a'), await lab.device('b'), await lab.device('r'), await lab.device('d')]
  const [, cableB, left, right, cableD] = [
    await a.plug(hall),
    await b.plug(hall),
    await router.plug(hall),
    await router.plug(far),
    await d.plug(far)
  ]
  for (const device of [b, d]) await device.start(listen('x')).line(/ready/)
  expect((await curl(a, [`http://${cableB.address}/3`])).stdout).toBe('xxx')
  expect(await isOffline(a)).toBe(true)
  await expect(curl(a, ['--max-time', '1', `http://${cableD.address}/`])).rejects.toThrow()
  await router.forwardPackets()
  await a.route(far, left.address)
  await d.route(hall, right.address)
  expect((await curl(a, [`http://${cableD.address}/2`])).stdout).toBe('xx')

  const before = await cableD.count()
  await curl(a, ['-o', '/dev/null', `http://${cableD.address}/1000000`])
  const after = await cableD.count()
  expect(after.sentBytes - before.sentBytes).toBeGreaterThan(1_000_000)
  expect(after.sentBytes - before.sentBytes).toBeLessThan(1_200_000)

  await cableB.unplug()
  await expect(curl(a, ['--max-time', '1', `http://${cableB.address}/`])).rejects.toThrow()
  await cableB.replug()
  await until(
    'the cable is back',
    async () => (await curl(a, ['--max-time', '10', `http://${cableB.address}/`])).stdout === 'x'
  )

  await cableB.narrow(8)
  const started = performance.now()
  await curl(a, ['-o', '/dev/null', `http://${cableB.address}/2000000`])
  expect(performance.now() - started).toBeGreaterThan(1_500)
})

test('the namespaces end with the lab', async () => {
  const lab = await NetworkLab.make()
  const device = await lab.device('a')
  const [, path = ''] = /--net=(\S+)/.exec(device.inside(['true']).join(' ')) ?? []
  expect(existsSync(path)).toBe(true)
  await lab[Symbol.asyncDispose]()
  expect(existsSync(path)).toBe(false)
})

test('the proxy relays, narrows, stalls and cuts', async () => {
  const server = createServer((_, response) => response.end('y'.repeat(100_000)))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const target = server.address()
  if (target === null || typeof target === 'string') throw new Error('no port')
  await using proxy = await TcpProxy.listen({ host: '127.0.0.1', port: target.port })
  const get = async (): Promise<number> => (await (await fetch(`http://127.0.0.1:${proxy.port}/`)).text()).length
  expect(await get()).toBe(100_000)
  expect(proxy.carriedBytes).toBeGreaterThan(100_000)
  proxy.bytesPerSecond = 400_000
  const started = performance.now()
  expect(await get()).toBe(100_000)
  expect(performance.now() - started).toBeGreaterThan(200)
  proxy.bytesPerSecond = undefined
  proxy.stall()
  const waiting = get()
  const outcome = waiting.then(
    () => 'came',
    () => 'broke'
  )
  expect(await Promise.race([outcome, new Promise((resolve) => void setTimeout(resolve, 200, 'waits'))])).toBe('waits')
  proxy.cut()
  expect(await outcome).toBe('broke')
  server.closeAllConnections()
  await new Promise<void>((resolve) => void server.close(() => resolve()))
})

test('the workshop folder serves the real clients when a plain web server stands in front of it', async () => {
  using folder = temporaryFolder()
  const workshop = await makeWorkshopFolder(join(folder.path, 'workshop'))
  expect(workshop.contentBytes).toBeGreaterThan(15e6)
  await using lab = await NetworkLab.make()
  const hall = await lab.network()
  const server = await lab.device('server')
  const { address } = await server.plug(hall)
  const learner = await lab.device('learner')
  await learner.plug(hall)
  const web = server.start(['python3', '-u', '-m', 'http.server', '80'], { cwd: workshop.path })
  await web.line(/Serving/)

  const pip = await RealPip.make(join(folder.path, 'venv'), learner)
  await pip.install(['--index-url', `http://${address}/pypi/`, '--trusted-host', address, 'wheel'])
  expect(await pip.python('import wheel; print(wheel.__file__)')).toContain(folder.path)

  const r = new RealR(join(folder.path, 'library'), learner)
  await r.install(['seedling'], `http://${address}/miniCRAN`)
  expect(await r.code('cat(seedling::grow())')).toBe('grown in 8 hours')

  mkdirSync(join(folder.path, 'browser'))
  const browser = await openBrowser(join(folder.path, 'browser'), learner)
  try {
    const page = await browser.newPage()
    await page.goto(`http://${address}/lessons/${workshop.lesson.path}/index.html`)
    expect(await page.title()).toBe(workshop.lesson.title)
    const widths = await page.$$eval('img', (images) => images.map((image) => (image as HTMLImageElement).naturalWidth))
    expect(widths).toEqual([64, 65])
  } finally {
    await browser.close()
  }
  const file = join(folder.path, 'download')
  await curl(learner, ['-o', file, `http://${address}/${workshop.installer.path}`])
  expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(workshop.installer.sha256)
})
