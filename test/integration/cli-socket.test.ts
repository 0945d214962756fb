import { once } from 'node:events'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createControlClient } from '../../node/control/control-client.ts'
import { type ControlServer, createControlServer } from '../../node/control/control-server.ts'
import { MAX_REQUEST_BYTES } from '../../node/control/limits.ts'
import type { Operations } from '../../node/control/operations.ts'
import { controlSocketPath } from '../../node/control/socket-path.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { fakeOperations } from './cli-operations.ts'
import { run } from './cli-run.ts'

let folder: string
let socketPath: string
let server: ControlServer | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'joinery-control-'))
  socketPath = controlSocketPath(folder, tmpdir())
})
afterEach(async () => {
  await server?.stop()
  server = undefined
  await rm(folder, { recursive: true })
})

async function serve(operations: Operations, version = '0.1.0'): Promise<ControlServer> {
  const made = createControlServer(
    { operations, disk: nodeDisk, clock: systemClock, log: { warn: () => undefined } },
    { socketPath, version }
  )
  await made.start()
  server = made
  return made
}

const client = (version = '0.1.0'): Operations => createControlClient({ socketPath, version })

describe('the local socket', () => {
  it('belongs to its user only', async () => {
    await serve(fakeOperations().operations)
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600)
  })

  it('carries options there and answers back', async () => {
    const { operations, calls } = fakeOperations()
    await serve(operations)
    expect(await client().invite({ uses: 3 })).toMatchObject({ text: 'JOIN-ABCDEF', uses: 3 })
    expect(await client().askers()).toHaveLength(2)
    expect(calls).toEqual([
      { name: 'invite', options: { uses: 3 } },
      { name: 'askers', options: {} }
    ])
  })

  it('carries errors with their code and what to do next', async () => {
    await serve(fakeOperations().operations)
    const failed = client().join({ invitation: 'JOIN-X' })
    await expect(failed).rejects.toBeInstanceOf(JoineryError)
    await expect(failed).rejects.toMatchObject({ code: 'MALFORMED', message: 'the invitation is mistyped' })
  })

  it('carries streams item by item, in order, to the end', async () => {
    await serve(fakeOperations().operations)
    const kinds: string[] = []
    for await (const item of client().import({ source: '/x' })) kinds.push(item.kind)
    expect(kinds).toEqual(['step', 'notice', 'done'])
  })

  it('carries an error in the middle of a stream', async () => {
    async function* failing(): AsyncGenerator<never> {
      yield* []
      throw new JoineryError('TOO_LARGE', 'the disk is full')
    }
    await serve(fakeOperations({ gc: failing }).operations)
    await expect(async () => {
      for await (const _ of client().gc({ dryRun: false }));
    }).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  it.each(['leaves the loop', 'aborts', 'is killed'])('ends the work when the command %s', async (how) => {
    let ended: unknown
    let began: () => void = () => undefined
    const beginning = new Promise<void>((resolve) => {
      began = resolve
    })
    async function* endless(_options: unknown, signal?: AbortSignal): AsyncGenerator<never> {
      yield { kind: 'step', phase: 'reading', doneFiles: 0, doneBytes: 0 } as never
      began()
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
      ended = signal?.reason
      signal?.throwIfAborted()
    }
    await serve(fakeOperations({ verify: endless }).operations)
    if (how === 'is killed') {
      const raw = request({ socketPath, path: '/v1/verify', method: 'POST', headers: { 'joinery-version': '0.1.0' } })
      raw.on('error', () => undefined)
      raw.end('{}')
      await beginning
      raw.destroy()
    } else {
      const abort = new AbortController()
      const reading = (async () => {
        for await (const _ of client().verify({}, abort.signal)) {
          if (how === 'leaves the loop') break
        }
      })()
      await beginning
      if (how === 'aborts') abort.abort()
      if (how === 'aborts') await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' })
      else await reading
    }
    await expect.poll(() => ended).toMatchObject({ code: 'CANCELLED' })
  })

  it('lets a stream wait for a reader that is slow', async () => {
    let made = 0
    async function* fast(): AsyncGenerator<never> {
      for (; made < 20_000; made++)
        yield { kind: 'notice', level: 'warning', code: 'X', text: 'x'.repeat(1_000) } as never
      yield { kind: 'done', result: { removedFiles: 0, removedBytes: 0, removedPartials: 0 } } as never
    }
    await serve(fakeOperations({ gc: fast }).operations)
    const stream = client().gc({ dryRun: true })[Symbol.asyncIterator]()
    await stream.next()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(made).toBeLessThan(10_000)
    let seen = 1
    for (let next = await stream.next(); !next.done; next = await stream.next()) seen++
    expect(seen).toBe(20_001)
  })

  it('says NOT_RUNNING where nothing is, and where a killed node left its socket', async () => {
    await expect(client().status()).rejects.toMatchObject({ code: 'NOT_RUNNING' })
    await leaveStaleSocket(socketPath)
    await expect(client().status()).rejects.toMatchObject({ code: 'NOT_RUNNING' })
  })

  it('is taken over from a killed node, and never from a live one', async () => {
    await leaveStaleSocket(socketPath)
    await serve(fakeOperations().operations)
    const second = createControlServer(
      { operations: fakeOperations().operations, disk: nodeDisk, clock: systemClock, log: { warn: () => undefined } },
      { socketPath, version: '0.1.0' }
    )
    await expect(second.start()).rejects.toMatchObject({ code: 'ALREADY_RUNNING' })
    expect((await client().status()).httpPort).toBe(8080)
  })

  it('is gone after stopping, which also ends what is under way', async () => {
    const { promise: beginning, resolve: began } = Promise.withResolvers<void>()
    async function* endless(_options: unknown, signal?: AbortSignal): AsyncGenerator<never> {
      began()
      await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      yield* []
    }
    const started = await serve(fakeOperations({ verify: endless }).operations)
    const reading = (async () => {
      for await (const _ of client().verify({}));
    })()
    const failed = expect(reading).rejects.toMatchObject({ code: 'STOPPED' })
    await beginning
    await started.stop()
    await failed
    await expect(stat(socketPath)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('refuses commands of another version', async () => {
    await serve(fakeOperations().operations, '0.2.0')
    await expect(client('0.1.0').status()).rejects.toMatchObject({
      code: 'OTHER_VERSION',
      message: expect.stringMatching(/0\.1\.0.*0\.2\.0/)
    })
  })

  it.each([
    ['PUT', '/v1/status', '{}', 404],
    ['POST', '/v1/none', '{}', 404],
    ['POST', '/v1/constructor', '{}', 404],
    ['POST', '/v1/__proto__', '{}', 404],
    ['POST', '/status', '{}', 404],
    ['POST', '/v1/status', '[1]', 400],
    ['POST', '/v1/status', '{', 400],
    ['POST', '/v1/status', `"${'x'.repeat(MAX_REQUEST_BYTES)}"`, 413]
  ])('refuses %s %s (%#)', async (method, path, body, status) => {
    await serve(fakeOperations().operations)
    const raw = request({ socketPath, path, method, headers: { 'joinery-version': '0.1.0' } })
    raw.on('error', () => undefined)
    raw.end(body)
    const [answer] = await once(raw, 'response')
    expect(answer.statusCode).toBe(status)
    raw.destroy()
  })

  it('says NO_ACCESS for the socket of another user', async () => {
    if (process.getuid?.() === 0) {
      // Root may open everything, so the answer of the system is played by a path that leads through a file.
      await writeFile(join(folder, 'file'), '')
      await expect(
        createControlClient({ socketPath: join(folder, 'file', 'x.sock'), version: '1' }).status()
      ).rejects.toMatchObject({ code: 'ENOTDIR' })
      return
    }
    await serve(fakeOperations().operations)
    await chmod(socketPath, 0)
    await expect(client().status()).rejects.toMatchObject({ code: 'NO_ACCESS' })
  })

  it('has a short name even for a folder with a long one', () => {
    const long = `/${'a'.repeat(200)}`
    expect(Buffer.byteLength(controlSocketPath(long, '/tmp'))).toBeLessThan(108)
    expect(controlSocketPath(long, '/tmp')).not.toBe(controlSocketPath(`${long}b`, '/tmp'))
    expect(controlSocketPath('/data', '/tmp')).toBe('/data/control.sock')
  })
})

/** As kill -9 does: the file stays, nobody listens. */
async function leaveStaleSocket(path: string): Promise<void> {
  const { execFileSync } = await import('node:child_process')
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  try {
    execFileSync(process.execPath, ['-e', program], { stdio: 'ignore' })
  } catch {
    // It ends by a signal, as it should.
  }
  const stale = connect({ path })
  await once(stale, 'error')
}

describe('a command that finds the folder taken and no socket', () => {
  const taken = (): JoineryError => new JoineryError('ALREADY_RUNNING', 'another joinery works on it')
  const program = { temporaryDirectory: tmpdir() }

  it('waits for the socket of a device that is starting, and works through it', async () => {
    const { operations, calls } = fakeOperations()
    const openOffline = async (): Promise<never> => {
      await serve(operations)
      throw taken()
    }
    const ran = await run({ folder, program: { ...program, openOffline } }, 'import', '/media/usb')
    expect([ran.err, calls.map(({ name }) => name)]).toEqual([expect.not.stringContaining('ALREADY'), ['import']])
  })

  it('waits for another command that has it, and then works on the folder itself', async () => {
    const { operations, calls } = fakeOperations()
    let tries = 0
    const openOffline = async (): Promise<{ operations: Operations; close(): Promise<void> }> => {
      if (++tries < 3) throw taken()
      return { operations, close: async () => undefined }
    }
    await run({ folder, program: { ...program, openOffline } }, 'import', '/media/usb')
    expect([tries, calls.map(({ name }) => name)]).toEqual([3, ['import']])
  })

  it('gives up after half a minute and says why', async () => {
    let nowMs = 0
    const clock = {
      ...systemClock,
      monotonicMs: () => nowMs,
      after: (delayMs: number, done: () => void) => {
        nowMs += delayMs
        return systemClock.after(0, done)
      }
    }
    const openOffline = (): Promise<never> => Promise.reject(taken())
    const ran = await run({ folder, program: { ...program, clock, openOffline } }, 'import', '/media/usb')
    expect([ran.code, ran.err]).toEqual([1, expect.stringContaining('ALREADY_RUNNING')])
    expect(nowMs).toBe(30_000)
  })
})
