/** Questions to be let in: the member's list of those that wait, and the device that asks. */
import type { Connection, Stream } from '@libp2p/interface'
import {
  ASK_LIFETIME_MS,
  ASK_PROTOCOL,
  type AskMessage,
  type AskRefusal,
  decodeAsk,
  encodeAsk,
  type Grant,
  MAX_ASK_BYTES,
  MAX_PENDING_ASKS
} from '../../protocols/approval.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { type AdmissionPolicy, NONCE_BYTES } from '../../protocols/hello.ts'
import type { MessageStream, NodeId } from '../../protocols/message-stream.ts'
import type { Role } from '../../protocols/room-facts.ts'
import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'
import { type AskEffect, AskedSession, AskingSession } from './ask-session.ts'
import type { MeshHost } from './host.ts'
import { ipOf } from './introductions.ts'
import { HELLO_TIMEOUT_MS } from './limits.ts'
import type { AskProgress, MeshEvent, PendingAsk } from './mesh-status.ts'
import { messageStream } from './streams.ts'

/** Behind one address; so that one device cannot take all places. */
const MAX_ASKS_PER_ADDRESS = 4
const LIMITS = { maxMessageBytes: MAX_ASK_BYTES, idleTimeoutMs: ASK_LIFETIME_MS }

export interface AskComponents {
  clock: Clock
  random: Random
  host: MeshHost
  policy: AdmissionPolicy
  grant: ((device: { node: NodeId; name: string; role: Role }) => Promise<Grant>) | undefined
}

interface Waiting {
  ask: PendingAsk
  address: string
  answer(message: AskMessage): Promise<void>
  end(): void
}

export class AskDesk {
  readonly #components: AskComponents
  readonly #emit: (event: MeshEvent) => void
  readonly #waiting = new Map<string, Waiting>()
  /** Streams that have not come to a code yet. */
  #opening = 0

  constructor(components: AskComponents, emit: (event: MeshEvent) => void) {
    this.#components = components
    this.#emit = emit
  }

