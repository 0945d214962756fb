/**
 * Runs a hello on every connection: opens or awaits its stream, feeds the pure session, and remembers the outcome, on which the handlers
 * of all other protocols wait.
 */
import type { Connection, Stream } from '@libp2p/interface'
import { JoineryError } from '../../protocols/errors.ts'
import {
  type AdmissionPolicy,
  decodeHello,
  encodeHello,
  HELLO_PROTOCOL,
  MAX_HELLO_BYTES,
  NONCE_BYTES,
  type Refusal,
  type Verdict
} from '../../protocols/hello.ts'
import { isIPv4 } from '../../protocols/mesh-address.ts'
import type { MessageStream } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { verifySignature } from '../platform/signing.ts'
import { type HelloEffect, type HelloSelf, HelloSession, type Introduction } from './hello-session.ts'
import type { MeshHost } from './host.ts'
import { HELLO_FAREWELL_MS, HELLO_TIMEOUT_MS } from './limits.ts'
import { Link } from './links.ts'
import { messageStream } from './streams.ts'

export interface IntroductionComponents {
  clock: Clock
  random: Random
  host: MeshHost
  policy: AdmissionPolicy
}

export interface IntroductionInit {
  self: () => Omit<HelloSelf, 'nonce'>
  /** Compares with the links that exist (see links and clones). */
  judge(connection: Connection, introduction: Introduction): Promise<Verdict>
  admitted(link: Link): void
  met(connection: Connection, effect: Extract<HelloEffect, { kind: 'met' }>): void
  refused(connection: Connection, code: Refusal, by: 'us' | 'them', proven: boolean): void
  /** The hello did not come to an end. */
  failed(connection: Connection, error: Error): void
}

type Ending = Extract<HelloEffect, { kind: 'met' | 'refused' }>

interface Outcome {
  link: Promise<Link>
  resolve(link: Link): void
  reject(error: Error): void
  begun: boolean
}

const LIMITS = { maxMessageBytes: MAX_HELLO_BYTES, idleTimeoutMs: HELLO_TIMEOUT_MS }
/** Opened once per connection; a second one is an attempt to make us verify again. */
const STREAMS_PER_CONNECTION = 1

export class Introductions {
  readonly #components: IntroductionComponents
  readonly #init: IntroductionInit
  /** Of each open connection, by its id. */
  readonly #outcomes = new Map<string, Outcome>()

  constructor(components: IntroductionComponents, init: IntroductionInit) {
    this.#components = components
    this.#init = init
  }

  async start(): Promise<void> {
    const { host } = this.#components
    await host.handle(
      HELLO_PROTOCOL,
      async (stream, connection) => {
        if (connection.direction === 'outbound') stream.abort(new Error('the dialler says hello'))
        else await this.#run(connection, () => Promise.resolve(stream))
      },
      { maxInboundStreams: STREAMS_PER_CONNECTION }
    )
  }

