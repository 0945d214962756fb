/** Other programs, as children that do not outlive us: each has a channel to us that breaks when we die, and our own programs stop then. */
import { spawn } from 'node:child_process'

export interface ChildProgram {
  readonly pid: number | undefined
  /** Resolves with the exit code (128 + number of the signal when it was killed); rejects when it could not be started. */
  readonly ended: Promise<number>
  /** Calls back for each line of its standard output, then of its standard error. */
  onLine(listener: (line: string, from: 'output' | 'errors') => void): void
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
}

export interface ChildProgramInit {
  /** Its environment, whole. */
  environment: Readonly<Record<string, string | undefined>>
  workingDirectory?: string
}

/** A program that prints without line ends must not fill our memory. */
const MAX_LINE_CHARACTERS = 64 * 1024

export function startProgram(command: string, words: readonly string[], init: ChildProgramInit): ChildProgram {
  const child = spawn(command, words, {
    env: { ...init.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...(init.workingDirectory !== undefined && { cwd: init.workingDirectory })
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)))
  })
  // Whoever does not wait for the end must not be surprised by a rejection; `ended` still rejects for those who do.
  ended.catch(() => undefined)
  return {
    pid: child.pid,
    ended,
    onLine(listener) {
      readLines(child.stdout, (line) => listener(line, 'output'))
      readLines(child.stderr, (line) => listener(line, 'errors'))
    },
    kill: (signal) => void child.kill(signal)
  }
}

function readLines(stream: NodeJS.ReadableStream | null, listener: (line: string) => void): void {
  let rest = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (part: string) => {
    const lines = (rest + part).split('\n')
    rest = (lines.pop() ?? '').slice(-MAX_LINE_CHARACTERS)
    for (const line of lines) listener(line)
  })
  stream?.on('end', () => {
    if (rest !== '') listener(rest)
  })
}
