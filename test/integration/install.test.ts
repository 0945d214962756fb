/**
 * `joinery install` from the package as npm packs it, on a computer that systemd runs and on its own network: the service runs under its own account, comes back after
 * a kill and after a power cut, is updated, taken back, continued after an interruption, and removed.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import type { NodeStatus } from '../../node/control/operations.ts'
import { findProgramFiles } from '../../node/install/program-files.ts'
import { memoryLimits } from '../../node/install/service-unit.ts'
import { PATIENCE_MS, type RunOptions, type RunResult, run, until } from '../kit/child.ts'
import { type Cable, type Device, type LabNetwork, NetworkLab } from '../kit/network-lab.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { SystemdComputer } from './systemd-computer.ts'

const TOP = join(import.meta.dirname, '../..')
/** Where npm put the package, as the computer sees it. */
const NPM = '/srv/npm/node_modules'
const PROGRAM = `${NPM}/joinery`
const LAUNCH = [`${NPM}/node-linux-${process.arch}/bin/node`, `${PROGRAM}/node/bin/joinery.js`]

let folder: TemporaryFolder
let lab: NetworkLab
let network: LabNetwork
let device: Device
let cable: Cable
let computer: SystemdComputer

beforeAll(async () => {
  folder = temporaryFolder()
  lab = await NetworkLab.make()
  device = await lab.device('pi-1')
  network = await lab.network()
  cable = await device.plug(network)
  computer = await SystemdComputer.make(device)
  await packAndUnpack(join(computer.disk, NPM))
  await computer.boot()
})