  /** Every connection is told of once, when it opens. */
  connected(connection: Connection): void {
    const outcome = this.#outcome(connection)
    if (connection.direction === 'outbound') {
      void this.#run(connection, () => {
        return connection.newStream(HELLO_PROTOCOL, { signal: AbortSignal.timeout(HELLO_TIMEOUT_MS) })
      })
      return
    }
    this.#components.clock.after(HELLO_TIMEOUT_MS, () => {
      if (!outcome.begun) this.#fail(connection, new JoineryError('TIMED_OUT', 'no hello came'))
    })
  }

  disconnected(connection: Connection): void {
    this.#outcomes.get(connection.id)?.reject(new JoineryError('CLOSED', 'the connection ended'))
    this.#outcomes.delete(connection.id)
  }

  /** The link of a connection, as soon as its hello has ended. */
  async link(connection: Connection): Promise<Link> {
    const { clock } = this.#components
    const outcome = this.#outcomes.get(connection.id)
    if (!outcome) throw new JoineryError('CLOSED', 'the connection ended')
    let cancel = (): void => {}
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(HELLO_TIMEOUT_MS, () => reject(new JoineryError('NOT_ADMITTED', 'the hello took too long')))
    })
    try {
      return await Promise.race([outcome.link, late])
    } finally {
      cancel()
    }
  }

  #outcome(connection: Connection): Outcome {
    const known = this.#outcomes.get(connection.id)
    if (known) return known
    const { promise, resolve, reject } = Promise.withResolvers<Link>()
    // Nobody may be waiting; who waits gets the rejection all the same.
    promise.catch(() => {})
    const outcome: Outcome = { link: promise, resolve, reject, begun: false }
    if (connection.status === 'open') this.#outcomes.set(connection.id, outcome)
    return outcome
  }

  async #run(connection: Connection, open: () => Promise<Stream>): Promise<void> {
    const outcome = this.#outcome(connection)
    if (outcome.begun) return
    outcome.begun = true
    const { clock } = this.#components
    let stream: MessageStream | undefined
    const cancel = clock.after(HELLO_TIMEOUT_MS, () => {
      const error = new JoineryError('TIMED_OUT', 'the hello took too long')
      stream?.abort(error)
      this.#fail(connection, error)
    })
    try {
      stream = messageStream(clock, await open(), LIMITS)
      const ending = await this.#converse(connection, stream)
      cancel()
      // What we said last has to be read before the connection is closed over it.
      await this.#farewell(stream, ending !== undefined)
      if (ending?.kind === 'met') this.#init.met(connection, ending)
      else if (ending) this.#init.refused(connection, ending.code, ending.by, ending.proven)
    } catch (error) {
      const failure = error instanceof Error ? error : new Error('the hello failed')
      stream?.abort(failure)
      this.#fail(connection, failure)
    } finally {
      cancel()
    }
  }

  /** Closes our side; resolves when the other side has closed its own too, or has not for a while. */
  async #farewell(stream: MessageStream, waits: boolean): Promise<void> {
    const { promise: waited, resolve } = Promise.withResolvers<void>()
    const cancel = this.#components.clock.after(HELLO_FAREWELL_MS, resolve)
    try {
      await stream.close()
      if (waits) await Promise.race([waited, stream.receive()])
    } catch {
      // It hung up first: that is an end as well, and what the hello came to is known.
    } finally {
      cancel()
    }
  }

  /** @returns how it ended, unless the peer was admitted */
  async #converse(connection: Connection, stream: MessageStream): Promise<Ending | undefined> {
    const { policy, random } = this.#components
    const session = new HelloSession({
      self: { ...this.#init.self(), nonce: random.bytes(NONCE_BYTES) },
      peer: connection.remotePeer.toString(),
      policy,
      verify: verifySignature
    })
    let effects = session.handle({ kind: 'started' })
    let ending: Ending | undefined
    while (true) {
      for (let i = 0; i < effects.length; i++) {
        const effect = effects[i] as HelloEffect
        if (effect.kind === 'send') await stream.send(encodeHello(effect.message))
        else if (effect.kind === 'judge') {
          effects.push(
            ...session.handle({ kind: 'judged', verdict: await this.#init.judge(connection, effect.introduction) })
          )
        } else if (effect.kind === 'admitted') this.#admitted(connection, effect.introduction)
        else ending = effect
      }
      if (ending) this.#outcome(connection).reject(new JoineryError('NOT_ADMITTED', 'the device is not in this room'))
      if (session.ended) return ending
      const message = await stream.receive()
      if (message === undefined) throw new JoineryError('CLOSED', 'the hello was broken off')
      effects = session.handle({ kind: 'received', message: decodeHello(message) })
    }
  }

  #admitted(connection: Connection, introduction: Introduction): void {
    const link = new Link(this.#components.clock, connection, introduction, ipOf(connection))
    // Told first: who is admitted stands in the table before its first stream is handled.
    this.#init.admitted(link)
    this.#outcome(connection).resolve(link)
  }

  #fail(connection: Connection, error: Error): void {
    const outcome = this.#outcomes.get(connection.id)
    outcome?.reject(error)
    this.#init.failed(connection, error)
  }
}

/** The other end's IP address, with its zone where it has one; or its host name when it was dialled by name. */
export function ipOf(connection: Connection): string {
  const [, kind, first = '', , second = ''] = connection.remoteAddr.toString().split('/')
  if (kind === 'ip6zone') return `${second}%${first}`
  // IPv4 addresses of a socket that listens on both families.
  const plain = first.startsWith('::ffff:') ? first.slice('::ffff:'.length) : first
  return isIPv4(plain) ? plain : first
}
