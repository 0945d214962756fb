/** One run of the command line: its folder, its terminal, the node it talks to, and how results and failures are shown. */
import { styleText } from 'node:util'
import type { Command } from 'commander'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import type { Config } from '../config/config.ts'
import { chooseDataDirectory } from '../config/data-directory.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { createControlClient } from '../control/control-client.ts'
import type { Operations, Progress, ProgressNotice } from '../control/operations.ts'
import { probeSocket } from '../control/probe-socket.ts'
import { controlSocketPath } from '../control/socket-path.ts'
import { sleep } from '../platform/clock.ts'
import './errors.ts'
import { EXIT } from './exit-codes.ts'
import { printable } from './printable.ts'
import type { OfflineOperations, Program, Terminal } from './program.ts'
import { createProgressLine } from './progress-line.ts'

/** Options that every command takes. */
export interface GlobalOptions {
  data?: string
  config?: string
  json?: boolean
}

/** A Zero 2 W has its socket some ten seconds after it took its folder. */
const FOLDER_WAIT_MS = 30_000
const FOLDER_POLL_MS = 250

type Style = Parameters<typeof styleText>[0]

export class CommandContext {
  readonly program: Program
  readonly terminal: Terminal
  /** Aborts when the person ends the command. */
  readonly signal: AbortSignal
  exitCode: number = EXIT.ok
  json = false

  constructor(components: { program: Program; terminal: Terminal; signal: AbortSignal }) {
    this.program = components.program
    this.terminal = components.terminal
    this.signal = components.signal
  }

  async dataDirectory(options: GlobalOptions): Promise<string> {
    return await chooseDataDirectory({
      environment: this.program.environment,
      homeDirectory: this.program.homeDirectory,
      mayUse: (path) => this.program.mayUseFolder(path),
      ...(options.data !== undefined && { flag: options.data })
    })
  }

  async load(command: Command, flags: Partial<Config> = {}): Promise<LoadedConfig> {
    const options = command.optsWithGlobals<GlobalOptions>()
    return await loadConfig({
      disk: this.program.disk,
      environment: this.program.environment,
      hostName: this.program.hostName,
      dataDirectory: await this.dataDirectory(options),
      flags,
      ...(options.config !== undefined && { configFile: options.config })
    })
  }

  /**
   * Runs `action` on the node that has the data folder; without one, with `offline`, on the folder itself.
   *
   * A node that is starting has the folder before it has its socket, and another command has it until it is done: both are waited for.
   *
   * @param options.makesFolder also where there is no data folder yet; otherwise a folder that is not there is a mistyped one
   * @throws JoineryError `NOT_RUNNING`, `NO_DATA_FOLDER`, `ALREADY_RUNNING` and what the operations throw
   */
  async withOperations<Result>(
    command: Command,
    options: { offline: boolean; makesFolder?: boolean },
    action: (operations: Operations) => Promise<Result>
  ): Promise<Result> {
    const dataDirectory = await this.dataDirectory(command.optsWithGlobals<GlobalOptions>())
    const socketPath = controlSocketPath(dataDirectory, this.program.temporaryDirectory)
    const { clock } = this.program
    const waitsUntilMs = clock.monotonicMs() + FOLDER_WAIT_MS
    let offline: OfflineOperations | undefined
    while (!offline) {
      if (await probeSocket(socketPath))
        return await action(createControlClient({ socketPath, version: this.program.version }))
      if (!options.offline) throw new JoineryError('NOT_RUNNING', `no device runs on ${dataDirectory}`)
      if (options.makesFolder !== true && !(await this.program.disk.stat(dataDirectory)))
        throw new JoineryError('NO_DATA_FOLDER', `no device has its data in ${dataDirectory}: it is not there`)
      const { config } = await this.load(command)
      try {
        offline = await this.program.openOffline(config)
      } catch (error) {
        if (!hasCode(error, 'ALREADY_RUNNING') || clock.monotonicMs() >= waitsUntilMs) throw error
        await sleep(clock, FOLDER_POLL_MS, this.signal)
      }
    }
    try {
      return await action(offline.operations)
    } finally {
      await offline.close()
    }
  }

