/**
 * Real networks on one machine: devices are network namespaces, networks are bridges in a namespace of their own, cables are veth pairs
 * that can be pulled and narrowed. Each namespace is held by a small process that reads our pipe, so that everything is gone with the
 * test, whatever ends it; the machine's own network is never touched. Needs root. No netem here (the kernel lacks it): for delay and loss
 * see `tcp-proxy.ts`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { Child, type RunOptions, type RunResult, run, runAnyway, tied } from './child.ts'

class Namespace {
  readonly #holder: ChildProcess
  readonly ready: Promise<void>

  constructor() {
    const [program = '', ...more] = tied([
      'unshare',
      '--net',
      'sh',
      '-c',
      'ip link set lo up && echo ready && exec cat'
    ])
    this.#holder = spawn(program, more, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.ready = new Promise((resolve, reject) => {
      this.#holder.on('error', reject)
      this.#holder.on('exit', () => reject(new Error('no network namespace could be made: is this root?')))
      this.#holder.stdout?.once('data', () => resolve())
    })
  }

  get pid(): number {
    return this.#holder.pid ?? -1
  }

  inside(command: readonly string[]): string[] {
    return ['nsenter', `--net=/proc/${this.pid}/ns/net`, '--', ...command]
  }

  async ip(...words: string[]): Promise<string> {
    return (await run(this.inside(['ip', ...words]))).stdout
  }

  async end(): Promise<void> {
    if (this.#holder.exitCode !== null) return
    await new Promise<void>((resolve) => {
      this.#holder.once('exit', () => resolve())
      this.#holder.kill('SIGKILL')
    })
  }
}

/** One broadcast domain, such as a classroom's switch or an access point. No gateway and no default route unless a test makes one. */
export interface LabNetwork {
  readonly number: number
}

export interface Cable {
  /** Inside the device, such as `eth0`. */
  readonly interface: string
  /** IPv4; of a cable without it, what it would be. */
  readonly address: string
  /** Pulls the cable: the device sees that its carrier is gone. */
  unplug(): Promise<void>
  replug(): Promise<void>
  /** Makes it as slow as that, in each direction. */
  narrow(megabitsPerSecond: number): Promise<void>
  /** Bytes that the device sent and received over this cable, headers included. */
  count(): Promise<{ sentBytes: number; receivedBytes: number }>
}

export interface PlugOptions {
  /** False: the interface has only the link-local IPv6 address that the kernel gives it. */
  ipv4?: boolean
}

export class NetworkLab implements AsyncDisposable {
  readonly #switch = new Namespace()
  readonly #namespaces: Namespace[] = [this.#switch]
  readonly #children: Child[] = []
  #networks = 0
  #cables = 0

  static async make(): Promise<NetworkLab> {
    const lab = new NetworkLab()
    await lab.#switch.ready
    return lab
  }

  async network(): Promise<LabNetwork> {
    const number = ++this.#networks
    await this.#switch.ip('link', 'add', `br${number}`, 'type', 'bridge', 'mcast_snooping', '0')
    await this.#switch.ip('link', 'set', `br${number}`, 'up')
    return { number }
  }

  async device(name: string): Promise<Device> {
    const namespace = new Namespace()
    this.#namespaces.push(namespace)
    await namespace.ready
    return new Device(
      name,
      namespace,
      (device, network, options) => this.#plug(device, network, options),
      this.#children
    )
  }

  async #plug(device: Namespace, network: LabNetwork, { ipv4 = true }: PlugOptions): Promise<Cable> {
    const number = ++this.#cables
    const existing = JSON.parse(await device.ip('-j', 'link', 'show')) as unknown[]
    const name = `eth${existing.length - 1}`
    const port = `port${number}`
    const address = `10.77.${network.number}.${number}`
    await this.#switch.ip('link', 'add', port, 'type', 'veth', 'peer', 'name', name, 'netns', String(device.pid))
    await this.#switch.ip('link', 'set', port, 'master', `br${network.number}`)
    await this.#switch.ip('link', 'set', port, 'up')
    if (ipv4) await device.ip('addr', 'add', `${address}/24`, 'broadcast', '+', 'dev', name)
    await device.ip('link', 'set', name, 'up')
    return {
      interface: name,
      address,
      unplug: async () => void (await this.#switch.ip('link', 'set', port, 'down')),
      replug: async () => void (await this.#switch.ip('link', 'set', port, 'up')),
      narrow: async (megabitsPerSecond) => {
        const shape = ['root', 'tbf', 'rate', `${megabitsPerSecond}mbit`, 'burst', '64kb', 'latency', '200ms']
        await run(this.#switch.inside(['tc', 'qdisc', 'replace', 'dev', port, ...shape]))
        await run(device.inside(['tc', 'qdisc', 'replace', 'dev', name, ...shape]))
      },
      count: async () => {
        const [link] = JSON.parse(await device.ip('-s', '-j', 'link', 'show', name)) as {
          stats64: { rx: { bytes: number }; tx: { bytes: number } }
        }[]
        if (!link) throw new Error(`no ${name}`)
        return { sentBytes: link.stats64.tx.bytes, receivedBytes: link.stats64.rx.bytes }
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child.signal('SIGKILL')))
    await Promise.all(this.#namespaces.map((namespace) => namespace.end()))
  }
}

/** A device of the lab: what runs in it sees only the networks that it is plugged into. */
export class Device {
  readonly name: string
  readonly #namespace: Namespace
  readonly #plugIn: (device: Namespace, network: LabNetwork, options: PlugOptions) => Promise<Cable>
  readonly #children: Child[]

  constructor(
    name: string,
    namespace: Namespace,
    plugIn: (device: Namespace, network: LabNetwork, options: PlugOptions) => Promise<Cable>,
    children: Child[]
  ) {
    this.name = name
    this.#namespace = namespace
    this.#plugIn = plugIn
    this.#children = children
  }

  plug(network: LabNetwork, options: PlugOptions = {}): Promise<Cable> {
    return this.#plugIn(this.#namespace, network, options)
  }

  /** The command line that runs `command` here. */
  inside(command: readonly string[]): string[] {
    return this.#namespace.inside(command)
  }

  run(command: readonly string[], options?: RunOptions): Promise<RunResult> {
    return run(this.inside(command), options)
  }

  runAnyway(command: readonly string[], options?: RunOptions): Promise<RunResult> {
    return runAnyway(this.inside(command), options)
  }

  start(command: readonly string[], options?: Omit<RunOptions, 'timeoutMs' | 'input'>): Child {
    const child = new Child(this.inside(command), options)
    this.#children.push(child)
    return child
  }

  /** Reaches `network` through the router at `via`. */
  async route(network: LabNetwork, via: string): Promise<void> {
    await this.#namespace.ip('route', 'add', `10.77.${network.number}.0/24`, 'via', via)
  }

  async forwardPackets(): Promise<void> {
    await this.run(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'])
  }
}
