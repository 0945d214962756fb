/**
 * The cloud peers of a room, seen from one of its devices. A link is a fact of the journal; whichever device reaches the cloud peer first hands
 * it the room, and from then on every device knows it as a member and dials it like any other.
 */
import type { Grant } from '../../protocols/approval.ts'
import { CLOUD_COUNT_BYTES, type CloudLinkedFact, cloudEntry } from '../../protocols/cloud-facts.ts'
import {
  CLOUD_LINK_PROTOCOL,
  type CloudLinkAnswer,
  decodeCloudInvitation,
  decodeCloudLinkAnswer,
  encodeCloudLinkRequest
} from '../../protocols/cloud-link.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { AdmissionPolicy } from '../../protocols/hello.ts'
import type { FoldView, JournalAccess } from '../../protocols/journal.ts'
import type { MessageStream, NodeId, StreamLimits } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import './errors.ts'
import { CutOff } from './cut-off.ts'
import { LINK_RETRY_FIRST_MS, LINK_RETRY_MOST_MS, LINK_RETRY_REFUSED_MS, MAX_CLOUDS } from './limits.ts'
import { CLOUD_LINK_LIMITS } from './link-desk.ts'
import { type CloudFacts, cloudFold, cloudLinksOf, unlinkedOf } from './link-fold.ts'

/** What the links need of the room's membership. */
export interface CloudMembers {
  readonly self: NodeId
  /** May decide about cloud peers: a member with the right to admit. */
  mayAdmit(node: NodeId): boolean
  isMember(node: NodeId): boolean
  isRemoved(node: NodeId): boolean
  /** A certificate with role cloud for that node, and what else it needs; nothing is written down. */
  certify(node: NodeId): Grant
  remove(node: NodeId): Promise<void>
  onChange(listener: () => void): () => void
}

/** What the links need of the mesh. */
export interface CloudRoads {
  addStaticAddress(address: string): void
  visit<Result>(
    address: string,
    protocol: string,
    limits: StreamLimits,
    talk: (stream: MessageStream) => Promise<Result>
  ): Promise<Result>
}

export interface CloudLinksComponents {
  journal: Pick<JournalAccess, 'append' | 'view'>
  clock: Clock
  random: Random
  members: CloudMembers
}

export interface CloudLinkState {
  node: NodeId
  addresses: string[]
  budgetBytes: number | null
  budgetMinutes: number | null
  /** What was used is counted under this name. */
  count: Uint8Array
  /** `open`: no device has reached it yet · `refused`: it said no · `member`: it has the room. */
  state: 'open' | 'refused' | 'member'
  /** Why it said no. */
  code?: string
  /** Tries of this device that failed. */
  failures: number
}

const REFUSALS: Record<Exclude<CloudLinkAnswer, 'LINKED' | 'BUSY'>, string> = {
  UNKNOWN_SECRET: 'CLOUD_SECRET_UNKNOWN',
  USED_UP: 'CLOUD_LINK_USED_UP',
  NOT_VALID: 'CLOUD_LINK_REFUSED',
  REFUSED: 'CLOUD_LINK_REFUSED',
  FULL: 'CLOUD_FULL'
}

interface Attempt {
  failures: number
  nextMs: number
  running: boolean
  refusal: string | undefined
  /** The addresses that the mesh dials by itself by now. */
  told: boolean
  /** Linked again here: it may have dropped the room meanwhile, and is asked although it is a member. */
  asksMember: boolean
  /** For the same cloud peer a new text makes a new attempt. */
  secret: string
}

export class CloudLinks {
  readonly #components: CloudLinksComponents
  readonly #facts: FoldView<CloudFacts>
  readonly #attempts = new Map<NodeId, Attempt>()
  readonly #cutOff: CutOff
  readonly #stopListening: (() => void)[] = []
  #mesh: CloudRoads | undefined
  #cancelTimer: (() => void) | undefined
  #stopped = false

  private constructor(components: CloudLinksComponents, facts: FoldView<CloudFacts>) {
    this.#components = components
    this.#facts = facts
    this.#cutOff = new CutOff(components.clock, this.unlinked())
    const update = (): void => this.#cutOff.update(this.unlinked())
    this.#stopListening.push(facts.onChange(update), components.members.onChange(update))
  }

  static async open(components: CloudLinksComponents): Promise<CloudLinks> {
    return new CloudLinks(components, await components.journal.view(cloudFold))
  }

  /** Begins to carry links out; once the mesh runs. */
  start(mesh: CloudRoads): void {
    this.#mesh = mesh
    this.#stopListening.push(
      this.#facts.onChange(() => this.#look()),
      this.#components.members.onChange(() => this.#look())
    )
    this.#look()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTimer?.()
    this.#cutOff.stop()
    for (const stop of this.#stopListening) stop()
  }

