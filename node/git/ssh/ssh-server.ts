/**
 * Git over SSH: public keys only, git only. A connection says who somebody is; what they ask for is answered by the same service as over HTTP.
 * The library (ssh2) is loaded with the first connection: most rooms have none.
 */
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import type { AuthContext, Connection, Server, ServerChannel, Session } from 'ssh2'
import { JoineryError } from '../../../protocols/errors.ts'
import type { GitService, Repository, RepositoryDirectory } from '../../../protocols/git.ts'
import { findRepository, mayPush } from '../../../protocols/git-access.ts'
import type { PeopleAccess, Person } from '../../../protocols/people.ts'
import { drained } from '../../platform/back-pressure.ts'
import { type Clock, sleep } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import { readCommand, type SshCommand } from './command.ts'
import { receive, upload } from './conversation.ts'
import { openHostKey } from './host-key.ts'
import * as limits from './limits.ts'

export interface SshHost {
  people: PeopleAccess & { ofSshKey(blob: Uint8Array): Person | undefined }
  directory: RepositoryDirectory
  service: GitService
}

export interface GitSshComponents {
  disk: Disk
  clock: Clock
  /** Undefined while the device belongs to no room. @throws JoineryError when git cannot be used here */
  host(): SshHost | undefined
  /** False while this device has only just joined or started: who and what is not known here may well be in the room. Absent: all is known. */
  hasHeard?(): boolean
  onProblem(problem: { message: string; cause: unknown }): void
}

export interface GitSshInit {
  /** 0 = any free one. */
  port: number
  host: string
  hostKeyPath: string
  /** Only tests set these. */
  limits?: Partial<Record<'connections' | 'connectionsPerAddress' | 'signInTimeoutMs' | 'idleTimeoutMs', number>>
}

interface SshRequest {
  asked: SshCommand
  person: Person
  protocol: string | undefined
  gone: AbortSignal
}

/** As OpenSSH announces itself; clients look for `-OpenSSH` only to work around its faults. */
const IDENT = 'joinery'

export class GitSsh {
  readonly #components: GitSshComponents
  readonly #init: GitSshInit
  readonly #limits: Required<NonNullable<GitSshInit['limits']>>
  readonly #listener: NetServer
  readonly #sockets = new Set<Socket>()
  readonly #perAddress = new Map<string, number>()
  /** Sockets on which nobody has signed in yet, by address and port: what ends the wait. */
  readonly #unknown = new Map<string, () => void>()
  #server: Promise<Server> | undefined
  #refused = 0