afterAll(async () => {
  await computer?.[Symbol.asyncDispose]()
  await lab?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

/** One story told in steps: after one that failed the others would only repeat it. */
let failedStep: string | undefined
beforeEach(({ task }) => {
  if (failedStep !== undefined) throw new Error(`an earlier step failed: ${failedStep}`)
  onTestFailed(async () => {
    failedStep ??= task.name
    console.error((await computer.runAnyway(['journalctl', '-u', 'joinery', '-n', '50', '--no-pager'])).stdout)
  })
})

/** Packs a copy of this checkout and lays it out as npm installs it: the package in node_modules, what it depends on beside it. */
async function packAndUnpack(modules: string): Promise<void> {
  const checkout = join(folder.path, 'checkout')
  for (const name of ['node', 'protocols', 'web-client', 'package.json', 'tsconfig.json'])
    cpSync(join(TOP, name), join(checkout, name), { recursive: true })
  symlinkSync(join(TOP, 'node_modules'), join(checkout, 'node_modules'))
  await run([process.execPath, join(checkout, 'node/bin/build.ts')])
  const { folders } = await findProgramFiles(checkout, { read: async (path) => readOrNothing(path) })
  await run(['npm', 'pack', '--ignore-scripts', '--pack-destination', folder.path], {
    cwd: checkout,
    // npm keeps its compiled self in the temporary folder otherwise.
    env: { NODE_DISABLE_COMPILE_CACHE: '1' }
  })
  const archive = readdirSync(folder.path).find((name) => name.endsWith('.tgz')) ?? ''
  const installed = join(modules, 'joinery')
  mkdirSync(installed, { recursive: true })
  await run(['tar', '-xzf', join(folder.path, archive), '-C', installed, '--strip-components=1'])
  for (const { from, to } of folders)
    if (!to.startsWith('node_modules/joinery/'))
      cpSync(from, join(modules, '..', to), { recursive: true, verbatimSymlinks: true })
}

function readOrNothing(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

const SLOW: RunOptions = { timeoutMs: 2 * PATIENCE_MS }
const install = (...words: string[]): Promise<RunResult> => computer.run([...LAUNCH, 'install', ...words], SLOW)
const current = async (): Promise<string> => (await computer.run(['readlink', '/opt/joinery/current'])).stdout.trim()
const names = async (path: string): Promise<string[]> =>
  (await computer.runAnyway(['ls', '-A', path])).stdout.split('\n').filter((name) => name !== '')
const versions = async (): Promise<string[]> =>
  (await names('/opt/joinery')).filter((name) => /^(?:\d|\.incoming)/.test(name))
const mainProcess = (): Promise<string> => computer.property('joinery', 'MainPID')
/** The pages open a moment before the room does. */
const showsRoom = (port = 80): Promise<unknown> =>
  until('the page shows the room', async () => {
    const { stdout } = await device.runAnyway(['curl', '-sf', `http://${cable.address}:${port}/`])
    return stdout.includes('Library')
  })
const roomId = async (): Promise<string> => (await names('/var/lib/joinery/room')).join()

describe('an installed device', () => {
  let first: string
  let room: string

  test('is there after one line, and its power can be cut right after that', async () => {
    const { stdout, stderr } = await install('--name', 'pi-1', '--new-room', 'Library')
    await computer.cutPower()
    expect(stderr).toContain('Your account as facilitator')
    expect(stdout).toContain('comes back by itself after a power cut')
    await computer.boot()
    await showsRoom()
    first = await current()
    room = await roomId()
    expect(await versions()).toEqual([first])
    expect(await computer.property('joinery', 'UnitFileState')).toBe('enabled')
  })

  test('runs under its own account, on port 80, with the memory flags, and owns its data', async () => {
    const user = (await computer.run(['id', '-u', 'joinery'])).stdout.trim()
    const pid = await mainProcess()
    const status = await computer.read(`/proc/${pid}/status`)
    expect(status).toMatch(new RegExp(`^Uid:\\s+${user}\\s+${user}`, 'm'))
    // Port 80 and nothing else that root may.
    expect(status).toMatch(/^CapBnd:\s+0{13}400$/m)
    expect(status).toMatch(/^CapEff:\s+0{13}400$/m)
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(status).toMatch(/^Seccomp:\s+2$/m)
    const command = await computer.read(`/proc/${pid}/cmdline`)
    expect(command).toContain('--max-semi-space-size=1')
    expect(command).toContain(`/opt/joinery/${first}/`)
    const total = Number((await computer.read('/proc/meminfo')).match(/^MemTotal:\s+(\d+) kB/m)?.[1]) * 1024
    const { high, max } = memoryLimits(total)
    expect(await computer.property('joinery', 'MemoryHigh')).toBe(String(high))
    expect(await computer.property('joinery', 'MemoryMax')).toBe(String(max))
    expect((await computer.run(['find', '/var/lib/joinery', '!', '-user', user])).stdout).toBe('')
    expect((await computer.run(['stat', '-c', '%a', '/var/lib/joinery'])).stdout.trim()).toBe('700')
    expect((await computer.run(['find', '/opt', '-perm', '/022', '!', '-type', 'l'])).stdout).toBe('')
    // It can write into its data folder and nowhere else: the namespace of its own that systemd gave it says so.
    const inside = ['nsenter', '-t', pid, '-m', '-r', 'setpriv', `--reuid=${user}`, '--clear-groups', 'touch']
    await computer.run([...inside, '/var/lib/joinery/.seen'])
    for (const path of ['/opt/joinery/seen', '/etc/seen', '/var/tmp/../lib/seen', '/home/seen'])
      expect((await computer.runAnyway([...inside, path])).code).not.toBe(0)
  })

  test('its unit is one that systemd takes without a word', async () => {
    expect((await computer.run(['systemd-analyze', 'verify', 'joinery.service'])).stderr).toBe('')
    // So that the check is seen to be able to fail.
    const wrong = '/tmp/wrong.service'
    await computer.run(['cp', '/etc/systemd/system/joinery.service', wrong])
    await computer.run(['tee', '-a', wrong], { input: '[Service]\nProtectSystemm=strict\n' })
    expect((await computer.runAnyway(['systemd-analyze', 'verify', wrong])).stderr).toContain('ProtectSystemm')
  })

  test("answers the command `joinery`, for root too, without a file that is root's", async () => {
    const { stdout } = await computer.runAnyway(['joinery', 'status'])
    expect(stdout).toContain('Library')
    expect((await computer.run(['find', '/var/lib/joinery', '-user', '0'])).stdout).toBe('')
  })

  test('renews the code of whoever put a file onto its boot drive, once, and shows it there only', async () => {
    await computer.run(['mkdir', '-p', '/boot/firmware'])
    // As Notepad writes it.
    const asked = Buffer.from('\ufefffacilitator\r\n', 'utf16le').toString('base64')
    await computer.run(['sh', '-c', `echo ${asked} | base64 -d > /boot/firmware/joinery-reset.txt.txt`])
    await computer.run(['systemctl', 'restart', 'joinery'], SLOW)
    await showsRoom()
    expect(await names('/boot/firmware')).toEqual(['joinery-code.txt'])
    const answer = await computer.read('/boot/firmware/joinery-code.txt')
    const [, code = ''] = /^Name: facilitator\nCode: (\S+)$/m.exec(answer) ?? []
    const own = `http://${cable.address}`
    const form = ['--data-urlencode', 'name=facilitator', '--data-urlencode', `code=${code}`]
    const words = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', `Origin: ${own}`, ...form, `${own}/sign-in`]
    expect((await device.runAnyway(['curl', ...words])).stdout).toBe('303')
    const { stdout: log } = await computer.runAnyway(['journalctl', '-u', 'joinery', '--no-pager'])
    expect(log).toContain('the answer is in /boot/firmware/joinery-code.txt')
    expect(log).not.toContain(code)
    expect((await computer.run(['find', '/var/lib/joinery', '-user', '0'])).stdout).toBe('')
    await computer.run(['systemctl', 'restart', 'joinery'], SLOW)
    await showsRoom()
    expect(await computer.read('/boot/firmware/joinery-code.txt')).toBe(answer)
    expect((await device.runAnyway(['curl', ...words])).stdout).toBe('303')
  })

  test('comes back after a kill', async () => {
    const killed = await mainProcess()
    await computer.run(['kill', '-KILL', killed])
    await until('another process runs', async () => !['0', killed].includes(await mainProcess()))
    await showsRoom()
    expect(await computer.property('joinery', 'NRestarts')).toBe('1')
  })

  test('a computer that has nothing becomes a further one with a pasted line, without internet, and only with the right bytes', async () => {
    const laptop = await lab.device('laptop')
    const { address } = await laptop.plug(network)
    await using second = await SystemdComputer.make(laptop)
    await second.boot()
    const { stdout } = await computer.run(['joinery', 'invite', '--line'])
    const paste = (line: string): Promise<RunResult> =>
      second.runAnyway(['sh', '-c', `cd /root && ${line.replace('sudo ', '')}`], SLOW)
    const wrong = await paste(stdout.replace(/"[0-9a-f]{64} /, `"${'0'.repeat(64)} `))
    expect(wrong.code).not.toBe(0)
    expect(wrong.stdout).toContain('FAILED')
    expect((await second.runAnyway(['ls', '/root/joinery', '/opt/joinery'])).stdout).toBe('')
    // A download that broke off goes on where it was.
    await second.run(['sh', '-c', 'truncate -s -3000000 /root/joinery-*.tar'])
    const right = await paste(stdout)
    expect(right.code, right.stderr).toBe(0)
    expect(right.stderr).toContain('206 Partial Content')
    await until('the second one shows the room', async () => {
      const page = await laptop.runAnyway(['curl', '-sf', `http://${address}/`])
      return page.stdout.includes('Library')
    })
    const record = (await second.run(['readlink', '/opt/joinery/current'])).stdout.trim()
    expect(record).toBe(first)
    await until('both are linked', async () => {
      const status = JSON.parse((await second.run(['joinery', 'status', '--json'])).stdout) as NodeStatus
      return status.overview.devices.filter(({ connected }) => connected).length === 2
    })
  })

  test('serves on port 8080 while another program has port 80, and doctor names that one', async () => {
    await computer.run(['systemctl', 'stop', 'joinery'])
    await computer.run(['ln', '-s', '/usr/bin/python3', '/srv/nginx'])
    const listens =
      "import socket, time; s = socket.create_server(('', 80)); print('listens', flush=True); time.sleep(600)"
    await using other = computer.start(['/srv/nginx', '-c', listens])
    await other.line(/listens/)
    await computer.run(['systemctl', 'start', 'joinery'])
    await showsRoom(8080)
    const { stdout } = await computer.runAnyway(['joinery', 'doctor', '--json'])
    expect(stdout).toContain('PORT_TAKEN')
    expect(stdout).toContain('used by nginx')
  })

  test('installing the same again changes nothing but what was damaged', async () => {
    await computer.run(['rm', '/etc/systemd/system/joinery.service'])
    const { stdout } = await install()
    expect(stdout).toContain('Checked and repaired')
    expect(await versions()).toEqual([first])
    expect(await computer.property('joinery', 'User')).toBe('joinery')
    expect(await names('/opt/joinery')).not.toContain('trial')
    await showsRoom()
  })

  test('an installation that is killed while it copies changes nothing, and the next one is an update that keeps room and settings', async () => {
    await change('dist/package.json', 's/"version": *"[^"]*"/"version":"0.2.0"/')
    const copying = computer.start([...LAUNCH, 'install'])
    // Seen from outside, at once: a command inside takes long on a busy machine, and the copying may be over.
    const copies = (): boolean =>
      readdirSync(join(computer.disk, 'opt/joinery')).some((name) => name.startsWith('.incoming'))
    await until('it copies', copies, { everyMs: 2 })
    await copying.signal('SIGKILL')
    expect(await current()).toBe(first)
    await showsRoom()
    const { stdout } = await install()
    expect(stdout).toContain('Updated to')
    expect(await versions()).toHaveLength(2)
    expect((await versions()).some((name) => name.startsWith('.incoming'))).toBe(false)
    expect(await current()).not.toBe(first)
    await showsRoom()
    expect(await roomId()).toBe(room)
    expect(await computer.read('/var/lib/joinery/config.toml')).toContain('pi-1')
    expect(await names('/opt/joinery')).not.toContain('trial')
    expect(await computer.read(`/proc/${await mainProcess()}/cmdline`)).toContain(`/opt/joinery/${await current()}/`)
  })

  test('a version that does not come up is taken back by the service itself, and the installer says so', async () => {
    const good = await current()
    // Not the installer itself: a program whose installer fails is never installed.
    await change('dist/node/daemon.js', "1s/^/throw new Error('broken on purpose');/")
    const { code, stderr } = await computer.runAnyway([...LAUNCH, 'install'], SLOW)
    expect(code).not.toBe(0)
    expect(stderr).toContain('INSTALL_ROLLED_BACK')
    expect(await current()).toBe(good)
    await showsRoom()
    expect(await roomId()).toBe(room)
  })

  test('so it is when the power is cut while that version is on trial', async () => {
    const good = await current()
    const installing = computer.start([...LAUNCH, 'install'])
    await until(
      'it was tried',
      () => (readOrNothing(join(computer.disk, 'opt/joinery/trial')) ?? '').includes('start'),
      { everyMs: 2 }
    )
    expect(await current()).not.toBe(good)
    await computer.cutPower()
    await installing.ended
    await computer.boot()
    await showsRoom()
    expect(await current()).toBe(good)
    expect(await names('/opt/joinery')).not.toContain('trial')
    expect(await roomId()).toBe(room)
  })

  test('is removed with its data left, and the data only when asked', async () => {
    await computer.run(['joinery', 'uninstall'])
    expect(await computer.property('joinery', 'LoadState')).toBe('not-found')
    expect((await computer.runAnyway(['pgrep', '-u', 'joinery'])).stdout).toBe('')
    expect(await names('/opt/joinery')).toEqual([])
    expect(await roomId()).toBe(room)
    const unasked = await computer.runAnyway([...LAUNCH, 'uninstall', '--delete-data'])
    expect(unasked.code).toBe(2)
    expect(await roomId()).toBe(room)
    await computer.run([...LAUNCH, 'uninstall', '--delete-data', '--yes'])
    const left = await computer.run([
      'find',
      '/etc',
      '/opt',
      '/usr/local',
      '/var/lib',
      '/var/cache',
      '-xdev',
      '-iname',
      '*joinery*'
    ])
    expect(left.stdout).toBe('')
    expect((await computer.runAnyway(['id', 'joinery'])).code).not.toBe(0)
  })

  test('for an image it goes into a folder, enabled and not started', async () => {
    await computer.run(['mkdir', '/srv/image'])
    const { stdout } = await install('--root', '/srv/image', '--name', 'pi-2')
    expect(stdout).toContain('It starts with the computer that /srv/image becomes')
    expect(await names('/srv/image/etc/systemd/system/multi-user.target.wants')).toEqual(['joinery.service'])
    expect((await computer.runAnyway(['pgrep', '-u', 'joinery'])).stdout).toBe('')
    expect(await names('/etc/sysusers.d')).toEqual([])
    expect(await computer.read('/srv/image/var/lib/joinery/config.toml')).toContain('pi-2')
    await computer.run([...LAUNCH, 'uninstall', '--root', '/srv/image', '--delete-data', '--yes'])
    expect(await names('/srv/image/opt/joinery')).toEqual([])
    expect(await names('/srv/image/var/lib/joinery')).toEqual([])
  })
})

/** Edits a file of the program that lies ready to be installed. */
async function change(name: string, edit: string): Promise<void> {
  const before = await computer.read(`${PROGRAM}/${name}`)
  await computer.run(['sed', '-i', edit, `${PROGRAM}/${name}`])
  expect(await computer.read(`${PROGRAM}/${name}`)).not.toBe(before)
}
