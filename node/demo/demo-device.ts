/** One of the three devices of the demo: a real node as a child process, with a data folder of its own. */
import { JoineryError } from '../../protocols/errors.ts'
import { createControlClient } from '../control/control-client.ts'
import type { Operations } from '../control/operations.ts'
import { controlSocketPath } from '../control/socket-path.ts'
import type { ChildProgram } from '../platform/child-program.ts'
import type { Clock } from '../platform/clock.ts'
import { sleep } from '../platform/clock.ts'

export interface DemoDeviceComponents {
  clock: Clock
  /** Starts `joinery` with these words. */
  startJoinery(words: readonly string[]): ChildProgram
}

export interface DemoDeviceInit {
  number: number
  name: string
  port: number
  meshPort: number
  dataDirectory: string
  temporaryDirectory: string
  version: string
  logLevel: string
  /** Told when it ends without being asked to. */
  onCrash(device: DemoDevice, code: number): void
  onLogLine(device: DemoDevice, line: string): void
}

/** Long enough for a slow computer that starts three of them at once. */
const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 8_000
/** A sample workshop is small: a device of the demo never fills a disk. */
const CAPACITY = '200 MB'
/** Of the first device; where one is taken, git goes over HTTP only. */
const SSH_PORT = 2222
/** What it said last, for the case that it does not come up. */
const KEPT_LINES = 20

export class DemoDevice {
  readonly number: number
  readonly name: string
  readonly port: number
  readonly meshPort: number
  readonly operations: Operations
  readonly #components: DemoDeviceComponents
  readonly #init: DemoDeviceInit
  #child: ChildProgram | undefined
  #lastLines: string[] = []
  /** What it is meant to be: a child that ends while this is true has crashed. */
  #pluggedIn = false

  constructor(components: DemoDeviceComponents, init: DemoDeviceInit) {
    this.#components = components
    this.#init = init
    this.number = init.number
    this.name = init.name
    this.port = init.port
    this.meshPort = init.meshPort
    this.operations = createControlClient({
      socketPath: controlSocketPath(init.dataDirectory, init.temporaryDirectory),
      version: init.version
    })
  }

  get pluggedIn(): boolean {
    return this.#pluggedIn
  }

  /**
   * Starts it and waits until it says that it is ready.
   *
   * @param others mesh addresses of the other devices: a computer without a network has no mDNS
   */
  async plugIn(others: readonly string[], words: readonly string[], signal: AbortSignal): Promise<void> {
    const { dataDirectory, logLevel, onCrash, onLogLine } = this.#init
    const { clock, startJoinery } = this.#components
    this.#lastLines = []
    const child = startJoinery([
      ...['start', '--data', dataDirectory, '--name', this.name, '--port', String(this.port)],
      ...['--ssh-port', String(SSH_PORT + this.number - 1)],
      ...['--mesh-port', String(this.meshPort), '--capacity', CAPACITY, '--log-level', logLevel],
      ...others.flatMap((address) => ['--static', address]),
      ...words
    ])
    this.#child = child
    this.#pluggedIn = true
    const ready = new Promise<void>((resolve) => {
      child.onLine((line, from) => {
        if (from === 'output') return resolve()
        this.#lastLines = [...this.#lastLines, line].slice(-KEPT_LINES)
        onLogLine(this, line)
      })
    })
    let isReady = false
    const crashed = child.ended.then((code) => {
      if (this.#child !== child) return
      const unasked = this.#pluggedIn
      this.#child = undefined
      this.#pluggedIn = false
      if (!isReady)
        throw new JoineryError(
          'DEMO_FAILED',
          `${this.name} did not start (exit code ${code}).\n${this.#lastLines.join('\n')}`
        )
      if (unasked) onCrash(this, code)
    })
    const waiting = new AbortController()
    try {
      await Promise.race([
        ready,
        crashed,
        sleep(clock, READY_TIMEOUT_MS, AbortSignal.any([signal, waiting.signal])).then(() => {
          throw new JoineryError(
            'DEMO_FAILED',
            `${this.name} is not ready after ${READY_TIMEOUT_MS / 1000} s.\n${this.#lastLines.join('\n')}`
          )
        })
      ])
      isReady = true
    } finally {
      waiting.abort()
      crashed.catch(() => undefined)
    }
  }

  /** Ends it as a pulled plug does: at once, with nothing saved or said. */
  async unplug(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Asks it to stop; after a while it is ended at once. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child
    this.#pluggedIn = false
    if (!child) return
    child.kill(signal)
    const cancel = this.#components.clock.after(STOP_TIMEOUT_MS, () => child.kill('SIGKILL'))
    await child.ended.catch(() => undefined)
    cancel()
    if (this.#child === child) this.#child = undefined
  }
}
