/** What the commands need of the rest of the program. node/main.ts gives the real thing, tests a small one. */
import type { Config } from '../config/config.ts'
import type { Operations } from '../control/operations.ts'
import type { ChildProgram } from '../platform/child-program.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'

interface Daemon {
  /** For people: `http://192.168.1.20:8080/`. */
  readonly address: string
  readonly operations: Operations
  /** Ends everything in order and waits for it; the local socket is gone afterwards. */
  stop(): Promise<void>
}

/** The parts of a node without mesh and front door, for work on a folder that no node has open. */
export interface OfflineOperations {
  readonly operations: Operations
  close(): Promise<void>
}

export interface Program {
  readonly version: string
  readonly disk: Disk
  readonly clock: Clock
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly hostName: string
  readonly homeDirectory: string
  readonly temporaryDirectory: string
  readonly workingDirectory: string
  /** 0 where the system has none. */
  readonly userId: number
  mayUseFolder(path: string): Promise<boolean>
  /** Whether the data folder belongs to a room already. Cheap: nothing is started. */
  hasRoom(config: Config): Promise<boolean>
  /** Starts mesh, front door and local socket. A device without a room runs too: it can only look around and ask. */
  startDaemon(config: Config): Promise<Daemon>
  openOffline(config: Config): Promise<OfflineOperations>
  /** Starts this program again as a child; it stops when we do. */
  startJoinery(words: readonly string[]): ChildProgram
}

export interface DemoOptions {
  firstPort: number
  logLevel: string
}

/** Where a command reads and writes. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly errors: NodeJS.WritableStream
  /** A person sees the output as it comes. */
  readonly outputIsTerminal: boolean
  readonly errorsAreTerminal: boolean
  /** A person can be asked. */
  readonly interactive: boolean
  readonly columns: number
  readonly colours: boolean
}