  async start(): Promise<void> {
    const accept = async (stream: Stream, connection: Connection): Promise<void> => {
      const messages = messageStream(this.#components.clock, stream, LIMITS)
      try {
        await this.#asked(messages, connection)
      } catch (error) {
        messages.abort(error instanceof Error ? error : new Error('the question ended'))
      }
    }
    await this.#components.host.handle(ASK_PROTOCOL, accept, { maxInboundStreams: 1 })
  }

  list(): PendingAsk[] {
    return [...this.#waiting.values()].map(({ ask }) => ask)
  }

  async approve(id: string): Promise<void> {
    const waiting = this.#find(id)
    const { grant } = this.#components
    if (!grant) throw new JoineryError('ASK_NOT_ALLOWED', 'this device may not let others in')
    const { node, name, role } = waiting.ask
    await waiting.answer({ step: 'grant', grant: await grant({ node, name, role }) })
    waiting.end()
  }

  decline(id: string): void {
    const waiting = this.#find(id)
    void waiting.answer({ step: 'refusal', code: 'DECLINED' }).then(
      () => waiting.end(),
      () => waiting.end()
    )
  }

  stop(): void {
    for (const waiting of [...this.#waiting.values()]) waiting.end()
  }

  #find(id: string): Waiting {
    const waiting = this.#waiting.get(id)
    if (!waiting) throw new JoineryError('ASK_NOT_FOUND', 'nobody waits under this name any more')
    return waiting
  }

  async #asked(stream: MessageStream, connection: Connection): Promise<void> {
    const { policy, random, grant, host } = this.#components
    const room = policy.room()
    const address = ipOf(connection)
    const node = connection.remotePeer.toString()
    const again = [...this.#waiting.values()].find(({ ask }) => ask.node === node)
    again?.end()
    const sameAddress = [...this.#waiting.values()].filter((waiting) => waiting.address === address)
    const busy = this.#waiting.size + this.#opening >= MAX_PENDING_ASKS || sameAddress.length >= MAX_ASKS_PER_ADDRESS
    const refusal: AskRefusal | undefined = !room || !grant ? 'NOT_ALLOWED' : busy ? 'BUSY' : undefined
    if (!room || refusal) {
      await stream.send(encodeAsk({ step: 'refusal', code: refusal ?? 'NOT_ALLOWED' }))
      await stream.close()
      return
    }
    const self = host.peerId.toString()
    const session = new AskedSession({ self, peer: node, nonce: random.bytes(NONCE_BYTES), sha256, room })
    let device = { name: '', role: 'node' as Role }
    const code = await this.#untilCode(session, stream, (said) => {
      device = said
    })
    await this.#wait(stream, { id: Buffer.from(random.bytes(4)).toString('hex'), node, code, ...device }, address)
  }

  /** The three quick steps. */
  async #untilCode(
    session: AskedSession,
    stream: MessageStream,
    introduced: (device: { name: string; role: Role }) => void
  ): Promise<string> {
    this.#opening++
    const cancel = this.#components.clock.after(HELLO_TIMEOUT_MS, () => {
      stream.abort(new JoineryError('TIMED_OUT', 'the question took too long'))
    })
    try {
      while (true) {
        const bytes = await stream.receive()
        if (bytes === undefined) throw new JoineryError('CLOSED', 'the question was broken off')
        const message = decodeAsk(bytes)
        if (message.step === 'commit') introduced({ name: message.name, role: message.role })
        for (const effect of session.receive(message)) {
          if (effect.kind === 'send') await stream.send(encodeAsk(effect.message))
          else if (effect.kind === 'compare') return effect.code
          else throw new JoineryError('MALFORMED', 'the question does not keep to the protocol')
        }
      }
    } finally {
      cancel()
      this.#opening--
    }
  }

  /** Until a person answers, the device gives up, or the question is too old. */
  async #wait(stream: MessageStream, ask: PendingAsk, address: string): Promise<void> {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const expired = async (): Promise<void> => {
      await stream.send(encodeAsk({ step: 'refusal', code: 'EXPIRED' }))
    }
    const cancel = this.#components.clock.after(ASK_LIFETIME_MS, () => void expired().then(end, end))
    this.#waiting.set(ask.id, {
      ask,
      address,
      answer: (message) => stream.send(encodeAsk(message)),
      end
    })
    this.#emit({ kind: 'ask', ask })
    try {
      // The device says nothing more; when its end closes, it has gone.
      await Promise.race([ended, stream.receive()])
      await stream.close()
    } finally {
      cancel()
      this.#waiting.delete(ask.id)
      this.#emit({ kind: 'ask-ended', id: ask.id })
    }
  }
}

/** Asks one member over a connection. Yields the code, then the answer. */
export async function* askMember(
  components: Pick<AskComponents, 'clock' | 'random' | 'host'>,
  connection: Connection,
  init: { name: string; role: Role; signal: AbortSignal }
): AsyncGenerator<AskProgress> {
  const { clock, random, host } = components
  const peer = connection.remotePeer.toString()
  const opened = await connection.newStream(ASK_PROTOCOL, {
    signal: AbortSignal.any([init.signal, AbortSignal.timeout(HELLO_TIMEOUT_MS)])
  })
  const stream = messageStream(clock, opened, LIMITS)
  const session = new AskingSession({ self: host.peerId.toString(), peer, nonce: random.bytes(NONCE_BYTES), sha256 })
  const abort = (): void => stream.abort(new JoineryError('CLOSED', 'the question was taken back'))
  init.signal.addEventListener('abort', abort, { once: true })
  try {
    let effects: AskEffect[] = session.start(init.name, init.role)
    while (true) {
      for (const effect of effects) {
        if (effect.kind === 'send') await stream.send(encodeAsk(effect.message))
        else if (effect.kind === 'compare') {
          yield { step: 'compare', member: peer, room: effect.room, roomName: effect.roomName, code: effect.code }
        } else if (effect.kind === 'granted') {
          await stream.close()
          yield { step: 'granted', grant: effect.grant }
          return
        } else {
          yield { step: 'refused', code: effect.kind === 'refused' ? effect.code : 'MALFORMED' }
          return
        }
      }
      const bytes = await stream.receive()
      if (bytes === undefined) throw new JoineryError('CLOSED', 'the member ended the question')
      effects = session.receive(decodeAsk(bytes))
    }
  } finally {
    init.signal.removeEventListener('abort', abort)
    if (!init.signal.aborted) stream.abort(new JoineryError('CLOSED', 'the question ended'))
  }
}
