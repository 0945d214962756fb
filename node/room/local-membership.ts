/**
 * The membership of one node: keeps the view of topic `room`, answers the mesh's question whom to let in, writes down whom it let in,
 * invites, removes, and tells the journal what removed devices wrote in vain.
 */

import type { Grant } from '../../protocols/approval.ts'
import { BoundedMap } from '../../protocols/bounded-map.ts'
import {
  decodeChain,
  encodeChain,
  extendChain,
  hex,
  MAX_CHAIN_LINKS,
  MAX_TOKEN_USES,
  RIGHT_ADMIT,
  type VerifiedChain
} from '../../protocols/certificate.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { AdmissionPolicy, Verdict } from '../../protocols/hello.ts'
import { encodeInvitation, MAX_INVITATION_ADDRESSES } from '../../protocols/invitation.ts'
import type { FoldView, NewEntry, WriterId } from '../../protocols/journal.ts'
import type { NodeId, PeerLink, PeerLinks } from '../../protocols/message-stream.ts'
import { nodeIdOfPublicKey, publicKeyOfNodeId } from '../../protocols/node-id.ts'
import {
  CRITICAL_ROOM_KINDS,
  encodeRoomFact,
  type NodeSetting,
  ROOM_FACT_VERSION,
  ROOM_TOPIC,
  type Role,
  type RoomFact
} from '../../protocols/room-facts.ts'
import { KEY_BYTES, signingKeyFromSeed } from '../platform/signing.ts'
import { type ChainCheck, createChainCheck } from './chain-check.ts'
import { exchangeKeys } from './key-exchange.ts'
import { ADMISSION_DELAY_MS, MAX_REMEMBERED_CHAINS } from './limits.ts'
import type {
  Invited,
  Membership,
  MembershipComponents,
  MembershipInit,
  RemovalReport,
  Standing
} from './membership.ts'
import { type MembershipFacts, membershipFold } from './membership-facts.ts'
import { type Member, type MembershipView, viewMembership } from './membership-view.ts'

export async function createMembership(components: MembershipComponents, init: MembershipInit): Promise<Membership> {
  const facts = await components.journal.view(membershipFold)
  const membership = new LocalMembership(components, init, facts)
  await membership.start()
  return membership
}

class LocalMembership implements Membership {
  readonly policy: AdmissionPolicy
  readonly #components: MembershipComponents
  readonly #init: MembershipInit
  readonly #facts: FoldView<MembershipFacts>
  readonly #check: ChainCheck
  readonly #own: VerifiedChain
  readonly #listeners = new Set<() => void>()
  /** Chains that the mesh showed, to write down who came in. Newest last. */
  readonly #shown = new BoundedMap<NodeId, Uint8Array>(MAX_REMEMBERED_CHAINS)
  readonly #timers = new Set<() => void>()
  #view: MembershipView
  #links: PeerLinks | undefined
  #stopFacts = (): void => {}
  #removing: Promise<void> = Promise.resolve()

