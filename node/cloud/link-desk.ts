/** The cloud peer's side of `/joinery/cloud-link/1`: makes link texts, and takes in the rooms that show one. */
import { join } from 'node:path'
import type { Grant } from '../../protocols/approval.ts'
import { decodeCbor, encodeCbor, sameBytes } from '../../protocols/cbor.ts'
import { decodeChain, type RoomId, type VerifiedChain, verifyChain } from '../../protocols/certificate.ts'
import {
  CLOUD_SECRET_BYTES,
  type CloudLinkAnswer,
  type CloudLinkRequest,
  decodeCloudLinkRequest,
  encodeCloudInvitation,
  encodeCloudLinkAnswer,
  MAX_CLOUD_ADDRESSES,
  MAX_CLOUD_LINK_MESSAGE_BYTES,
  MAX_CLOUD_USES
} from '../../protocols/cloud-link.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { MessageStream, NodeId, StreamLimits } from '../../protocols/message-stream.ts'
import { nodeIdOfPublicKey } from '../../protocols/node-id.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import { sha256 } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'
import { verifySignature } from '../platform/signing.ts'
import './errors.ts'
import { LINK_TIMEOUT_MS, MAX_LINK_TEXTS, MAX_QUESTIONS_AT_ONCE } from './limits.ts'
import { judgeQuestion, type LinkText, linkTextsFromCbor, linkTextsToCbor } from './link-texts.ts'

export const CLOUD_LINK_LIMITS: StreamLimits = {
  maxMessageBytes: MAX_CLOUD_LINK_MESSAGE_BYTES,
  idleTimeoutMs: LINK_TIMEOUT_MS
}

const MAX_FILE_BYTES = 16 * 2 ** 20

export interface LinkDeskComponents {
  disk: Disk
  random: Random
  /** Where rooms are kept; told in the order of the questions. */
  rooms: {
    hasRoomFor(room: RoomId): Promise<boolean>
    isRefused(room: RoomId): boolean
    /** Puts the room there, durably; one that is there already stays as it is. */
    takeIn(grant: Grant): Promise<void>
  }
}

export interface LinkDeskInit {
  folder: string
  /** Raw Ed25519 key of this cloud peer. */
  publicKey: Uint8Array
}

export class LinkDesk {
  readonly #components: LinkDeskComponents
  readonly #init: LinkDeskInit
  #texts: LinkText[]
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = 0

  private constructor(components: LinkDeskComponents, init: LinkDeskInit, texts: LinkText[]) {
    this.#components = components
    this.#init = init
    this.#texts = texts
  }

  static async open(components: LinkDeskComponents, init: LinkDeskInit): Promise<LinkDesk> {
    const bytes = await readSmallFile(components.disk, pathOf(init), MAX_FILE_BYTES)
    return new LinkDesk(components, init, bytes ? linkTextsFromCbor(decodeCbor(bytes, MAX_FILE_BYTES)) : [])
  }

  /** @param addresses of this cloud peer, the best first. @returns the text, once it is written down */
  async invite({ uses, addresses }: { uses: number; addresses: readonly string[] }): Promise<string> {
    if (!Number.isInteger(uses) || uses < 1 || uses > MAX_CLOUD_USES)
      throw new JoineryError('BAD_REQUEST', `a link text can let in 1 to ${MAX_CLOUD_USES} rooms`)
    if (addresses.length === 0) throw new JoineryError('BAD_REQUEST', 'a link text needs an address of this cloud peer')
    const secret = this.#components.random.bytes(CLOUD_SECRET_BYTES)
    await this.#inTurn(async () => {
      // Used-up ones go first; then the oldest.
      const open = this.#texts.filter((text) => text.rooms.length < text.uses)
      const kept = this.#texts.length < MAX_LINK_TEXTS ? this.#texts : open.slice(1 - MAX_LINK_TEXTS)
      await this.#save([...kept, { hash: hashOf(secret), uses, rooms: [] }])
    })
    const node = nodeIdOfPublicKey(this.#init.publicKey)
    return encodeCloudInvitation({ node, addresses: addresses.slice(0, MAX_CLOUD_ADDRESSES), secret })
  }

  /** A stream of a device of a room that we may not know. */
  async serve(stream: MessageStream, peer: NodeId): Promise<void> {
    const bytes = await stream.receive()
    if (!bytes) return
    await stream.send(encodeCloudLinkAnswer(await this.answer(decodeCloudLinkRequest(bytes), peer)))
  }

  async answer(request: CloudLinkRequest, peer: NodeId): Promise<CloudLinkAnswer> {
    if (this.#waiting >= MAX_QUESTIONS_AT_ONCE) return 'BUSY'
    this.#waiting++
    try {
      return await this.#inTurn(() => this.#answer(request, peer))
    } finally {
      this.#waiting--
    }
  }

  async #answer(request: CloudLinkRequest, peer: NodeId): Promise<CloudLinkAnswer> {
    const { room, roomName, chain, ringKeys, secret } = request
    const { rooms } = this.#components
    const secretHash = hashOf(secret)
    // The cheap test comes first: without a secret nobody makes us verify signatures.
    if (!this.#texts.some(({ hash }) => sameBytes(hash, secretHash))) return 'UNKNOWN_SECRET'
    const fits = await rooms.hasRoomFor(room)
    const { answer, uses } = judgeQuestion(
      { room, secretHash, chain: verified(chain, room), peer },
      {
        self: this.#init.publicKey,
        texts: this.#texts,
        hasRoomFor: () => fits,
        isRefused: (one) => rooms.isRefused(one)
      }
    )
    if (answer !== 'LINKED') return answer
    // Counted before the room is there: a power cut in between costs nothing, since the same room may ask again.
    if (uses) {
      await this.#save(this.#texts.map((text) => (text === uses ? { ...text, rooms: [...text.rooms, room] } : text)))
    }
    await rooms.takeIn({ room, roomName, chain, ringKeys })
    return 'LINKED'
  }

  async #save(texts: LinkText[]): Promise<void> {
    await writeDurably(this.#components.disk, pathOf(this.#init), encodeCbor(linkTextsToCbor(texts)))
    this.#texts = texts
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }
}

function pathOf({ folder }: LinkDeskInit): string {
  return join(folder, 'cloud-link-texts')
}

function hashOf(secret: Uint8Array): Uint8Array {
  return sha256(encodeCbor(['joinery cloud link', secret]))
}

function verified(chain: Uint8Array, room: RoomId): VerifiedChain | undefined {
  try {
    return verifyChain(decodeChain(chain), room, { sha256, verify: verifySignature })
  } catch {
    // Whatever is wrong with it, it brings no room in.
    return undefined
  }
}
