/**
 * `joinery install` from the package as npm packs it, into a root folder, and the service that comes out of it on its own network: it runs under its own account,
 * comes back after a kill, is updated, taken back, continued after an interruption, and removed.
 */
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import { findProgramFiles } from '../../node/install/program-files.ts'
import { run, runAnyway, until } from '../kit/child.ts'
import { type Cable, type Device, NetworkLab } from '../kit/network-lab.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { InstalledService, readUnit } from './install-kit.ts'

const TOP = join(import.meta.dirname, '../..')

let folder: TemporaryFolder
let lab: NetworkLab
let device: Device
let cable: Cable
/** Where npm put the package. */
let program: string
let root: string
let service: InstalledService

beforeAll(async () => {
  folder = temporaryFolder()
  // The service's account has to get through.
  chmodSync(folder.path, 0o755)
  if ((statSync(dirname(folder.path)).mode & 0o001) === 0) chmodSync(dirname(folder.path), 0o711)
  lab = await NetworkLab.make()
  device = await lab.device('pi-1')
  cable = await device.plug(await lab.network())
  program = await packAndUnpack()
  root = join(folder.path, 'root')
  mkdirSync(root, { mode: 0o755 })
  service = new InstalledService(root, device)
}, 180_000)

afterAll(async () => {
  await service?.[Symbol.asyncDispose]()
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

/** Packs a copy of this checkout and lays it out as npm installs it: the package in node_modules, what it depends on beside it. */
async function packAndUnpack(): Promise<string> {
  const checkout = join(folder.path, 'checkout')
  for (const name of ['node', 'protocols', 'web-client', 'package.json', 'tsconfig.json'])
    cpSync(join(TOP, name), join(checkout, name), { recursive: true })
  symlinkSync(join(TOP, 'node_modules'), join(checkout, 'node_modules'))
  await run([process.execPath, join(checkout, 'node/bin/build.ts')], { timeoutMs: 120_000 })
  const { folders } = await findProgramFiles(checkout, { read: async (path) => readOrNothing(path) })
  await run(['npm', 'pack', '--ignore-scripts', '--pack-destination', folder.path], {
    cwd: checkout,
    // npm keeps its compiled self in the temporary folder otherwise.
    env: { NODE_DISABLE_COMPILE_CACHE: '1' }
  })
  const archive = readdirSync(folder.path).find((name) => name.endsWith('.tgz')) ?? ''
  const installed = join(folder.path, 'npm/node_modules/joinery')
  mkdirSync(installed, { recursive: true })
  await run(['tar', '-xzf', join(folder.path, archive), '-C', installed, '--strip-components=1'])
  for (const { from, to } of folders)
    if (!to.startsWith('node_modules/joinery/')) linkFolder(from, join(folder.path, 'npm', to))
  return installed
}

/** The carried Node alone is 120 MB, and nothing here writes into it: linked where it lies on the same disk. */
function linkFolder(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const target = join(to, relative(from, path))
    mkdirSync(dirname(target), { recursive: true })
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(path), target)
    else if (entry.isFile() && !linked(path, target)) copyFileSync(path, target)
  }
}

function linked(path: string, target: string): boolean {
  try {
    linkSync(path, target)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    return false
  }
}