  /** Cloud peers that were unlinked and not linked again. */
  unlinked(): NodeId[] {
    return unlinkedOf(this.#facts.state, (author) => this.#components.members.mayAdmit(author))
  }

  /** Called when what the room says of its cloud peers has changed. */
  onChange(listener: () => void): () => void {
    return this.#facts.onChange(listener)
  }

  /** Lets in whom the room's own policy lets in, without those. */
  guard(policy: AdmissionPolicy): AdmissionPolicy {
    return this.#cutOff.guard(policy)
  }

  list(): CloudLinkState[] {
    const { members } = this.#components
    return this.#links().map(({ node, addresses, budgetBytes, budgetMinutes, count }) => {
      const attempt = this.#attempts.get(node)
      const isMember = members.isMember(node)
      const code = isMember ? undefined : attempt?.refusal
      return {
        ...{ node, addresses, budgetBytes, budgetMinutes, count },
        state: isMember ? 'member' : code === undefined ? 'open' : 'refused',
        ...(code === undefined ? {} : { code }),
        failures: isMember ? 0 : (attempt?.failures ?? 0)
      }
    })
  }

  /** Undefined: no cloud peer of the room. */
  get(node: NodeId): CloudLinkState | undefined {
    return this.list().find((link) => link.node === node)
  }

  /**
   * Writes down that the room is to be linked; carried out by whoever reaches the cloud peer. One that was unlinked comes back with what it has,
   * and what is used of its budget is counted from nothing.
   *
   * @throws JoineryError `CLOUD_LINK_MISTYPED`, `CLOUD_LINK_NEWER`, `CLOUD_LINK_REFUSED`, `NOT_ALLOWED_TO_ADMIT`, `BUSY`
   */
  async link(init: {
    text: string
    budgetBytes?: number | null
    budgetMinutes?: number | null
  }): Promise<CloudLinkState> {
    const { members, journal } = this.#components
    const { node, addresses, secret } = decodeCloudInvitation(init.text)
    if (!members.mayAdmit(members.self))
      throw new JoineryError('NOT_ALLOWED_TO_ADMIT', 'this device may not give the room to a cloud peer')
    if (members.isRemoved(node))
      throw new JoineryError('CLOUD_LINK_REFUSED', 'this cloud peer was unlinked from the room for good')
    const others = this.#links().filter((link) => link.node !== node)
    if (others.length >= MAX_CLOUDS) throw new JoineryError('BUSY', `a room has at most ${MAX_CLOUDS} cloud peers`)
    const { budgetBytes = null, budgetMinutes = null } = init
    const count = this.get(node)?.count ?? this.#newCount()
    await journal.append([
      cloudEntry({ kind: 'cloud-linked', node, addresses, secret, budgetBytes, budgetMinutes, count })
    ])
    const link = this.#links().find((one) => one.node === node)
    if (link) this.#askNow(link)
    this.#look()
    const made = this.get(node)
    if (!made) throw new JoineryError('INTERNAL', 'the link does not show')
    return made
  }

  /** A person wants it: whatever was answered before is old. */
  #askNow(link: CloudLinkedFact): void {
    const nowMs = this.#components.clock.monotonicMs()
    const attempt = this.#attempt(link, nowMs)
    attempt.asksMember = this.#components.members.isMember(link.node)
    if (!attempt.running) attempt.nextMs = nowMs
  }

  /**
   * Another budget for a link that exists.
   *
   * @param budget.again count what is used from nothing again, on every device
   * @throws JoineryError `CLOUD_UNKNOWN`
   */
  async setBudget(
    node: NodeId,
    budget: { budgetBytes: number | null; budgetMinutes: number | null; again?: boolean }
  ): Promise<void> {
    const { budgetBytes, budgetMinutes, again = false } = budget
    const link = this.#existing(node)
    const count = again ? this.#newCount() : link.count
    await this.#components.journal.append([cloudEntry({ ...link, budgetBytes, budgetMinutes, count })])
  }

  /**
   * Ends the link: it keeps what it has and gets nothing more, until it is linked again.
   *
   * @param options.forGood take it out of the members too: with this key it never comes back
   * @throws JoineryError `CLOUD_UNKNOWN`
   */
  async unlink(node: NodeId, options: { forGood: boolean }): Promise<void> {
    const { journal, members } = this.#components
    if (!(options.forGood && this.unlinked().includes(node))) this.#existing(node)
    await journal.append([cloudEntry({ kind: 'cloud-unlinked', node })])
    if (options.forGood && members.isMember(node)) await members.remove(node)
  }

  #existing(node: NodeId): CloudLinkedFact {
    const link = this.#links().find((one) => one.node === node)
    if (!link) throw new JoineryError('CLOUD_UNKNOWN', 'the room is not linked with that cloud peer')
    return link
  }

  #newCount(): Uint8Array {
    return this.#components.random.bytes(CLOUD_COUNT_BYTES)
  }

  #links(): CloudLinkedFact[] {
    return cloudLinksOf(this.#facts.state, (author) => this.#components.members.mayAdmit(author))
  }

  /** What is to be done now, and when to look again. */
  #look(): void {
    const { clock, members } = this.#components
    const mesh = this.#mesh
    if (this.#stopped || !mesh) return
    const nowMs = clock.monotonicMs()
    let nextMs = Number.POSITIVE_INFINITY
    const links = this.#links()
    for (const node of this.#attempts.keys()) if (!links.some((link) => link.node === node)) this.#attempts.delete(node)
    for (const link of links) {
      const attempt = this.#attempt(link, nowMs)
      if (members.isMember(link.node)) {
        this.#tellRoads(link, attempt, mesh)
        if (!attempt.asksMember) continue
      }
      // Only who may admit can sign for it; the others wait until one of those has been there.
      if (attempt.running || members.isRemoved(link.node) || !members.mayAdmit(members.self)) continue
      if (attempt.nextMs <= nowMs) void this.#carryOut(link, attempt, mesh)
      else nextMs = Math.min(nextMs, attempt.nextMs)
    }
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (nextMs < Number.POSITIVE_INFINITY) this.#cancelTimer = clock.after(nextMs - nowMs, () => this.#look())
  }

  #tellRoads({ node, addresses }: CloudLinkedFact, attempt: Attempt, mesh: CloudRoads): void {
    if (attempt.told) return
    attempt.told = true
    for (const address of addresses) mesh.addStaticAddress(`${address}/p2p/${node}`)
  }

  #attempt({ node, secret }: CloudLinkedFact, nowMs: number): Attempt {
    const key = Buffer.from(secret).toString('hex')
    const known = this.#attempts.get(node)
    if (known?.secret === key) return known
    const made = {
      failures: 0,
      nextMs: nowMs,
      running: false,
      refusal: undefined,
      told: known?.told ?? false,
      asksMember: false,
      secret: key
    }
    this.#attempts.set(node, made)
    return made
  }

  async #carryOut(link: CloudLinkedFact, attempt: Attempt, mesh: CloudRoads): Promise<void> {
    const { clock } = this.#components
    attempt.running = true
    let answer: CloudLinkAnswer | undefined
    for (const address of link.addresses) {
      try {
        answer = await mesh.visit(`${address}/p2p/${link.node}`, CLOUD_LINK_PROTOCOL, CLOUD_LINK_LIMITS, (stream) =>
          this.#ask(stream, link)
        )
        break
      } catch {
        // Not in reach by this address, or it broke on the way: the next one, and later all of them again.
      }
    }
    attempt.running = false
    const nowMs = clock.monotonicMs()
    if (answer === 'LINKED') {
      attempt.failures = 0
      attempt.refusal = undefined
      // The mesh meets it now; its membership is written down when it has shown its certificate.
      this.#tellRoads(link, attempt, mesh)
      attempt.asksMember = false
      attempt.nextMs = nowMs + LINK_RETRY_MOST_MS
    } else {
      attempt.failures++
      const isRefusal = answer !== undefined && answer !== 'BUSY'
      attempt.refusal = isRefusal ? REFUSALS[answer as keyof typeof REFUSALS] : undefined
      attempt.nextMs = nowMs + (isRefusal ? LINK_RETRY_REFUSED_MS : this.#backOff(attempt.failures))
    }
    this.#look()
  }

  async #ask(stream: MessageStream, { node, secret }: CloudLinkedFact): Promise<CloudLinkAnswer> {
    const { room, roomName, chain, ringKeys } = this.#components.members.certify(node)
    await stream.send(encodeCloudLinkRequest({ room, roomName, chain, ringKeys, secret }))
    const answer = await stream.receive()
    if (!answer) throw new JoineryError('CLOSED', 'the cloud peer did not answer')
    return decodeCloudLinkAnswer(answer)
  }

  #backOff(failures: number): number {
    const most = Math.min(LINK_RETRY_MOST_MS, LINK_RETRY_FIRST_MS * 2 ** Math.min(failures - 1, 10))
    return most * (0.5 + this.#components.random.fraction() / 2)
  }
}
