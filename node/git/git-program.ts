/** System git as a child: the fixed environment, few at a time, bounded output, a time limit, ended when nobody waits any more. */
import { JoineryError } from '../../protocols/errors.ts'
import type { Clock } from '../platform/clock.ts'
import { type PipedProgram, startPiped } from '../platform/piped-program.ts'
import './errors.ts'
import { type GitEnvironmentOptions, gitEnvironment } from './git-settings.ts'
import { COMMAND_TIMEOUT_MS, MAX_OUTPUT_BYTES, MAX_WAITING, PROCESSES_AT_ONCE, SERVING_AT_ONCE } from './limits.ts'

/** Older ones have holes that a pushed repository can use (CVE-2024-32002 and its relatives). */
const OLDEST: readonly [number, number, number] = [2, 39, 5]

export interface RunOptions extends GitEnvironmentOptions {
  input?: string | Uint8Array
  maxOutputBytes?: number
  signal?: AbortSignal | undefined
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
}

export interface StartOptions extends GitEnvironmentOptions {
  signal?: AbortSignal | undefined
  /** Its pace is that of somebody's network: counted apart, so that slow readers do not hold up who pushes. */
  serving?: boolean
}

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
  readonly #working = new Places(PROCESSES_AT_ONCE)
  readonly #serving = new Places(SERVING_AT_ONCE)

  constructor(clock: Clock, command: string) {
    this.#clock = clock
    this.#command = command
  }

  async run(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const { maxOutputBytes = MAX_OUTPUT_BYTES, answers = [], input } = options
    const { program, done } = await this.start(words, options)
    let timedOut = false
    const cancelTimer = this.#clock.after(COMMAND_TIMEOUT_MS, () => {
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
    const { signal } = options
    const places = options.serving ? this.#serving : this.#working
    await places.take(signal)
    const program = startPiped(this.#command, words, {
      environment: gitEnvironment(options),
      channel: options.overChannel === true
    })
    const kill = (): void => program.kill()
    signal?.addEventListener('abort', kill, { once: true })
    let ended = false
    program.ended.then(
      () => {
        ended = true
      },
      () => {
        ended = true
      }
    )
    let given = false
    return {
      program,
      done: () => {
        if (given) return
        given = true
        signal?.removeEventListener('abort', kill)
        if (!ended) program.kill()
        places.giveBack()
      }
    }
  }
}

/** So many at once; who comes later waits in order. */
class Places {
  readonly #most: number
  #taken = 0
  readonly #waiting: (() => void)[] = []

  constructor(most: number) {
    this.#most = most
  }

  async take(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (this.#taken >= this.#most) {
      if (this.#waiting.length >= MAX_WAITING) throw new JoineryError('GIT_BUSY', 'too many wait for git')
      await new Promise<void>((resolve, reject) => {
        const go = (): void => {
          signal?.removeEventListener('abort', gone)
          resolve()
        }
        const gone = (): void => {
          const at = this.#waiting.indexOf(go)
          if (at >= 0) this.#waiting.splice(at, 1)
          reject(signal?.reason)
        }
        this.#waiting.push(go)
        signal?.addEventListener('abort', gone, { once: true })
      })
      return
    }
    this.#taken++
  }

  /** Whoever waits longest gets the place, before somebody who comes now. */
  giveBack(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#taken--
  }
}