function readOrNothing(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

const launcher = (): string[] => [process.execPath, join(program, 'node/bin/joinery.js')]
const install = (...words: string[]): Promise<{ stdout: string; stderr: string }> =>
  run([...launcher(), 'install', '--root', root, ...words])
const current = (): string => readlinkSync(join(root, 'opt/joinery/current'))
const versions = (): string[] =>
  readdirSync(join(root, 'opt/joinery')).filter((name) => /^(?:\d|\.incoming)/.test(name))
/** The pages open a moment before the room does. */
const showsRoom = (port = 80): Promise<unknown> =>
  until('the page shows the room', async () => {
    const { stdout } = await device.runAnyway(['curl', '-sf', `http://${cable.address}:${port}/`])
    return stdout.includes('Library')
  })
const roomId = (): string => readdirSync(join(root, 'var/lib/joinery/room')).join()

describe('an installed device', () => {
  let first: string
  let room: string

  test('is installed from the packed package, and its unit is one that systemd takes', {
    timeout: 120_000
  }, async () => {
    const { stderr } = await install('--name', 'pi-1', '--new-room', 'Library')
    expect(stderr).toContain('Your account as facilitator')
    first = current()
    expect(versions()).toEqual([first])
    const unit = join(folder.path, 'joinery.service')
    const text = readFileSync(join(root, 'etc/systemd/system/joinery.service'), 'utf8')
    writeFileSync(unit, text.replaceAll('/opt/joinery', join(root, 'opt/joinery')))
    const { stderr: complaints } = await run(['systemd-analyze', 'verify', unit])
    expect(complaints).toBe('')
    const typed = await runAnyway(['systemd-analyze', 'verify', await withTypingError(unit)])
    expect(typed.stderr).toContain('ProtectSystemm')
  })

  test('runs under its own account, on port 80, with the memory flags, and owns its data', {
    timeout: 120_000
  }, async () => {
    expect(await service.start()).toBe(true)
    await showsRoom()
    room = roomId()
    const { user } = service.account()
    const pid = service.main?.pid
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(new RegExp(`^Uid:\\s+${user}\\s+${user}`, 'm'))
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    expect(command).toContain('--max-semi-space-size=1')
    expect(command).toContain(join(root, 'opt/joinery', first))
    const strangers = await run(['find', join(root, 'var/lib/joinery'), '!', '-user', String(user)])
    expect(strangers.stdout).toBe('')
    expect(statSync(join(root, 'var/lib/joinery')).mode & 0o777).toBe(0o700)
    const opened = await run(['find', join(root, 'opt'), '-perm', '/022', '!', '-type', 'l'])
    expect(opened.stdout).toBe('')
  })

  test('comes back after a kill', { timeout: 120_000 }, async () => {
    await service.kill()
    expect(await service.start()).toBe(true)
    await showsRoom()
    await service.kill()
  })

  test('serves on port 8080 while another program has port 80, and doctor names that one', {
    timeout: 120_000
  }, async () => {
    const webServer = join(folder.path, 'nginx')
    symlinkSync('/usr/bin/python3', webServer)
    const listens =
      "import socket, time; s = socket.create_server(('', 80)); print('listens', flush=True); time.sleep(600)"
    const other = device.start([webServer, '-c', listens])
    await other.line(/listens/)
    expect(await service.start()).toBe(true)
    await showsRoom(8080)
    const data = join(root, 'var/lib/joinery')
    const { stdout } = await device.runAnyway([...launcher(), 'doctor', '--json', '--data', data])
    expect(stdout).toContain('PORT_TAKEN')
    expect(stdout).toContain('used by nginx')
    await service.kill()
    await other.signal('SIGKILL')
  })

  test('installing the same again changes nothing but what was damaged', { timeout: 120_000 }, async () => {
    rmSync(join(root, 'etc/systemd/system/joinery.service'))
    const { stdout } = await install()
    expect(stdout).toContain('Checked and repaired')
    expect(versions()).toEqual([first])
    expect(readUnit(root).one('User')).toBe('joinery')
    expect(existsSync(join(root, 'opt/joinery/trial'))).toBe(false)
  })

  test('an installation that is killed while it copies changes nothing, and the next one continues', {
    timeout: 120_000
  }, async () => {
    change('dist/package.json', (text) => text.replace(/"version": "[^"]+"/, '"version": "0.2.0"'))
    const [command = '', ...words] = [...launcher(), 'install', '--root', root]
    const child = spawn(command, words, { stdio: 'ignore' })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await until('it copies', () => versions().some((name) => name.startsWith('.incoming')), { everyMs: 5 })
    child.kill('SIGKILL')
    await ended
    expect(current()).toBe(first)
    await install()
    expect(versions()).toHaveLength(2)
    expect(versions().some((name) => name.startsWith('.incoming'))).toBe(false)
    expect(current()).not.toBe(first)
  })

  test('the update comes up with the same room and settings, and is no longer on trial', {
    timeout: 120_000
  }, async () => {
    expect(readFileSync(join(root, 'opt/joinery/trial'), 'utf8')).toBe(`${first}\n`)
    expect(await service.start()).toBe(true)
    await showsRoom()
    expect(roomId()).toBe(room)
    expect(readFileSync(join(root, 'var/lib/joinery/config.toml'), 'utf8')).toContain('pi-1')
    expect(existsSync(join(root, 'opt/joinery/trial'))).toBe(false)
    await service.kill()
  })

  test('a version that does not come up is taken back by the service itself', { timeout: 180_000 }, async () => {
    const good = current()
    // Not the installer itself: a program whose installer fails is never installed.
    change('dist/node/daemon.js', (text) => `throw new Error('broken on purpose')\n${text}`)
    await install()
    const bad = current()
    expect(bad).not.toBe(good)
    for (let start = 0; start < 3; start++) {
      expect(await service.start()).toBe(false)
      expect(current()).toBe(bad)
    }
    expect(await service.start()).toBe(true)
    expect(current()).toBe(good)
    await showsRoom()
    expect(roomId()).toBe(room)
    await service.kill()
  })

  test('is removed with its data left, and the data only when asked', { timeout: 120_000 }, async () => {
    await run([...launcher(), 'uninstall', '--root', root])
    expect(existsSync(join(root, 'opt/joinery'))).toBe(false)
    expect(existsSync(join(root, 'etc/systemd/system/joinery.service'))).toBe(false)
    expect(roomId()).toBe(room)
    const unasked = await runAnyway([...launcher(), 'uninstall', '--root', root, '--delete-data'])
    expect(unasked.code).toBe(2)
    expect(roomId()).toBe(room)
    await run([...launcher(), 'uninstall', '--root', root, '--delete-data', '--yes'])
    expect(existsSync(join(root, 'var/lib/joinery'))).toBe(false)
  })
})

function change(name: string, edit: (text: string) => string): void {
  const path = join(program, name)
  writeFileSync(path, edit(readFileSync(path, 'utf8')))
}

/** So that the check is seen to be able to fail. */
async function withTypingError(unit: string): Promise<string> {
  const wrong = join(folder.path, 'wrong.service')
  cpSync(unit, wrong)
  appendFileSync(wrong, '[Service]\nProtectSystemm=strict\n')
  return wrong
}
