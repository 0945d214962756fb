/**
 * A computer of its own that runs systemd, in the network of a device of the lab (see `install-programs/boot-systemd.sh`). Its disk is an image, so that its power
 * can be cut: what was not synced is gone. Needs root, and nothing beside what the network lab and the loop images need.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Child, type RunOptions, type RunResult, run, runAnyway, until } from '../kit/child.ts'
import { LoopImage, type MountedCopy } from '../kit/loop-image.ts'
import type { Device } from '../kit/network-lab.ts'

const BOOT = join(import.meta.dirname, 'install-programs/boot-systemd.sh')
const ENVIRONMENT = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'LC_ALL=C.UTF-8',
  'SYSTEMD_PAGER='
]
const DISK_MEGABYTES = 4_000

export class SystemdComputer implements AsyncDisposable {
  readonly #device: Device
  readonly #image: LoopImage
  readonly #group: string
  #copy: MountedCopy | undefined
  #machine: Child | undefined
  #firstProcess = -1
  readonly #children: Child[] = []

  private constructor(device: Device, image: LoopImage) {
    this.#device = device
    this.#image = image
    this.#group = `joinery-test-${process.pid}-${device.name}`
  }

  static async make(device: Device): Promise<SystemdComputer> {
    const computer = new SystemdComputer(device, await LoopImage.make(DISK_MEGABYTES))
    mkdirSync(computer.disk)
    return computer
  }

  /** Where the files that changed or came lie, seen from outside. */
  get disk(): string {
    return join(this.#copy?.path ?? this.#image.path, 'upper')
  }

  /** Returns when systemd says that it is up. */
  async boot(): Promise<void> {
    const disk = this.#copy?.path ?? this.#image.path
    const namespaces = [...ownMounts(), '--pid', '--uts', '--ipc', '--fork', '--kill-child']
    const machine = new Child(this.#device.inside([...namespaces, 'sh', BOOT, 'disk', disk, this.#group]))
    this.#machine = machine
    try {
      await until('systemd is up', async () => {
        if (machine.over) throw new Error(machine.output())
        const children = readFileSync(`/proc/${machine.pid}/task/${machine.pid}/children`, 'utf8').trim()
        if (children === '' || readFileSync(`/proc/${children}/comm`, 'utf8').trim() !== 'systemd') return false
        this.#firstProcess = Number(children)
        const { stdout } = await this.runAnyway(['systemctl', 'is-system-running'])
        return /running|degraded/.test(stdout)
      })
    } catch (cause) {
      throw new Error(`it did not start: ${machine.output()}`, { cause })
    }
  }

  run(command: readonly string[], options?: RunOptions): Promise<RunResult> {
    return run(this.#inside(command), options)
  }

  runAnyway(command: readonly string[], options?: RunOptions): Promise<RunResult> {
    return runAnyway(this.#inside(command), options)
  }

  /** Dies with what started it: entering the computer's processes takes a process in between. */
  start(command: readonly string[]): Child {
    const child = new Child(this.#inside(['setpriv', '--pdeathsig', 'KILL', '--', ...command]))
    this.#children.push(child)
    return child
  }

  /** Text of a file as the computer sees it. */
  async read(path: string): Promise<string> {
    return (await this.run(['cat', path])).stdout
  }

  /** One property of a unit. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.run(['systemctl', 'show', '--value', '-p', name, unit])).stdout.trim()
  }

  /** All its processes end at once, and its disk is what the medium has at this moment. It stays off. */
  async cutPower(): Promise<void> {
    // Nothing runs on while the medium is copied, so whoever was told something was told it before.
    await this.run(['sh', '-c', 'kill -STOP -1'])
    const before = this.#copy
    this.#copy = await this.#image.cutPower(before)
    await this.#end()
    await before?.[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
    await this.#copy?.[Symbol.asyncDispose]()
    await run([...ownMounts(), 'sh', BOOT, 'remove', this.#image.path, this.#group])
    await this.#image[Symbol.asyncDispose]()
  }

  async #end(): Promise<void> {
    const machine = this.#machine
    if (!machine) return
    this.#machine = undefined
    // The first process takes all others with it, and ends after them. What was started from outside is waited for by the program that entered, which may
    // have been stopped along with it: that one has to go first.
    if (this.#firstProcess > 1 && !machine.over) process.kill(this.#firstProcess, 'SIGKILL')
    else machine.process.kill('SIGKILL')
    for (const child of this.#children.splice(0)) await child.signal('SIGKILL')
    await machine.ended
    this.#firstProcess = -1
  }

  #inside(command: readonly string[]): string[] {
    const into = ['-t', String(this.#firstProcess), '-p', '-m', '-u', '-i', '-n', '-C', '-r', '-w']
    return ['nsenter', ...into, 'env', '-i', ...ENVIRONMENT, ...command]
  }
}

/** A view of mounts that nobody else has. In a chroot there is no mount of the machine's own to take out of the sharing. */
function ownMounts(): string[] {
  const begins = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === '/')
  return ['unshare', '--mount', ...(begins ? [] : ['--propagation', 'unchanged'])]
}