  constructor(components: GitSshComponents, init: GitSshInit) {
    this.#components = components
    this.#init = init
    this.#limits = {
      connections: limits.MAX_CONNECTIONS,
      connectionsPerAddress: limits.MAX_CONNECTIONS_PER_ADDRESS,
      signInTimeoutMs: limits.SIGN_IN_TIMEOUT_MS,
      idleTimeoutMs: limits.IDLE_TIMEOUT_MS,
      ...init.limits
    }
    this.#listener = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => this.#take(socket))
    this.#listener.maxConnections = this.#limits.connections
    this.#listener.on('drop', () => this.#refused++)
  }

  /** @throws the system's error, such as EADDRINUSE */
  async start(): Promise<{ port: number }> {
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject)
      this.#listener.listen({ port: this.#init.port, host: this.#init.host }, resolve)
    })
    const address = this.#listener.address()
    return { port: typeof address === 'object' && address ? address.port : 0 }
  }

  figures(): { connections: number; refused: number } {
    return { connections: this.#sockets.size, refused: this.#refused }
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #take(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const fromAddress = this.#perAddress.get(address) ?? 0
    if (fromAddress >= this.#limits.connectionsPerAddress) {
      this.#refused++
      socket.destroy()
      return
    }
    this.#perAddress.set(address, fromAddress + 1)
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    const name = socketName(address, socket.remotePort)
    const cancel = this.#components.clock.after(this.#limits.signInTimeoutMs, () => socket.destroy())
    this.#unknown.set(name, cancel)
    socket.setTimeout(this.#limits.idleTimeoutMs, () => socket.destroy())
    socket.once('close', () => {
      this.#sockets.delete(socket)
      cancel()
      this.#unknown.delete(name)
      const left = (this.#perAddress.get(address) ?? 1) - 1
      if (left === 0) this.#perAddress.delete(address)
      else this.#perAddress.set(address, left)
    })
    this.#load().then(
      (server) => {
        if (socket.destroyed) return
        server.injectSocket(socket)
        socket.resume()
      },
      (cause: unknown) => {
        // The next one tries again.
        this.#server = undefined
        this.#components.onProblem({ message: 'git over SSH cannot be served', cause })
        socket.destroy()
      }
    )
  }

  #load(): Promise<Server> {
    this.#server ??= (async () => {
      const { default: ssh2 } = await import('ssh2')
      const key = await openHostKey(this.#components.disk, this.#init.hostKeyPath, ssh2.utils)
      const parseKey = (line: string): ReturnType<typeof ssh2.utils.parseKey> => ssh2.utils.parseKey(line)
      return new ssh2.Server({ hostKeys: [key], ident: IDENT }, (connection, { ip, port }) =>
        this.#welcome(connection, socketName(ip, port), parseKey)
      )
    })()
    return this.#server
  }

  #welcome(connection: Connection, name: string, parseKey: ParseKey): void {
    let person: Person | undefined
    let offered = 0
    let sessions = 0
    const left = new AbortController()
    connection.once('close', () => left.abort(leaving()))
    connection.on('error', () => connection.end())
    const signIn = async (context: AuthContext): Promise<void> => {
      if (context.method !== 'publickey') return context.reject(['publickey'])
      if (++offered > limits.MAX_OFFERED_KEYS) {
        connection.end()
        return
      }
      const { data } = context.key
      const found = await this.#findPatiently(() => this.#components.host()?.people.ofSshKey(data), endMs, left.signal)
      // Without a signature it only asks whether the key would do.
      if (!found || (context.signature && !isSigned(context, parseKey))) return context.reject(['publickey'])
      if (context.signature) person = found
      context.accept()
    }
    // For all keys that it offers together.
    const endMs = this.#components.clock.monotonicMs() + limits.HEARING_PATIENCE_MS
    connection.on('authentication', (context) => {
      signIn(context).catch((cause: unknown) => {
        if (left.signal.aborted) return
        this.#components.onProblem({ message: 'somebody could not sign in over SSH', cause })
        context.reject()
      })
    })
    connection.on('ready', () => {
      this.#unknown.get(name)?.()
      connection.on('session', (accept, reject) => {
        if (!person || sessions >= limits.MAX_SESSIONS_PER_CONNECTION) {
          reject()
          return
        }
        sessions++
        const session = accept()
        const ended = new AbortController()
        session.once('close', () => {
          sessions--
          ended.abort(leaving())
        })
        this.#serve(session, person, AbortSignal.any([left.signal, ended.signal]))
      })
    })
  }

  /** @param gone the client has ended the session, or its connection: a stream says so only to whoever reads it to the end */
  #serve(session: Session, person: Person, gone: AbortSignal): void {
    let protocol: string | undefined
    session.on('env', (accept, _reject, { key, val }) => {
      if (key === 'GIT_PROTOCOL' && val.length <= 100) protocol = val
      // Others are left out; a client that insists is told that all went well.
      accept?.()
    })
    session.on('pty', (accept) => accept?.())
    session.on('shell', (accept) => {
      const stream = accept()
      stream.stderr.write(`Hi ${person.shownName}! You are signed in, and there is no shell here: use git.\r\n`)
      stream.exit(1)
      stream.end()
    })
    session.on('exec', (accept, reject, { command }) => {
      const asked = readCommand(command)
      if (!asked) {
        const stream = accept()
        stream.stderr.write(
          'Only git can be used here, with an address such as ssh://git@HOST:PORT/person/repository.git\n'
        )
        stream.exit(128)
        stream.end()
        return
      }
      this.#answer(accept(), { asked, person, protocol, gone }).catch((cause: unknown) => {
        this.#components.onProblem({ message: 'git over SSH failed', cause })
        reject()
      })
    })
  }

  async #answer(stream: ServerChannel, { asked, person, protocol, gone }: SshRequest): Promise<void> {
    stream.on('error', () => stream.destroy())
    let code = 0
    try {
      const { host, repository } = await this.#find(asked, gone)
      if (asked.service === 'git-receive-pack' && !mayPush(host, repository, person.id))
        throw new JoineryError('NOT_YOUR_REPOSITORY', `${person.name} may not push`)
      const conversation = {
        service: host.service,
        repository: repository.id,
        person: person.id,
        signal: gone,
        channel: {
          read: () => stream as AsyncIterable<Buffer>,
          write: (bytes: Uint8Array) => write(stream, bytes, gone)
        }
      }
      if (asked.service === 'git-receive-pack') await receive(conversation)
      else await upload(conversation, protocol)
    } catch (error) {
      code = 128
      if (!gone.aborted) stream.stderr.write(`${wordsOf(error)}\n`)
      if (!(error instanceof JoineryError)) this.#components.onProblem({ message: 'git over SSH failed', cause: error })
    }
    stream.exit(code)
    stream.end()
  }

  async #find(
    { person, repository }: SshCommand,
    gone: AbortSignal
  ): Promise<{ host: SshHost; repository: Repository }> {
    const endMs = this.#components.clock.monotonicMs() + limits.HEARING_PATIENCE_MS
    const look = (): { host: SshHost; repository: Repository } | undefined => {
      const host = this.#components.host()
      const found = host && findRepository(host, person, repository)
      return host && found && { host, repository: found }
    }
    const found = await this.#findPatiently(look, endMs, gone)
    if (found) return found
    if (this.#components.hasHeard?.() === false)
      throw new JoineryError('NOT_HEARD_YET', 'this device does not know yet what the room has')
    if (!this.#components.host()) throw new JoineryError('NO_ROOM', 'no repositories here')
    throw new JoineryError('REPOSITORY_UNKNOWN', 'no such repository')
  }

  /** As over HTTP: for git a "not here" is final, and a device that has only just joined looks again until it has heard of the room. */
  async #findPatiently<Found>(
    look: () => Found | undefined,
    endMs: number,
    gone: AbortSignal
  ): Promise<Found | undefined> {
    const { clock, hasHeard } = this.#components
    for (;;) {
      // Asked first: what is heard of between the two is found.
      const isFinal = hasHeard?.() !== false || clock.monotonicMs() >= endMs
      const found = look()
      if (found !== undefined || isFinal) return found
      await sleep(clock, limits.HEARING_LOOK_MS, gone)
    }
  }
}

