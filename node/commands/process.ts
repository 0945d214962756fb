/** The command line as a process: its terminal, its signals, its exit code. node/main.ts calls this and nothing else. */
import { PROGRAM_VERSION } from '../config/version.ts'
import { startProgram } from '../platform/child-program.ts'
import { holdProcess, systemClock } from '../platform/clock.ts'
import { homeDirectory, hostName, temporaryDirectory } from '../platform/computer.ts'
import { nodeDisk } from '../platform/disk.ts'
import { mayUseFolder } from '../platform/file-rights.ts'
import { runCommandLine } from './command-line.ts'
import type { Program, Terminal } from './program.ts'

/** What node/daemon gives; loaded only when a command needs it, so that `joinery status` starts quickly. */
export type ProgramParts = Pick<Program, 'hasRoom' | 'startDaemon' | 'openOffline'>

/** Ending in order takes seconds; whoever asked for it does not wait for ever. */
const STOP_LIMIT_MS = 30_000
/** The same Ctrl-C reaches us twice when a launcher passes it on; only a later one means "at once". */
const SAME_SIGNAL_MS = 500

/**
 * Runs the command line of this process and ends with its exit code.
 *
 * ```ts
 * await runProcess({
 *   hasRoom: async (config) => (await import('./daemon.ts')).hasRoom(config),
 *   startDaemon: async (config) => (await import('./daemon.ts')).startDaemon(config),
 *   openOffline: async (config) => (await import('./daemon.ts')).openOffline(config)
 * })
 * ```
 */
export async function runProcess(parts: ProgramParts): Promise<void> {
  const end = new AbortController()
  let firstMs: number | undefined
  const onSignal = (): void => {
    const nowMs = systemClock.monotonicMs()
    if (firstMs === undefined) {
      firstMs = nowMs
      end.abort()
      systemClock.after(STOP_LIMIT_MS, () => {
        process.stderr.write(`Joinery did not stop within ${STOP_LIMIT_MS / 1000} s and is ended now.\n`)
        process.exit(1)
      })
    } else if (nowMs - firstMs > SAME_SIGNAL_MS) process.exit(130)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('SIGHUP', onSignal)
  if (process.channel) {
    // Whoever started us is gone.
    process.once('disconnect', onSignal)
    process.channel.unref()
  }
  // A reader that has had enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const program: Program = {
    ...parts,
    version: PROGRAM_VERSION,
    disk: nodeDisk,
    clock: systemClock,
    environment: process.env,
    hostName: hostName(),
    homeDirectory: homeDirectory(),
    temporaryDirectory: temporaryDirectory(),
    workingDirectory: process.cwd(),
    userId: process.getuid?.() ?? 0,
    mayUseFolder,
    startJoinery: (words) =>
      startProgram(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...words], {
        environment: process.env
      })
  }
  const release = holdProcess()
  const code = await runCommandLine(process.argv.slice(2), { program, terminal: processTerminal(), signal: end.signal })
  release()
  // Standard input and sockets of a stopped node may still be open; what is printed is flushed first.
  process.exitCode = code
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  process.exit(code)
}

function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process
  return {
    input: stdin,
    output: stdout,
    errors: stderr,
    outputIsTerminal: stdout.isTTY === true,
    errorsAreTerminal: stderr.isTTY === true,
    interactive: stdin.isTTY === true && stdout.isTTY === true,
    get columns() {
      return stderr.columns ?? stdout.columns ?? 80
    },
    colours: stdout.isTTY === true && (stdout.hasColors?.() ?? false) && process.env.NO_COLOR === undefined
  }
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}
