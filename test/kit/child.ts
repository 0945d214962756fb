/** Programs that tests run: with a time limit, all their output kept, and dead when the test is. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * How long a test waits for what must come. Only a defect lets it pass: it is many times what a busy machine with slow disks needs, and no rule of the
 * product. The runner's own limits (vitest.config.ts) are longer, so that what was waited for is said.
 */
export const PATIENCE_MS = 240_000

export interface RunResult {
  code: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  timeoutMs?: number
  input?: string | Uint8Array
}

/** Ends with the thread that started it, so that a killed test leaves nothing behind. */
export function tied(command: readonly string[]): string[] {
  return ['setpriv', '--pdeathsig', 'KILL', '--', ...command]
}

/** Runs to the end. Never rejects because of an exit code; rejects after `timeoutMs` with what was printed so far. */
export function runAnyway(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const timeoutMs = options.timeoutMs ?? PATIENCE_MS
  const [program = '', ...more] = tied(command)
  return new Promise((resolve, reject) => {
    const child = spawn(program, more, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe']
    })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
      })
    }
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${command.join(' ')}: not done after ${timeoutMs} ms\n${output.stdout}${output.stderr}`))
    }, timeoutMs)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, ...output })
    })
    if (options.input !== undefined) child.stdin?.end(options.input)
  })
}

/** Runs to the end and wants exit code 0. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await runAnyway(command, options)
  if (result.code !== 0) {
    throw new Error(`${command.join(' ')}: exit ${result.code}\n${result.stdout}\n${result.stderr}`)
  }
  return result
}

/** A program that goes on: its lines can be waited for, and it can be stopped or killed. */
export class Child implements AsyncDisposable {
  readonly process: ChildProcess
  readonly #command: readonly string[]
  readonly #lines: string[] = []
  readonly #ended: Promise<number | NodeJS.Signals>
  #over = false
  #onLine = new Set<() => void>()
  stderr = ''

  constructor(command: readonly string[], options: Omit<RunOptions, 'timeoutMs' | 'input'> = {}) {
    this.#command = command
    const [program = '', ...more] = tied(command)
    this.process = spawn(program, more, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe']
    })
    // Whoever writes to a program that has just ended learns it from the exit, not from a broken pipe.
    this.process.stdin?.on('error', () => {})
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-200_000)
    })
    if (this.process.stdout) {
      createInterface(this.process.stdout).on('line', (line) => {
        this.#lines.push(line)
        for (const listener of [...this.#onLine]) listener()
      })
    }
    this.#ended = new Promise((resolve, reject) => {
      this.process.on('error', reject)
      this.process.on('close', (code, signal) => {
        this.#over = true
        resolve(code ?? signal ?? -1)
        for (const listener of [...this.#onLine]) listener()
      })
    })
    this.#ended.catch(() => {})
  }

  get pid(): number {
    return this.process.pid ?? -1
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  get over(): boolean {
    return this.#over
  }

  /** The exit code, or the signal that ended it. */
  get ended(): Promise<number | NodeJS.Signals> {
    return this.#ended
  }

  /** The first line, printed already or to come, that `pattern` matches. Rejects when the program ends before. */
  line(pattern: RegExp, timeoutMs = PATIENCE_MS): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        done()
        reject(new Error(`${this.#command.join(' ')}: ${why} while waiting for ${pattern}\n${this.output()}`))
      }
      const look = (): void => {
        for (const line of this.#lines) {
          const found = pattern.exec(line)
          if (!found) continue
          done()
          resolve(found)
          return
        }
        if (this.#over) fail('ended')
      }
      const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs)
      const done = (): void => {
        clearTimeout(timer)
        this.#onLine.delete(look)
      }
      this.#onLine.add(look)
      look()
    })
  }

  output(): string {
    return `${this.#lines.slice(-100).join('\n')}\n${this.stderr}`
  }

  async signal(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    if (!this.#over) this.process.kill(signal)
    return await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.signal('SIGKILL')
  }
}

/** Asks until the answer is there. The only place where tests of real processes poll; the error tells the last answer. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = PATIENCE_MS, everyMs = 250 }: { timeoutMs?: number; everyMs?: number } = {}
): Promise<T> {
  const end = performance.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer) return answer
      last = answer
    } catch (error) {
      last = error
    }
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms for: ${what}`, { cause: last })
    await new Promise((resolve) => void setTimeout(resolve, everyMs))
  }
}
