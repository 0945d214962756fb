import { PassThrough } from 'node:stream'
import { runCommandLine } from '../../node/commands/command-line.ts'
import type { Program } from '../../node/commands/program.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { mayUseFolder } from '../../node/platform/file-rights.ts'

export interface Ran {
  code: number
  out: string
  err: string
}

export interface RunInit {
  folder: string
  program?: Partial<Program>
  signal?: AbortSignal
  /** A person is there, and types these lines, each when something is asked. */
  answers?: readonly string[]
  /** Called with what was printed so far, at each print. */
  onOutput?(out: string, err: string): void
}

/** Runs one command line in this process, with the data folder `folder` and nothing of the real environment. */
export async function run(init: RunInit, ...words: string[]): Promise<Ran> {
  const answers = [...(init.answers ?? [])]
  const interactive = init.answers !== undefined
  const input = new PassThrough()
  const output = new PassThrough()
  const errors = new PassThrough()
  let out = ''
  let err = ''
  output.on('data', (part: Buffer) => {
    out += part.toString()
    if (interactive && /[:?] ?$/.test(out)) {
      const answer = answers.shift()
      if (answer !== undefined) input.write(`${answer}\n`)
    }
    init.onOutput?.(out, err)
  })
  errors.on('data', (part: Buffer) => {
    err += part.toString()
    init.onOutput?.(out, err)
  })
  const program: Program = {
    version: '0.1.0',
    disk: nodeDisk,
    clock: systemClock,
    environment: { JOINERY_DATA: init.folder },
    hostName: 'pi-front',
    homeDirectory: init.folder,
    temporaryDirectory: init.folder,
    workingDirectory: '/media/usb',
    userId: 1000,
    mayUseFolder,
    hasRoom: () => Promise.resolve(false),
    startDaemon: () => Promise.reject(new Error('no daemon in this test')),
    openOffline: () => Promise.reject(new Error('nothing offline in this test')),
    startJoinery: () => {
      throw new Error('no children in this test')
    },
    ...init.program
  }
  const terminal = {
    input,
    output,
    errors,
    outputIsTerminal: interactive,
    errorsAreTerminal: interactive,
    interactive,
    columns: 80,
    colours: false
  }
  const code = await runCommandLine(words, { program, terminal, signal: init.signal ?? new AbortController().signal })
  await new Promise((resolve) => setImmediate(resolve))
  return { code, out, err }
}
