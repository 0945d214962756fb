/** `joinery demo` as a person runs it: three real devices, a plug to pull, and nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isPortFree } from '../../node/platform/free-ports.ts'
import type { RoomOverview } from '../../protocols/room-overview.ts'
import { ownPort } from '../kit/own-ports.ts'

const LAUNCHER = new URL('../../node/bin/joinery.js', import.meta.url).pathname
/** Three devices start one after the other; a busy machine takes its time. */
const READY = { interval: 100 }

let temporary: string
let demo: ChildProcess | undefined
let shown = ''
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'joinery-demo-test-'))
  shown = ''
})
afterEach(async () => {
  if (demo?.exitCode === null && demo.signalCode === null) {
    demo.kill('SIGTERM')
    await once(demo, 'exit')
  }
  await rm(temporary, { recursive: true })
})

function startDemo(...words: string[]): ChildProcess {
  const child = spawn(process.execPath, [LAUNCHER, 'demo', ...words], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['pipe', 'pipe', 'pipe']
  })
  child.stdout?.on('data', (part: Buffer) => {
    shown += part.toString()
  })
  child.stderr?.on('data', (part: Buffer) => {
    shown += part.toString()
  })
  demo = child
  return child
}

/** Resolves once the demo has shown it; rejects when it has ended instead, for then nothing more will come. */
function untilShown(child: ChildProcess, what: string | RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (typeof what === 'string' ? shown.includes(what) : what.test(shown)) resolve()
    }
    child.stdout?.on('data', look)
    child.once('close', (code) => reject(new Error(`the demo ended with ${code}:\n${shown}`)))
    look()
  })
}

describe('the demo', () => {
  it('serves the sample from three devices, misses nothing when one is unplugged, and leaves nothing behind', async () => {
    const port = await ownPort()
    const child = startDemo('--port', String(port))
    await untilShown(child, 'Press 1, 2 or 3')
    expect(shown).toContain(`pip install --index-url http://127.0.0.1:${port}/pypi/simple/ joinery-birds`)
    expect(shown).toContain('install.packages("joinerybirds"')
    const ports = [...shown.matchAll(/Device \d {3}http:\/\/127\.0\.0\.1:(\d+)\//g)].map(([, one]) => Number(one))
    expect(ports).toHaveLength(3)
    for (const one of ports) {
      const look = async (): Promise<RoomOverview> =>
        (await (await fetch(`http://127.0.0.1:${one}/api/room`)).json()) as RoomOverview
      // What a page tells is up to a second old.
      await expect.poll(async () => (await look()).devices.length).toBe(3)
      const room = await look()
      const [lesson] = room.contents.lessons
      const page = await fetch(`http://127.0.0.1:${one}${lesson?.href}`)
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('</html>')])
    }

    child.stdin?.write('2\n')
    await untilShown(child, 'Press 2 to plug it in again')
    await expect(fetch(`http://127.0.0.1:${ports[1]}/`)).rejects.toThrow()
    expect(shown.match(/Device [13]: the lesson, Python packages, R packages, an installer: all there/g)).toHaveLength(
      2
    )

    child.stdin?.write('plug 2\n')
    await untilShown(child, 'Device 2 is plugged in again')
    expect((await fetch(`http://127.0.0.1:${ports[1]}/healthz`)).status).toBe(200)

    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    expect(await readdir(temporary)).toEqual([])
    for (const one of ports) expect(await isPortFree(one)).toBe(true)
  })

  it('takes its devices with it when it is killed', async () => {
    const port = await ownPort()
    const child = startDemo('--port', String(port))
    // Killed in the middle of starting, when the first device serves already.
    await expect
      .poll(
        () =>
          fetch(`http://127.0.0.1:${port}/healthz`).then(
            (one) => one.status,
            () => 0
          ),
        READY
      )
      .toBe(200)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await expect.poll(() => isPortFree(port), READY).toBe(true)
  })

  it('takes the next free ports and says so', async () => {
    const port = await ownPort()
    const other = createServer()
    await new Promise<void>((resolve) => other.listen({ port, host: '::' }, resolve))
    try {
      const child = startDemo('--port', String(port))
      await untilShown(child, new RegExp(`ports ${port} to ${port + 2} are taken; using \\d+, \\d+, \\d+`))
    } finally {
      other.close()
    }
  })
})