function socketName(address: string, port: number | undefined): string {
  return `${address} ${port}`
}

type ParseKey = (line: string) => ReturnType<typeof import('ssh2').utils.parseKey>
type KeyContext = Extract<AuthContext, { method: 'publickey' }>

function isSigned(context: KeyContext, parseKey: ParseKey): boolean {
  const { key, blob, signature, hashAlgo } = context
  if (!blob || !signature) return false
  const length = key.data.length >= 4 ? key.data.readUInt32BE(0) : 0
  // What the key itself says that it is: `rsa-sha2-512` is how it was signed, and not a kind of key.
  const kind = key.data.toString('latin1', 4, 4 + Math.min(length, 64))
  const parsed = parseKey(`${kind} ${key.data.toString('base64')}`)
  const [known] = Array.isArray(parsed) ? parsed : [parsed]
  return known !== undefined && !(known instanceof Error) && known.verify(blob, signature, hashAlgo) === true
}

function wordsOf(error: unknown): string {
  return error instanceof JoineryError ? `${error.message}. ${error.next}` : 'this did not work; try again'
}

async function write(stream: ServerChannel, bytes: Uint8Array, gone: AbortSignal): Promise<void> {
  if (!stream.write(bytes) && !(await drained(stream, gone))) throw leaving()
}

function leaving(): JoineryError {
  return new JoineryError('CLOSED', 'the learner has left')
}