  /** A result: as JSON with `--json`, else as the text. */
  show(result: unknown, text: () => string): void {
    this.terminal.output.write(this.json ? `${JSON.stringify(result)}\n` : `${text()}\n`)
  }

  say(text: string): void {
    if (!this.json) this.terminal.output.write(`${text}\n`)
  }

  warn(text: string): void {
    this.terminal.errors.write(`${text}\n`)
  }

  style(style: Style, text: string): string {
    return this.terminal.colours ? styleText(style, text, { validateStream: false }) : text
  }

  /**
   * Shows long work until its result comes. Notices of level `problem` make the exit code 4.
   * With `--json` every item is a line on standard output.
   */
  async follow<Result>(stream: AsyncIterable<Progress<Result>>): Promise<Result> {
    const line = createProgressLine(this.terminal, this.program.clock)
    try {
      for await (const progress of stream) {
        if (this.json) this.terminal.output.write(`${JSON.stringify(progress)}\n`)
        if (progress.kind === 'step') {
          if (!this.json) line.show(progress)
        } else if (progress.kind === 'notice') {
          if (progress.level === 'problem') this.exitCode = EXIT.partly
          if (!this.json) line.note(this.noticeText(progress))
        } else return progress.result
      }
      throw new JoineryError('CLOSED', 'the work ended without a result')
    } finally {
      line.clear()
    }
  }

  noticeText(notice: Omit<ProgressNotice, 'kind'>): string {
    const mark = notice.level === 'problem' ? this.style('red', 'Problem:') : this.style('yellow', 'Note:')
    const where = notice.path === undefined ? '' : `${printable(notice.path)}: `
    const next = notice.next === undefined ? '' : `\n  ${printable(notice.next)}`
    return `${mark} ${where}${printable(notice.text)} (${notice.code})${next}`
  }

  /** What happened, what to do next, and the code. */
  fail(error: unknown): void {
    const known = error instanceof JoineryError ? error : errorOfSystem(error)
    if (this.json) {
      this.warn(JSON.stringify({ error: { code: known.code, text: known.message, next: known.next } }))
      return
    }
    const message = known.message.split('\n').map(printable).join('\n')
    this.warn(`${this.style('red', 'Error:')} ${message} (${known.code})\n${printable(known.next)}`)
  }

  /** Asks a person to type `word`; without one, `--yes` has to be there. */
  async confirm(question: string, word: string, yes: boolean | undefined): Promise<void> {
    if (yes) return
    if (!this.terminal.interactive) throw new JoineryError('NOT_CONFIRMED', question)
    const answer = await this.ask(`${question}\nType ${this.style('bold', word)} to go on: `)
    if (answer.trim().toLowerCase() !== word.toLowerCase())
      throw new JoineryError('NOT_CONFIRMED', 'nothing was changed')
  }

  async ask(question: string): Promise<string> {
    const { createInterface } = await import('node:readline/promises')
    const reader = createInterface({ input: this.terminal.input, output: this.terminal.output, terminal: true })
    try {
      return await reader.question(question, { signal: this.signal })
    } finally {
      reader.close()
    }
  }
}

/** What the system says of a file that a person named. */
const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of this path is a file and no folder',
  EISDIR: 'this is a folder',
  EACCES: 'this account has no right to it',
  EPERM: 'this account has no right to it',
  EROFS: 'this disk can only be read',
  ENOSPC: 'the disk is full',
  EIO: 'the disk fails'
}

function errorOfSystem(error: unknown): JoineryError {
  const { code = '', path } = error as NodeJS.ErrnoException
  const problem = FILE_PROBLEMS[code]
  // What is being written has a name of ours until it is whole.
  if (path !== undefined && problem !== undefined)
    return new JoineryError('FILE_UNUSABLE', `${path.replace(/\.(part|new)$/, '')}: ${problem}`, { cause: error })
  return new JoineryError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error })
}
