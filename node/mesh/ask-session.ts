/** Both ends of `/joinery/ask/1` without I/O: a message in, what to do out. */
import {
  type AskMessage,
  type AskRefusal,
  approvalCode,
  type Grant,
  nonceCommitment
} from '../../protocols/approval.ts'
import { sameBytes } from '../../protocols/cbor.ts'
import type { RoomId } from '../../protocols/certificate.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Role } from '../../protocols/room-facts.ts'

export type AskEffect =
  | { kind: 'send'; message: AskMessage }
  | { kind: 'compare'; code: string; room: RoomId; roomName: string }
  | { kind: 'granted'; grant: Grant }
  | { kind: 'refused'; code: AskRefusal }
  /** The other side does not keep to the protocol. */
  | { kind: 'broken' }

export interface AskSessionInit {
  self: NodeId
  peer: NodeId
  /** 32 fresh random bytes. */
  nonce: Uint8Array
  sha256(bytes: Uint8Array): Uint8Array
}

/** The device that wants to be let in. */
export class AskingSession {
  readonly #init: AskSessionInit
  #room: RoomId | undefined

  constructor(init: AskSessionInit) {
    this.#init = init
  }

  start(name: string, role: Role): AskEffect[] {
    const { nonce, sha256 } = this.#init
    return [{ kind: 'send', message: { step: 'commit', commitment: nonceCommitment(nonce, sha256), name, role } }]
  }

  receive(message: AskMessage): AskEffect[] {
    const { self, peer, nonce, sha256 } = this.#init
    if (message.step === 'refusal') return [{ kind: 'refused', code: message.code }]
    if (message.step === 'nonce' && this.#room === undefined) {
      this.#room = message.room
      const code = approvalCode({ id: self, nonce }, { id: peer, nonce: message.nonce }, sha256)
      return [
        { kind: 'send', message: { step: 'reveal', nonce } },
        { kind: 'compare', code, room: message.room, roomName: message.roomName }
      ]
    }
    // A grant for another room than the one that was compared is not what the person agreed to.
    if (message.step === 'grant' && message.grant.room === this.#room)
      return [{ kind: 'granted', grant: message.grant }]
    return [{ kind: 'broken' }]
  }
}

/** The member that is asked. */
export class AskedSession {
  readonly #init: AskSessionInit & { room: { id: RoomId; name: string } }
  #commitment: Uint8Array | undefined
  #revealed = false

  constructor(init: AskSessionInit & { room: { id: RoomId; name: string } }) {
    this.#init = init
  }

  receive(message: AskMessage): AskEffect[] {
    const { self, peer, nonce, sha256, room } = this.#init
    if (message.step === 'commit' && !this.#commitment) {
      this.#commitment = message.commitment
      return [{ kind: 'send', message: { step: 'nonce', nonce, room: room.id, roomName: room.name } }]
    }
    if (message.step === 'reveal' && this.#commitment && !this.#revealed) {
      if (!sameBytes(nonceCommitment(message.nonce, sha256), this.#commitment)) return [{ kind: 'broken' }]
      this.#revealed = true
      const code = approvalCode({ id: peer, nonce: message.nonce }, { id: self, nonce }, sha256)
      return [{ kind: 'compare', code, room: room.id, roomName: room.name }]
    }
    return [{ kind: 'broken' }]
  }
}
