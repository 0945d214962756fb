/** Other programs whose bytes pass through us: standard input and output, and on wish a two-way channel as descriptor 3. */
import { spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import type { Duplex, Readable, Writable } from 'node:stream'

export interface PipedProgram {
  readonly input: Writable
  readonly output: Readable
  /** Descriptor 3 of the program; there when it was asked for. */
  readonly channel?: Duplex
  /** Resolves once it has ended and its output was read or given up; rejects when it could not be started. */
  readonly ended: Promise<ProgramEnd>
  /** Asks it to end and tidy up; a moment later it is ended. */
  kill(): void
}

export interface ProgramEnd {
  /** 128 + number of the signal when it was killed. */
  code: number
  /** The end of what it wrote to standard error. */
  errors: string
}

export interface PipedProgramInit {
  /** Its environment, whole. */
  environment: Readonly<Record<string, string>>
  channel?: boolean
  /** 0 to 19: the higher, the more it leaves to others. */
  niceness?: number
}

const KILLED = 128 + 9
/** Programs remove their temporary files when they are asked to end; one that hangs does not. */
const TIDY_MS = 3_000
/** Its last words are enough for a log line. */
const MAX_ERRORS_CHARACTERS = 4_096

export function startPiped(command: string, words: readonly string[], init: PipedProgramInit): PipedProgram {
  const child = spawn(command, words, {
    env: { ...init.environment },
    cwd: '/',
    // A group of its own: what it has started ends with it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', ...(init.channel ? (['pipe'] as const) : [])]
  })
  if (!child.stdin || !child.stdout || !child.stderr) {
    // Out of descriptors: the error is told in the next tick, without pipes.
    child.once('error', () => undefined)
    throw new Error(`${command} cannot be started`)
  }
  if (init.niceness !== undefined && child.pid !== undefined) setNiceness(child.pid, init.niceness)
  let errors = ''
  const { stdin, stdout, stderr } = child as { stdin: Writable; stdout: Readable; stderr: Readable }
  stderr.setEncoding('utf8')
  stderr.on('data', (text: string) => {
    errors = (errors + text).slice(-MAX_ERRORS_CHARACTERS)
  })
  // A program that ends before it has read everything is no failure of ours: its exit code says what happened.
  stdin.on('error', () => undefined)
  const ended = new Promise<ProgramEnd>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? KILLED, errors }))
  })
  // Whoever does not wait for the end must not be surprised by a rejection; `ended` still rejects for those who do.
  ended.catch(() => undefined)
  const channel = init.channel ? (child.stdio[3] as unknown as Duplex) : undefined
  if (channel) {
    // Without it Node ends our writing side as soon as the program has ended its own.
    channel.allowHalfOpen = true
    channel.on('error', () => undefined)
  }
  return {
    input: stdin,
    output: stdout,
    ...(channel ? { channel } : {}),
    ended,
    kill() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      const { pid } = child
      signalGroup(pid, 'SIGTERM')
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), TIDY_MS)
      timer.unref()
      child.once('close', () => clearTimeout(timer))
    }
  }
}

function signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-leader, signal)
  } catch {
    // all of it ended already
  }
}

function setNiceness(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness)
  } catch {
    // it ended already
  }
}