  constructor(components: MembershipComponents, init: MembershipInit, facts: FoldView<MembershipFacts>) {
    const { room } = components
    this.#components = components
    this.#init = init
    this.#facts = facts
    this.#check = createChainCheck(room.id)
    const own = this.#check(room.chain)
    if (!own) throw new JoineryError('CERTIFICATE_INVALID', 'our own certificate does not fit the room')
    this.#own = own
    this.#view = viewMembership(facts.state, this.#check)
    this.policy = {
      room: () => ({ id: room.id, name: this.#view.roomName ?? room.name, chain: room.chain }),
      admits: (peer, chain, role) => this.#admits(peer, chain, role),
      members: () => [...this.#view.members.keys(), ...this.#view.candidates].filter((node) => node !== this.#self),
      onChange: (listener) => this.onChange(listener)
    }
  }

  get #self(): NodeId {
    return this.#components.identity.node
  }

  async start(): Promise<void> {
    this.#stopFacts = this.#facts.onChange(() => this.#refresh())
    await this.#tellJournal()
    const { room, keyRing } = { room: this.#components.room, keyRing: this.#components.room.keyRing }
    keyRing.onChange(() => this.#inBackground(this.#components.journal.keysChanged()))
    const { name, role } = this.#init
    const said = this.#facts.state.joined(this.#self)
    const isSaid = said?.name === name && said.role === role && hex(said.chain) === hex(room.chain)
    if (!isSaid) await this.#append([{ kind: 'joined', chain: room.chain, name, role }])
  }

  stop(): void {
    this.#stopFacts()
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    this.#listeners.clear()
  }

  view(): MembershipView {
    return this.#view
  }

  noteRemoval(by: NodeId): void {
    const { removal } = this.#components.room
    if (removal.by !== undefined || !this.#view.members.has(by)) return
    this.#inBackground(removal.note(by))
    for (const listener of [...this.#listeners]) listener()
  }

  standing(): Standing {
    if (this.#components.room.removal.by !== undefined || this.#view.removed.has(this.#self)) return 'removed'
    if (this.#view.members.has(this.#self)) return 'member'
    return this.#view.unwelcome.has(this.#self) ? 'unwelcome' : 'waiting'
  }

  mayDecide(): boolean {
    return this.#components.journal.mayDecide() && this.standing() !== 'removed' && this.standing() !== 'unwelcome'
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async invite(options: { uses: number | null; label?: string; addresses: string[] }): Promise<Invited> {
    this.#mustAdmit()
    const { uses, label = '', addresses } = options
    if (uses !== null && !(Number.isInteger(uses) && uses >= 1 && uses <= MAX_TOKEN_USES)) {
      throw new JoineryError('BAD_REQUEST', `an invitation can be used 1 to ${MAX_TOKEN_USES} times`)
    }
    const { room, identity, random } = this.#components
    const chain = decodeChain(room.chain)
    if (chain.links.length > MAX_CHAIN_LINKS - 2) {
      throw new JoineryError('CHAIN_TOO_LONG', 'too many devices invited each other one after the other')
    }
    const seed = random.bytes(KEY_BYTES)
    const subject = signingKeyFromSeed(seed).publicKey
    const link = { kind: 'token', subject, rights: this.#own.rights, uses } as const
    const token = hex(subject)
    // Written first: an invitation that nobody can list could not be taken back.
    await this.#append([{ kind: 'invited', token, label, uses }])
    const { epoch, key } = room.keyRing.current()
    const text = encodeInvitation({
      roomName: this.#view.roomName ?? room.name,
      chain: extendChain(chain, link, (message) => identity.key.sign(message)),
      tokenSeed: seed,
      ringKey: { epoch, key },
      // Without ids: any member that answers there will do, and the text stays short.
      addresses: addresses.slice(0, MAX_INVITATION_ADDRESSES).map((address) => address.replace(/\/p2p\/.*$/, ''))
    })
    return { text, token, uses }
  }

  async revoke(token: string): Promise<void> {
    this.#mustAdmit()
    if (!this.#view.tokens.has(token)) throw new JoineryError('NOT_FOUND', 'there is no such invitation')
    const keeps = this.#membersBy(new Set([token])).map(({ node }) => node)
    await this.#append([{ kind: 'revoked', token, keeps }])
  }

  async grant(device: { node: NodeId; name: string; role: Role }): Promise<Grant> {
    const granted = this.certify(device)
    await this.#append([{ kind: 'admitted', node: device.node, chain: granted.chain }])
    return granted
  }

  certify(device: { node: NodeId; role: Role }): Grant {
    this.#mustAdmit()
    const { room, identity } = this.#components
    const chain = decodeChain(room.chain)
    if (chain.links.length >= MAX_CHAIN_LINKS) {
      throw new JoineryError('CHAIN_TOO_LONG', 'too many devices invited each other one after the other')
    }
    if (this.#view.removed.has(device.node)) {
      throw new JoineryError('REMOVED_FROM_ROOM', 'this device was taken out of the room; it needs a new key')
    }
    const rights = device.role === 'cloud' ? 0 : this.#own.rights
    const link = { kind: 'node', subject: publicKeyOfNodeId(device.node), rights, uses: null } as const
    const granted = encodeChain(extendChain(chain, link, (message) => identity.key.sign(message)))
    const ringKeys = room.keyRing.keys().map(({ epoch, key }) => ({ epoch, key }))
    return { room: room.id, roomName: this.#view.roomName ?? room.name, chain: granted, ringKeys }
  }

  async remove(node: NodeId, options: { stolen: boolean }): Promise<RemovalReport> {
    this.#mustAdmit()
    if (node === this.#self) throw new JoineryError('CANNOT_REMOVE_SELF', 'a device cannot remove itself')
    const known = this.#view.members.get(node)
    if (!known && !this.#view.candidates.has(node) && !this.#view.removed.has(node)) {
      throw new JoineryError('MEMBER_UNKNOWN', 'no such device in the room')
    }
    const cuts = this.#components.journal.lastNumbers(node)
    const tokens = this.#tokensKnownTo(node)
    const sources = new Set([node, ...tokens])
    const toCheck = this.#membersBy(sources).filter((member) => member.node !== node)
    const revoked = [...this.#view.tokens.values()].filter(
      (state) => tokens.has(state.token) && !state.revoked && (state.uses === null || state.usedBy.length < state.uses)
    )
    await this.#append([
      {
        kind: 'removed',
        node,
        cuts: new Map(cuts),
        stolen: options.stolen,
        tokens: [...tokens],
        keeps: toCheck.map((member) => member.node)
      }
    ])
    if (options.stolen) await this.#components.room.keyRing.rotate([...new Set([...this.#view.removed.keys(), node])])
    return { node, name: known?.name ?? '', cuts, revoked, toCheck }
  }

  async leave(): Promise<void> {
    const cuts = new Map(this.#components.journal.lastNumbers(this.#self))
    // The batch that carries this comes after all of them.
    for (const [writer, number] of cuts) cuts.set(writer, number + 1)
    const keeps = this.#membersBy(new Set([this.#self])).map(({ node }) => node)
    await this.#append([{ kind: 'removed', node: this.#self, cuts, stolen: false, tokens: [], keeps }])
  }

  async set(node: NodeId, setting: NodeSetting, value: string | number | boolean): Promise<void> {
    if (node !== this.#self) this.#mustAdmit()
    await this.#append([{ kind: 'node-setting', node, setting, value }])
  }

  async rename(roomName: string): Promise<void> {
    this.#mustAdmit()
    await this.#append([{ kind: 'room-named', name: roomName }])
  }

  attach(links: PeerLinks): void {
    this.#links = links
    links.onLink((link) => {
      this.#believeWelcome(link)
      this.#writeDown(link)
    })
    exchangeKeys(
      { links, keyRing: this.#components.room.keyRing },
      {
        mayHave: (peer) => !this.#view.removed.has(peer) && !this.#view.unwelcome.has(peer),
        failed: (cause) => this.#init.onProblem({ code: 'INTERNAL', message: 'keys could not be stored', cause })
      }
    )
  }

  #admits(peer: NodeId, bytes: Uint8Array, role: Role): Verdict {
    const chain = this.#check(bytes)
    if (chain?.kind !== 'node' || nodeIdOfPublicKey(chain.subject) !== peer) return 'NOT_A_MEMBER'
    // A cloud peer reads what its facilitator trusts it with; it never decides who comes in.
    if (role === 'cloud' && (chain.rights & RIGHT_ADMIT) !== 0) return 'NOT_A_MEMBER'
    if (this.#view.removed.has(peer)) return 'REMOVED'
    if (!this.#view.members.has(peer)) {
      const objection = this.#view.objection(chain)
      if (objection) return objection
      if (!this.#components.journal.mayDecide()) return 'UPDATE_NEEDED'
    }
    this.#shown.set(peer, bytes)
    return 'OK'
  }

  /** Whoever links to us counts us as a member: what another one said of us is out of date, or this one has not heard of it and will. */
  #believeWelcome(link: PeerLink): void {
    const { removal } = this.#components.room
    if (removal.by === undefined || !this.#view.members.has(link.peer)) return
    this.#inBackground(removal.forget())
    for (const listener of [...this.#listeners]) listener()
  }

  /** After a moment, since one member's word is enough and all of them see the newcomer at once. */
  #writeDown(link: PeerLink): void {
    if (this.#view.members.has(link.peer) || (this.#own.rights & RIGHT_ADMIT) === 0) return
    const { clock, random } = this.#components
    const delayMs = ADMISSION_DELAY_MS.least + random.fraction() * (ADMISSION_DELAY_MS.most - ADMISSION_DELAY_MS.least)
    const cancel = clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      const chain = this.#shown.get(link.peer)
      const linked = this.#links?.links().some(({ peer }) => peer === link.peer) ?? false
      if (!chain || !linked || this.#view.members.has(link.peer) || !this.mayDecide()) return
      const verified = this.#check(chain)
      if (!verified || this.#view.objection(verified)) return
      this.#inBackground(this.#append([{ kind: 'admitted', node: link.peer, chain }]))
    })
    this.#timers.add(cancel)
  }

  #refresh(): void {
    this.#view = viewMembership(this.#facts.state, this.#check)
    this.#inBackground(this.#tellJournal())
    for (const listener of [...this.#listeners]) listener()
  }

  /** Removed and unwelcome devices; one call after the other, so that the last one tells the newest state. */
  #tellJournal(): Promise<void> {
    const told = this.#removing.then(async () => {
      const removed = new Map<NodeId, ReadonlyMap<WriterId, number>>()
      for (const [node, removal] of this.#view.removed) removed.set(node, removal.cuts)
      for (const node of this.#view.unwelcome) removed.set(node, new Map())
      await this.#components.journal.setRemoved(removed)
    })
    // A call that failed is told by its caller and does not stop the next one.
    this.#removing = told.catch(() => {})
    return told
  }

  /** Tokens whose secret a device has seen: those that it made, and the one that it came in with. */
  #tokensKnownTo(node: NodeId): Set<string> {
    const tokens = new Set<string>()
    for (const { token, invitedBy } of this.#view.tokens.values()) if (invitedBy === node) tokens.add(token)
    const came = this.#view.members.get(node)?.chain.path.at(-2)
    if (came?.kind === 'token') tokens.add(came.token)
    return tokens
  }

  /** Members whose own certificate comes from one of these nodes or tokens. */
  #membersBy(sources: ReadonlySet<string>): Member[] {
    return [...this.#view.members.values()].filter(({ chain }) =>
      chain.path.slice(0, -1).some((step) => sources.has(step.kind === 'node' ? step.node : step.token))
    )
  }

  #mustAdmit(): void {
    const standing = this.standing()
    if (standing === 'removed' || standing === 'unwelcome') {
      throw new JoineryError('REMOVED_FROM_ROOM', 'this device does not belong to the room any more')
    }
    if ((this.#own.rights & RIGHT_ADMIT) === 0) {
      throw new JoineryError('NOT_ALLOWED_TO_ADMIT', 'this device may not let others in or out')
    }
    if (!this.#components.journal.mayDecide()) {
      throw new JoineryError('UPDATE_NEEDED', 'another device wrote something that this program does not understand')
    }
  }

  async #append(facts: RoomFact[]): Promise<void> {
    const entries = facts.map((fact): NewEntry => {
      return {
        topic: ROOM_TOPIC,
        kind: fact.kind,
        version: ROOM_FACT_VERSION,
        critical: CRITICAL_ROOM_KINDS.has(fact.kind),
        audience: 'room',
        body: encodeRoomFact(fact)
      }
    })
    await this.#components.journal.append(entries)
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((cause: unknown) => {
      const code = cause instanceof JoineryError ? cause.code : 'INTERNAL'
      this.#init.onProblem({ code, message: cause instanceof Error ? cause.message : String(cause), cause })
    })
  }
}
