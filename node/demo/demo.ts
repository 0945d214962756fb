/** `joinery demo`: a room of three real devices on this computer, one of which can be unplugged to see that nothing is missed. */
import type { Server } from 'node:net'
import { join } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import type { DemoOptions, Program, Terminal } from '../commands/program.ts'
import { sleep } from '../platform/clock.ts'
import { freePorts, isPortFree } from '../platform/free-ports.ts'
import { networkAddresses } from '../platform/network-interfaces.ts'
import { systemRandom } from '../platform/random.ts'
import { DemoDevice } from './demo-device.ts'
import { helpText, readyText } from './demo-texts.ts'
import { demoSocketPath, listenForOrders } from './remote-control.ts'
import { buildSample } from './sample/build.ts'
import { checkServing } from './serving-check.ts'

const DEVICES = 3
const ROOM_NAME = 'Sample workshop'
/** How far to look for ports that nobody has. */
const PORT_SEARCH = 200
const FIRST_MESH_PORT = 4417
const COPY_TIMEOUT_MS = 120_000
const COPY_CHECK_MS = 300

export interface DemoComponents {
  program: Program
  terminal: Terminal
  /** Aborts on Ctrl-C. */
  signal: AbortSignal
}

/** Runs until the signal aborts or the person quits. Resolves once no child and no folder is left. */
export async function runDemo(components: DemoComponents, options: DemoOptions): Promise<void> {
  const { program } = components
  const name = Buffer.from(systemRandom.bytes(6)).toString('hex')
  const folder = join(program.temporaryDirectory, `joinery-demo-${name}`)
  const demo = new Demo(components, options, folder)
  try {
    await demo.run()
  } finally {
    await demo.end()
    await program.disk.remove(folder)
  }
}

class Demo {
  readonly #components: DemoComponents
  readonly #options: DemoOptions
  readonly #folder: string
  readonly #quit = new AbortController()
  readonly #signal: AbortSignal
  #devices: DemoDevice[] = []
  #orders: Server | undefined
  /** One order at a time: a key that is held down must not start ten things at once. */
  #working = false

  constructor(components: DemoComponents, options: DemoOptions, folder: string) {
    this.#components = components
    this.#options = options
    this.#folder = folder
    this.#signal = AbortSignal.any([components.signal, this.#quit.signal])
  }

