/**
 * The decisions of `/joinery/hello/1` without any I/O: events in, effects out. The same machine runs on both ends.
 * Its cost is bounded: three messages each way, one chain to verify.
 */
import type { RoomId } from '../../protocols/certificate.ts'
import {
  type AdmissionPolicy,
  type HelloMessage,
  type HelloOpening,
  type HelloProof,
  OLDEST_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
  proofMessage,
  type Refusal,
  type Verdict
} from '../../protocols/hello.ts'
import type { NodeId, PeerProfile } from '../../protocols/message-stream.ts'
import { publicKeyOfNodeId } from '../../protocols/node-id.ts'

export interface HelloSelf {
  id: NodeId
  bootId: Uint8Array
  /** 32 fresh random bytes. */
  nonce: Uint8Array
  profile: Omit<PeerProfile, 'bootId'>
  meshPort: number
  sign(message: Uint8Array): Uint8Array
}

export interface HelloInit {
  self: HelloSelf
  /** Whom noise says we talk to. */
  peer: NodeId
  policy: Pick<AdmissionPolicy, 'room' | 'admits'>
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
}

export type HelloEvent =
  | { kind: 'started' }
  | { kind: 'received'; message: HelloMessage }
  /** The answer to the effect `judge`: is there room for this link beside the others? */
  | { kind: 'judged'; verdict: Verdict }

export interface Introduction {
  profile: PeerProfile
  /** Kept, to judge the link again when the members change. */
  chain: Uint8Array
  meshPort: number
  /** The version that both speak. */
  version: number
}

export type HelloEffect =
  | { kind: 'send'; message: HelloMessage }
  /** The peer belongs to the room; its boot id has to be compared with the links that exist. */
  | { kind: 'judge'; introduction: Introduction }
  | { kind: 'admitted'; introduction: Introduction }
  | { kind: 'met'; what: 'other-room' | 'no-room'; room: RoomId | null; roomName: string }
  /** @property proven the peer had shown before that it belongs to the room */
  | { kind: 'refused'; code: Refusal; by: 'us' | 'them'; proven: boolean }

type State =
  | { at: 'new' }
  | { at: 'opened' }
  | { at: 'proving'; room: RoomId; opening: HelloOpening; version: number }
  | { at: 'judging'; introduction: Introduction; theirs: Verdict | undefined }
  | { at: 'waiting'; introduction: Introduction }
  | { at: 'ended' }

export class HelloSession {
  readonly #init: HelloInit
  #state: State = { at: 'new' }

  constructor(init: HelloInit) {
    this.#init = init
  }

  get ended(): boolean {
    return this.#state.at === 'ended'
  }

  /** A message out of order ends the session as `NOT_A_MEMBER`: nobody who speaks the protocol sends one. */
  handle(event: HelloEvent): HelloEffect[] {
    const state = this.#state
    if (state.at === 'ended') return []
    if (event.kind === 'started') return state.at === 'new' ? this.#start() : []
    if (event.kind === 'judged') return state.at === 'judging' ? this.#judged(state, event.verdict) : []
    const { message } = event
    if (message.step === 'opening' && state.at === 'opened') return this.#opened(message)
    if (message.step === 'proof' && state.at === 'proving') return this.#proved(state, message)
    if (message.step === 'verdict' && state.at !== 'new' && state.at !== 'opened')
      return this.#answered(state, message.verdict)
    return this.#refuse('NOT_A_MEMBER', false)
  }

  #start(): HelloEffect[] {
    this.#state = { at: 'opened' }
    const room = this.#init.policy.room()
    const { bootId, nonce } = this.#init.self
    const message: HelloMessage = {
      step: 'opening',
      room: room?.id ?? null,
      roomName: room?.name ?? '',
      newestVersion: PROTOCOL_VERSION,
      oldestVersion: OLDEST_PROTOCOL_VERSION,
      bootId,
      nonce
    }
    return [{ kind: 'send', message }]
  }

  /** Both sides come to the same result here, so nothing is sent when it ends the hello. */
  #opened(opening: HelloOpening): HelloEffect[] {
    const { policy, self, peer } = this.#init
    const room = policy.room()
    if (!room || opening.room !== room.id) {
      this.#state = { at: 'ended' }
      const what = !room || opening.room === null ? 'no-room' : 'other-room'
      return [{ kind: 'met', what, room: opening.room, roomName: opening.roomName }]
    }
    const version = Math.min(PROTOCOL_VERSION, opening.newestVersion)
    if (version < Math.max(OLDEST_PROTOCOL_VERSION, opening.oldestVersion)) {
      this.#state = { at: 'ended' }
      return [{ kind: 'refused', code: 'UPDATE_NEEDED', by: 'us', proven: false }]
    }
    this.#state = { at: 'proving', room: room.id, opening, version }
    const signature = self.sign(proofMessage(room.id, self, { id: peer, nonce: opening.nonce }))
    const profile = { ...self.profile, bootId: '' }
    return [
      { kind: 'send', message: { step: 'proof', chain: room.chain, signature, profile, meshPort: self.meshPort } }
    ]
  }

  #proved(state: Extract<State, { at: 'proving' }>, proof: HelloProof): HelloEffect[] {
    const { policy, self, peer, verify } = this.#init
    const message = proofMessage(state.room, { id: peer, ...state.opening }, self)
    if (!verify(publicKeyOfNodeId(peer), message, proof.signature)) return this.#refuse('NOT_A_MEMBER', true)
    const verdict = policy.admits(peer, proof.chain, proof.profile.role)
    if (verdict !== 'OK') return this.#refuse(verdict, true)
    const introduction: Introduction = {
      profile: { ...proof.profile, bootId: Buffer.from(state.opening.bootId).toString('hex') },
      chain: proof.chain,
      meshPort: proof.meshPort,
      version: state.version
    }
    this.#state = { at: 'judging', introduction, theirs: undefined }
    return [{ kind: 'judge', introduction }]
  }

  #judged(state: Extract<State, { at: 'judging' }>, verdict: Verdict): HelloEffect[] {
    if (verdict !== 'OK') return this.#refuse(verdict, true)
    const said: HelloEffect = { kind: 'send', message: { step: 'verdict', verdict: 'OK' } }
    if (state.theirs === 'OK') {
      this.#state = { at: 'ended' }
      return [said, { kind: 'admitted', introduction: state.introduction }]
    }
    this.#state = { at: 'waiting', introduction: state.introduction }
    return [said]
  }

  #answered(state: State, verdict: Verdict): HelloEffect[] {
    if (verdict !== 'OK') {
      this.#state = { at: 'ended' }
      return [{ kind: 'refused', code: verdict, by: 'them', proven: state.at === 'judging' || state.at === 'waiting' }]
    }
    if (state.at === 'judging' && state.theirs === undefined) {
      this.#state = { ...state, theirs: verdict }
      return []
    }
    if (state.at === 'waiting') {
      this.#state = { at: 'ended' }
      return [{ kind: 'admitted', introduction: state.introduction }]
    }
    return this.#refuse('NOT_A_MEMBER', false)
  }

  #refuse(code: Refusal, say: boolean): HelloEffect[] {
    const proven = this.#state.at === 'judging' || this.#state.at === 'waiting'
    this.#state = { at: 'ended' }
    const refused: HelloEffect = { kind: 'refused', code, by: 'us', proven }
    return say ? [{ kind: 'send', message: { step: 'verdict', verdict: code } }, refused] : [refused]
  }
}
