/** Other programs whose bytes pass through us: standard input and output, and on wish a two-way channel as descriptor 3. */
import { spawn } from 'node:child_process'
import type { Duplex, Readable, Writable } from 'node:stream'

export interface PipedProgram {
  readonly input: Writable
  readonly output: Readable
  /** Descriptor 3 of the program; there when it was asked for. */
  readonly channel?: Duplex
  /** Resolves once it has ended and its output was read or given up; rejects when it could not be started. */
  readonly ended: Promise<ProgramEnd>
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
}

const KILLED = 128 + 9
/** Its last words are enough for a log line. */
const MAX_ERRORS_CHARACTERS = 4_096

export function startPiped(command: string, words: readonly string[], init: PipedProgramInit): PipedProgram {
  const child = spawn(command, words, {
    env: { ...init.environment },
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe', ...(init.channel ? (['pipe'] as const) : [])]
  })
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
    kill: () => void child.kill('SIGKILL')
  }
}
