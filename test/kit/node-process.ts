/** A real node, started by its command line as a person would, in a device of the network lab or on this machine. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROGRAM_VERSION } from '../../node/config/version.ts'
import { createControlClient } from '../../node/control/control-client.ts'
import type { NodeStatus, Operations } from '../../node/control/operations.ts'
import { controlSocketPath } from '../../node/control/socket-path.ts'
import { Child, PATIENCE_MS, type RunOptions, type RunResult, run, runAnyway, until } from './child.ts'
import type { Device } from './network-lab.ts'

export const JOINERY = [process.execPath, join(import.meta.dirname, '../../node/bin/joinery.js')]

export interface NodePlace {
  /** The data folder; one node, one folder. */
  data: string
  /** In which network; this machine's when it is left out. */
  device?: Device
  /** Puts the program under another one, such as strace. */
  under?: readonly string[]
  env?: NodeJS.ProcessEnv
}

/** `joinery WORDS` for the node of that folder. */
export function joinery(place: NodePlace, words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(commandLine(place, words), { ...options, env: { ...place.env, ...options.env } })
}

/** The same, when it may fail. */
export function joineryAnyway(
  place: NodePlace,
  words: readonly string[],
  options: RunOptions = {}
): Promise<RunResult> {
  return runAnyway(commandLine(place, words), { ...options, env: { ...place.env, ...options.env } })
}

/** `joinery WORDS --json`, parsed. Long work prints one JSON value a line; the last one carries the result. */
export async function joineryJson<T>(place: NodePlace, words: readonly string[], options?: RunOptions): Promise<T> {
  const { stdout } = await joinery(place, [...words, '--json'], options)
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T | { kind: 'done'; result: T }
  return typeof last === 'object' && last !== null && 'kind' in last && last.kind === 'done' ? last.result : (last as T)
}

/**
 * What that node offers over its local socket, which is reached from every network of the lab. For what is asked again and again: a command costs a fifth of a
 * second of processor time each time.
 */
export function operationsOf({ data }: NodePlace): Operations {
  return createControlClient({ socketPath: controlSocketPath(data, tmpdir()), version: PROGRAM_VERSION })
}

function commandLine(place: NodePlace, words: readonly string[]): string[] {
  const command = [...JOINERY, ...words, '--data', place.data]
  return place.device ? place.device.inside(command) : command
}

export class NodeProcess implements AsyncDisposable {
  readonly place: NodePlace
  readonly child: Child
  /** What `start` printed when it was ready: where people reach it. */
  readonly address: string

  private constructor(place: NodePlace, child: Child, address: string) {
    this.place = place
    this.child = child
    this.address = address
  }

  /** Runs `joinery start` and waits for its line with the address. Ports are any free ones unless `words` say otherwise. */
  static async start(place: NodePlace, words: readonly string[] = [], timeoutMs = PATIENCE_MS): Promise<NodeProcess> {
    const ports = words.includes('--port') ? [] : ['--port', '0']
    const meshPorts = words.includes('--mesh-port') ? [] : ['--mesh-port', '0']
    const command = [...JOINERY, 'start', '--data', place.data, ...ports, ...meshPorts, ...words]
    const whole = [...(place.under ?? []), ...command]
    const options = place.env ? { env: place.env } : {}
    const child = place.device ? place.device.start(whole, options) : new Child(whole, options)
    try {
      const [address = ''] = await child.line(/http:\/\/[^\s/]+/, timeoutMs)
      return new NodeProcess(place, child, address)
    } catch (error) {
      await child.signal('SIGKILL')
      throw error
    }
  }

  async status(): Promise<NodeStatus> {
    try {
      return await operationsOf(this.place).status()
    } catch (cause) {
      throw new Error(
        `no status: ${cause instanceof Error ? cause.message : cause}\nthe node said:\n${this.child.output()}`,
        { cause }
      )
    }
  }

  /** Waits until the node's own status says so. */
  statusWhere(what: string, holds: (status: NodeStatus) => boolean, timeoutMs = PATIENCE_MS): Promise<NodeStatus> {
    return until(
      what,
      async () => {
        const status = await this.status()
        if (holds(status)) return status
        throw new Error(`not yet: ${JSON.stringify(status.blobs)} ${status.overview.devices.length} devices`)
      },
      { timeoutMs, everyMs: 100 }
    )
  }

  /** As a person would: SIGTERM, and it must end by itself with exit code 0. */
  async stop(): Promise<void> {
    const code = await this.child.signal('SIGTERM')
    if (code !== 0) throw new Error(`the node ended with ${code}\n${this.child.output()}`)
  }

  /** As a power failure does, apart from the disk. */
  async kill(): Promise<void> {
    await this.child.signal('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.signal('SIGKILL')
  }
}
