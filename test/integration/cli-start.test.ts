import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Program } from '../../node/commands/program.ts'
import type { Config } from '../../node/config/config.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { type FakeOperations, fakeOperations } from './cli-operations.ts'
import { type Ran, type RunInit, run } from './cli-run.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'joinery-start-'))
})
afterEach(async () => await rm(folder, { recursive: true }))

describe('joinery start', () => {
  interface Started {
    config?: Config
    stopped: number
    calls: FakeOperations['calls']
  }

  function startable(hasRoom: boolean): { program: Partial<Program>; started: Started } {
    const { operations, calls } = fakeOperations()
    const started: Started = { stopped: 0, calls }
    const program: Partial<Program> = {
      hasRoom: () => Promise.resolve(hasRoom),
      startDaemon: (config) => {
        started.config = config
        return Promise.resolve({
          address: 'http://192.168.1.20:8080/',
          operations,
          stop: () => Promise.resolve(void started.stopped++)
        })
      }
    }
    return { program, started }
  }

  /** Runs `start` until it has said that it is ready, then ends it as SIGTERM does. */
  async function startAndStop(init: Omit<RunInit, 'folder'>, ...words: string[]): Promise<Ran> {
    const end = new AbortController()
    const onOutput = (out: string): void => {
      if (out.includes('ready')) end.abort()
    }
    return await run({ folder, signal: end.signal, onOutput, ...init }, 'start', ...words)
  }

  it('prints one line with the address when it is ready, and stops cleanly', async () => {
    const { program, started } = startable(true)
    const ran = await startAndStop({ program })
    expect(ran).toEqual({ code: 0, out: 'Joinery is ready: http://192.168.1.20:8080/\n', err: '' })
    expect(started).toMatchObject({ stopped: 1, calls: [] })
  })

  it('gives flags, environment and file to the node', async () => {
    await writeFile(join(folder, 'config.toml'), 'name = "file"\nmesh_port = 5000\n')
    const { program, started } = startable(true)
    await startAndStop(
      { program },
      ...['--name', 'pi-x', '--port', '0', '--role', 'laptop', '--no-discovery', '--capacity', '5 GB'],
      ...['--static', '10.0.0.1:4417', '--static', '10.0.0.2:4417', '--access-point', '192.168.4.1']
    )
    expect(started.config).toMatchObject({
      name: 'pi-x',
      httpPort: 0,
      meshPort: 5000,
      role: 'laptop',
      discovery: false,
      capacityBytes: 5e9,
      staticAddresses: ['10.0.0.1:4417', '10.0.0.2:4417'],
      accessPointAddresses: ['192.168.4.1']
    })
  })

  it('joins first with --join, and stops again when the invitation is no good', async () => {
    const good = startable(false)
    expect((await startAndStop({ program: good.program }, '--join', 'JOIN-ABCDEF')).code).toBe(0)
    expect(good.started.calls).toEqual([{ name: 'join', options: { invitation: 'JOIN-ABCDEF' } }])
    const bad = startable(false)
    const ran = await run({ folder, program: bad.program }, 'start', '--join', 'JOIN-X')
    expect([ran.code, ran.out, bad.started.stopped]).toEqual([1, '', 1])
  })

  it('on an empty folder without a terminal says what to type, and starts nothing', async () => {
    const { program, started } = startable(false)
    const ran = await run({ folder, program }, 'start')
    expect([ran.code, ran.out, started.config]).toEqual([2, '', undefined])
    expect(ran.err).toMatch(/belongs to no room yet \(NO_ROOM\)\n.*joinery init.*joinery start --join/)
  })

  it.each([
    [['1', 'Library workshop'], { name: 'createRoom', options: { name: 'Library workshop' } }],
    [['9', '2'], { name: 'nearbyRooms', options: { waitMs: 5_000 } }],
    [['3', 'JOIN-ABCDEF'], { name: 'join', options: { invitation: 'JOIN-ABCDEF' } }]
  ])('on an empty folder in a terminal asks, and does what %j says', async (answers, call) => {
    const { program, started } = startable(false)
    const ran = await startAndStop({ program, answers })
    expect(ran.code).toBe(0)
    expect(started.calls[0]).toEqual(call)
  })

  it('makes a room with --new-room where there is none, and leaves one that is there', async () => {
    const fresh = startable(false)
    await startAndStop({ program: fresh.program }, '--new-room', 'Library workshop')
    expect(fresh.started.calls).toEqual([{ name: 'createRoom', options: { name: 'Library workshop' } }])
    const old = startable(true)
    expect((await startAndStop({ program: old.program }, '--new-room', 'Other')).code).toBe(0)
    expect(old.started.calls).toEqual([])
    expect((await run({ folder, program: fresh.program }, 'start', '--new-room', 'x', '--join', 'y')).code).toBe(2)
  })

  it('with --ask shows the code to compare', async () => {
    const { program } = startable(false)
    const ran = await startAndStop({ program }, '--ask')
    expect(ran.err).toContain('Code: 402 771')
    expect(ran.err).toContain('Joined Library workshop.')
  })

  it('says why it could not start', async () => {
    const { program } = startable(true)
    program.startDaemon = () => Promise.reject(new JoineryError('BUSY', 'port 80 is used by another program'))
    const ran = await run({ folder, program }, 'start')
    expect([ran.code, ran.out]).toEqual([1, ''])
    expect(ran.err).toContain('port 80 is used by another program (BUSY)')
  })
})
