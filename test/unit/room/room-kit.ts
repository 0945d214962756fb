/** Keys, chains and facts for tests of the room; everything follows from small numbers, so that a failure can be repeated. */
import { sha256 } from '../../../node/platform/hash.ts'
import { type SigningKey, signingKeyFromSeed } from '../../../node/platform/signing.ts'
import {
  type CertificateChain,
  type CertificateKind,
  encodeChain,
  extendChain,
  hex,
  RIGHT_ADMIT,
  type RoomId,
  roomIdOf
} from '../../../protocols/certificate.ts'
import type { Entry } from '../../../protocols/journal.ts'
import type { NodeId } from '../../../protocols/message-stream.ts'
import { nodeIdOfPublicKey } from '../../../protocols/node-id.ts'
import { encodeRoomFact, ROOM_TOPIC, type RoomFact } from '../../../protocols/room-facts.ts'

export function keyOf(name: string): SigningKey {
  return signingKeyFromSeed(sha256(new TextEncoder().encode(name)))
}

const nodes = new Map<string, NodeId>()

export function nodeOf(name: string): NodeId {
  const known = nodes.get(name) ?? nodeIdOfPublicKey(keyOf(name).publicKey)
  nodes.set(name, known)
  return known
}

export function tokenOf(name: string): string {
  return hex(keyOf(name).publicKey)
}

const FOUNDING = keyOf('founding key')
export const ROOM: RoomId = roomIdOf(FOUNDING.publicKey, sha256)

export interface Step {
  name: string
  kind?: CertificateKind
  rights?: number
  uses?: number | null
  /** Signs in place of the one before. */
  signedBy?: string
}

/** A chain from the founding key over these names. Names that begin with "token" are tokens. */
export function chainOf(...steps: (string | Step)[]): CertificateChain {
  let chain: CertificateChain = { foundingKey: FOUNDING.publicKey, links: [] }
  let signer = FOUNDING
  for (const step of steps) {
    const {
      name,
      kind,
      rights = RIGHT_ADMIT,
      uses = null,
      signedBy
    } = typeof step === 'string' ? ({ name: step } as Step) : step
    const key = keyOf(name)
    const by = signedBy === undefined ? signer : keyOf(signedBy)
    const link = {
      kind: kind ?? (name.startsWith('token') ? 'token' : 'node'),
      subject: key.publicKey,
      rights,
      uses
    } as const
    chain = extendChain(chain, link, (message) => by.sign(message))
    signer = key
  }
  return chain
}

/** Signing takes most of the time of a property test that tries the same few chains again and again. */
const signed = new Map<string, Uint8Array>()

export function chainBytes(...steps: (string | Step)[]): Uint8Array {
  const name = JSON.stringify(steps)
  const known = signed.get(name) ?? Uint8Array.from(encodeChain(chainOf(...steps)))
  signed.set(name, known)
  return known
}

/** Facts as entries, each in a batch of its own. */
export class FactWriter {
  readonly #author: string
  readonly #writer: string
  #number = 0
  #lamport: number

  constructor(author: string, lamport = 0) {
    this.#author = author
    this.#writer = hex(sha256(new TextEncoder().encode(`writer of ${author}`)))
    this.#lamport = lamport
  }

  get writer(): string {
    return this.#writer
  }

  get lastNumber(): number {
    return this.#number - 1
  }

  write(fact: RoomFact, lamport?: number): Entry {
    this.#lamport = lamport ?? this.#lamport + 1
    return {
      topic: ROOM_TOPIC,
      kind: fact.kind,
      version: 1,
      critical: true,
      body: encodeRoomFact(fact),
      node: nodeOf(this.#author),
      writer: this.#writer,
      number: this.#number++,
      index: 0,
      lamport: this.#lamport
    }
  }

  joined(...steps: (string | Step)[]): Entry {
    return this.write({ kind: 'joined', chain: chainBytes(...steps), name: this.#author, role: 'node' })
  }

  admitted(node: string, ...steps: (string | Step)[]): Entry {
    return this.write({ kind: 'admitted', node: nodeOf(node), chain: chainBytes(...steps) })
  }

  removed(
    node: string,
    init: {
      cuts?: Record<string, number>
      stolen?: boolean
      tokens?: string[]
      keeps?: string[]
      lamport?: number
    } = {}
  ): Entry {
    const { cuts = {}, stolen = false, tokens = [], keeps = [], lamport } = init
    return this.write(
      {
        kind: 'removed',
        node: nodeOf(node),
        cuts: new Map(Object.entries(cuts)),
        stolen,
        tokens: tokens.map(tokenOf),
        keeps: keeps.map(nodeOf)
      },
      lamport
    )
  }
}
