/** System git as a child: the fixed environment, few at a time, bounded output, a time limit, ended when nobody waits any more. */
import { JoineryError } from '../../protocols/errors.ts'
import type { Clock } from '../platform/clock.ts'
import { type PipedProgram, startPiped } from '../platform/piped-program.ts'
import './errors.ts'
import { type GitEnvironmentOptions, gitEnvironment } from './git-settings.ts'
import {
  COMMAND_TIMEOUT_MS,
  MAX_OUTPUT_BYTES,
  PROCESSES_AT_ONCE,
  RECEIVING_AT_ONCE,
  SERVING_AT_ONCE,
  SMALL_PUSH_BYTES,
  UNPACKING_AT_ONCE,
  UNPACKING_SMALL_AT_ONCE
} from './limits.ts'
import { Places } from './places.ts'

/** Older ones have holes that a pushed repository can use (CVE-2024-32002 and its relatives). */
const OLDEST: readonly [number, number, number] = [2, 39, 5]

export interface RunOptions extends StartOptions {
  input?: string | Uint8Array
  maxOutputBytes?: number
  timeoutMs?: number
  /** Exit codes that are answers and not failures; 0 always is. */
  answers?: readonly number[]
}

export interface RunResult {
  code: number
  output: Buffer
}

export interface GitProgram {
  /** Such as `2.39.5`. */
  readonly version: string
  /** @throws JoineryError `GIT_FAILED` (also for more output than was allowed), `GIT_TIMED_OUT`, `GIT_BUSY` */
  run(words: readonly string[], options?: RunOptions): Promise<RunResult>
  /** For whoever moves the bytes; `done` must be called once the program has ended. */
  start(words: readonly string[], options?: StartOptions): Promise<StartedGit>
  /** Waits for the turn to unpack a push of so many bytes; the answer ends it. */
  unpackingTurn(bytes: number, signal?: AbortSignal): Promise<() => void>
}

export interface StartOptions extends GitEnvironmentOptions {
  signal?: AbortSignal | undefined
  /** What it is for: counted apart, so that what has the pace of somebody's network does not hold up who waits for an answer. */
  for?: Purpose
}

type Purpose = 'working' | 'serving' | 'receiving' | 'tidying'

/** Pages and the programs that serve them come before git; tidying up comes last. */
const NICENESS: Readonly<Record<Purpose, number>> = { working: 2, serving: 5, receiving: 5, tidying: 19 }

export interface StartedGit {
  program: PipedProgram
  /** Gives the place to the next one; ends the program when it still runs. */
  done(): void
}

/**
 * @param command for tests; `git` otherwise
 * @throws JoineryError `GIT_MISSING`, `GIT_TOO_OLD`
 */
export async function findGit(clock: Clock, command = 'git'): Promise<GitProgram> {
  const git = new LimitedGit(clock, command)
  let printed: string
  try {
    printed = (await git.run(['version'])).output.toString('utf8')
  } catch (cause) {
    throw new JoineryError('GIT_MISSING', 'git cannot be started on this device', { cause })
  }
  const [text, ...numbers] = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(printed) ?? []
  const version = numbers.map((one) => Number(one ?? 0))
  const older = OLDEST.findIndex((least, at) => (version[at] ?? 0) !== least)
  if (text === undefined || (older >= 0 && (version[older] ?? 0) < (OLDEST[older] ?? 0)))
    throw new JoineryError('GIT_TOO_OLD', `git ${text ?? '?'} is older than ${OLDEST.join('.')}`)
  git.version = text
  return git
}

class LimitedGit implements GitProgram {
  version = ''
  readonly #clock: Clock
  readonly #command: string
  readonly #places: Readonly<Record<Purpose, Places>> = {
    working: new Places(PROCESSES_AT_ONCE),
    serving: new Places(SERVING_AT_ONCE),
    receiving: new Places(RECEIVING_AT_ONCE),
    tidying: new Places(1)
  }
  readonly #unpacking = new Places(UNPACKING_AT_ONCE)
  readonly #unpackingSmall = new Places(UNPACKING_SMALL_AT_ONCE)

  constructor(clock: Clock, command: string) {
    this.#clock = clock
    this.#command = command
  }

  async run(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const { maxOutputBytes = MAX_OUTPUT_BYTES, timeoutMs = COMMAND_TIMEOUT_MS, answers = [], input } = options
    const { program, done } = await this.start(words, options)
    let timedOut = false
    const cancelTimer = this.#clock.after(timeoutMs, () => {
      timedOut = true
      program.kill()
    })
    try {
      program.input.end(input ?? '')
      const spans: Buffer[] = []
      let bytes = 0
      for await (const span of program.output as AsyncIterable<Buffer>) {
        bytes += span.length
        if (bytes > maxOutputBytes) throw new JoineryError('GIT_FAILED', `git ${words[0]} printed too much`)
        spans.push(span)
      }
      const { code, errors } = await program.ended
      options.signal?.throwIfAborted()
      if (timedOut) throw new JoineryError('GIT_TIMED_OUT', `git ${words[0]} took too long`)
      if (code !== 0 && !answers.includes(code))
        throw new JoineryError('GIT_FAILED', `git ${words.join(' ')} ended with ${code}: ${errors.trim()}`)
      return { code, output: Buffer.concat(spans, bytes) }
    } finally {
      cancelTimer()
      done()
    }
  }

  async start(words: readonly string[], options: StartOptions = {}): Promise<StartedGit> {
    const { signal, for: purpose = 'working' } = options
    const giveBack = await this.#places[purpose].take(signal)
    let program: PipedProgram
    try {
      const environment = gitEnvironment(options)
      const channel = options.overChannel === true
      program = startPiped(this.#command, words, { environment, channel, niceness: NICENESS[purpose] })
    } catch (cause) {
      giveBack()
      throw new JoineryError('GIT_BUSY', 'git cannot be started now', { cause })
    }
    const kill = (): void => program.kill()
    signal?.addEventListener('abort', kill, { once: true })
    let ended = false
    const end = (): void => {
      ended = true
    }
    program.ended.then(end, end)
    return {
      program,
      done: () => {
        signal?.removeEventListener('abort', kill)
        if (!ended) program.kill()
        giveBack()
      }
    }
  }

  unpackingTurn(bytes: number, signal?: AbortSignal): Promise<() => void> {
    return (bytes <= SMALL_PUSH_BYTES ? this.#unpackingSmall : this.#unpacking).take(signal)
  }
}