  /** npm sets this where it runs us. */
  get #command(): string {
    return this.#components.program.environment.npm_config_user_agent === undefined ? 'joinery' : 'npx joinery'
  }

  async run(): Promise<void> {
    const { program } = this.#components
    const workshop = join(this.#folder, 'workshop')
    await program.disk.makeDirectory(workshop)
    await buildSample(program.disk, workshop)
    this.#devices = await this.#chooseDevices()
    const [first, ...others] = this.#devices
    if (!first) return

    this.#say('Making a room of three devices on this computer…')
    await first.plugIn(this.#othersOf(first), ['--new-room', ROOM_NAME], this.#signal)
    await this.#import(first, workshop)
    const invitation = await first.operations.invite({ uses: others.length })
    const words = ['--join', invitation.text]
    await Promise.all(others.map((device) => device.plugIn(this.#othersOf(device), words, this.#signal)))
    await this.#waitForCopies()

    const { contents } = (await first.operations.status()).overview
    const { person, code } = await first.operations.newCode({ name: 'facilitator' })
    this.#say(
      readyText({
        devices: this.#devices,
        contents,
        networkOrigins: this.#networkOrigins(first),
        facilitator: { name: person.name, code },
        command: this.#command
      })
    )
    await this.#takeOrders()
  }

  async end(): Promise<void> {
    this.#quit.abort()
    this.#orders?.close()
    if (this.#devices.some((device) => device.pluggedIn)) this.#say('Ending the demo…')
    await Promise.all(this.#devices.map((device) => device.stop()))
  }

  async #chooseDevices(): Promise<DemoDevice[]> {
    const { program } = this.#components
    const { firstPort, logLevel } = this.#options
    const ports = await freePorts(DEVICES, firstPort, firstPort + PORT_SEARCH)
    if (ports.length < DEVICES) throw new JoineryError('PORT_TAKEN', `no three ports are free from ${firstPort} on`)
    if (ports[0] !== firstPort || ports[2] !== firstPort + 2)
      this.#say(`Some of the ports ${firstPort} to ${firstPort + 2} are taken; using ${ports.join(', ')}.`)
    const meshPorts = await this.#meshPorts()
    return ports.map(
      (port, i) =>
        new DemoDevice(
          { clock: program.clock, startJoinery: (words) => program.startJoinery(words) },
          {
            number: i + 1,
            name: `Device ${i + 1}`,
            port,
            meshPort: meshPorts[i] ?? 0,
            dataDirectory: join(this.#folder, `device-${i + 1}`),
            temporaryDirectory: program.temporaryDirectory,
            version: program.version,
            logLevel,
            onCrash: (device, code) =>
              this.#say(
                `${device.name} ended by itself (exit code ${code}); press ${device.number} to start it again.`
              ),
            onLogLine: (device, line) => void this.#components.terminal.errors.write(`[${device.name}] ${line}\n`)
          }
        )
    )
  }

  /** Each device takes two: TCP and, on the next one, WebSockets. */
  async #meshPorts(): Promise<number[]> {
    const found: number[] = []
    for (let port = FIRST_MESH_PORT; port < FIRST_MESH_PORT + PORT_SEARCH && found.length < DEVICES; port += 2)
      if ((await isPortFree(port)) && (await isPortFree(port + 1))) found.push(port)
    if (found.length < DEVICES)
      throw new JoineryError('PORT_TAKEN', 'no ports are free for the devices to talk to each other')
    return found
  }

  #othersOf(device: DemoDevice): string[] {
    return this.#devices.filter((one) => one !== device).map((one) => `127.0.0.1:${one.meshPort}`)
  }

  async #import(device: DemoDevice, workshop: string): Promise<void> {
    for await (const progress of device.operations.import({ source: workshop }, this.#signal))
      if (progress.kind === 'notice') this.#say(`${progress.path ?? ''}: ${progress.text} (${progress.code})`)
  }

  async #waitForCopies(): Promise<void> {
    const { clock } = this.#components.program
    const endMs = clock.monotonicMs() + COPY_TIMEOUT_MS
    this.#say('Copying the sample workshop to all three…')
    for (;;) {
      const states = await Promise.all(this.#devices.map((device) => device.operations.status()))
      const wanted = states[0]?.blobs.held ?? 0
      if (wanted > 0 && states.every(({ blobs }) => blobs.missing === 0 && blobs.held >= wanted)) return
      if (clock.monotonicMs() > endMs) return this.#say('Copying takes longer than usual; it goes on meanwhile.')
      await sleep(clock, COPY_CHECK_MS, this.#signal)
    }
  }

  #networkOrigins(device: DemoDevice): string[] {
    return networkAddresses()
      .filter((one) => one.family === 4)
      .map((one) => `http://${one.address}:${device.port}`)
  }

  /** Keys in a terminal, lines elsewhere, and `joinery demo unplug 2` from another terminal. */
  async #takeOrders(): Promise<void> {
    const { program, terminal } = this.#components
    const path = demoSocketPath(program.temporaryDirectory, program.userId)
    this.#orders = await listenForOrders(program.disk, path, (line) => this.#obey(line))
    const stopReading = readKeysOrLines(terminal, (word) => {
      if (word === 'q') this.#quit.abort()
      else
        this.#obey(word).then(
          (answer) => this.#say(answer),
          (error: unknown) => this.#say(error instanceof Error ? error.message : String(error))
        )
    })
    await new Promise<void>((resolve) => {
      if (this.#signal.aborted) resolve()
      this.#signal.addEventListener('abort', () => resolve(), { once: true })
    })
    stopReading()
  }

  /** `1`, `unplug 1`, `plug 1`, `check`, `help`. */
  async #obey(line: string): Promise<string> {
    const found = /^\s*(?:(unplug|plug)(?:\s+in)?\s+)?([1-3])\s*$/.exec(line)
    if (!found) return /^\s*(?:check|c)\s*$/.test(line) ? await this.#check() : helpText(this.#command)
    const device = this.#devices[Number(found[2]) - 1]
    if (!device) return helpText(this.#command)
    if (this.#working) return 'One moment…'
    this.#working = true
    try {
      const pull = found[1] === undefined ? device.pluggedIn : found[1] === 'unplug'
      return pull ? await this.#unplug(device) : await this.#plugIn(device)
    } finally {
      this.#working = false
    }
  }

  async #unplug(device: DemoDevice): Promise<string> {
    if (!device.pluggedIn) return `${device.name} is unplugged already.`
    if (this.#devices.filter((one) => one.pluggedIn).length === 1) return 'It is the last one; plug another in first.'
    await device.unplug()
    return `${device.name} is unplugged, its power pulled at once. What the others still serve:\n${await this.#check()}\nPress ${device.number} to plug it in again.`
  }

  async #plugIn(device: DemoDevice): Promise<string> {
    if (device.pluggedIn) return `${device.name} is plugged in.`
    await device.plugIn(this.#othersOf(device), [], this.#signal)
    return `${device.name} is plugged in again: http://127.0.0.1:${device.port}/`
  }

  async #check(): Promise<string> {
    const running = this.#devices.filter((device) => device.pluggedIn)
    return (await Promise.all(running.map((device) => checkServing(device, this.#signal)))).join('\n')
  }

  #say(text: string): void {
    this.#components.terminal.output.write(`${text}\n`)
  }
}

/** @returns stops reading and gives the terminal back as it was */
function readKeysOrLines(terminal: Terminal, onWord: (word: string) => void): () => void {
  const input = terminal.input as NodeJS.ReadStream
  const raw = terminal.interactive && typeof input.setRawMode === 'function'
  if (raw) input.setRawMode(true)
  let rest = ''
  const onData = (part: Buffer | string): void => {
    const text = part.toString()
    if (raw) {
      // In raw mode Ctrl-C and Ctrl-D are keys like others.
      for (const key of text) onWord(key === '\u0003' || key === '\u0004' ? 'q' : key)
      return
    }
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(-100)
    for (const line of lines) if (line.trim() !== '') onWord(line.trim() === 'quit' ? 'q' : line.trim())
  }
  input.on('data', onData)
  return () => {
    input.removeListener('data', onData)
    input.pause()
    if (raw) input.setRawMode(false)
  }
}
