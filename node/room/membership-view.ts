/**
 * Who is a member, who was removed, and which invitations still work: a pure function of the set of facts, in stamp order.
 *
 * 1. The founder (its chain is signed by the founding key itself) is a member. Whoever a member with the right to admit admitted is one too,
 *    as long as the token that its chain came by has uses left; uses are counted in stamp order. Repeated until nothing changes.
 * 2. A removal counts when its author was ever a member and it does not stand past the author's own cut. Removals are gone through in
 *    stamp order, so of two that exclude each other the earlier one counts. Of two cuts of one writer the higher counts.
 * 3. What a removed device wrote past its cut does not count; neither does an admission whose chain a removed device or a revoked token
 *    signed, unless a removal says that it was seen before (`keeps`).
 *
 * Known limit: a removed device that meets a member which has not heard of it can remove others there with a low lamport. That member then
 * refuses them, and so the removal that would put it right, until a person removes the thief there too. Nobody else is affected.
 *
 * Not by nearness to the founder: a rule by which the removal of the author that stands nearer wins, whatever the order, would mend that case
 * for devices further out and let a stolen founder's device undo its own removal in the whole room, for ever. Nor by votes of members: a thief
 * that holds one device with the right to admit makes as many members as it likes. The stamps cannot be trusted either, since it chooses its own.
 */
import { type ChainStep, RIGHT_ADMIT, type VerifiedChain } from '../../protocols/certificate.ts'
import { compareStamps, type Stamp, type WriterId } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { nodeIdOfPublicKey } from '../../protocols/node-id.ts'
import type {
  AdmittedFact,
  InvitedFact,
  JoinedFact,
  NodeSetting,
  NodeSettingFact,
  RemovedFact,
  RevokedFact,
  Role,
  RoomFact,
  RoomNamedFact
} from '../../protocols/room-facts.ts'
import type { ChainCheck } from './chain-check.ts'
import type { MembershipFacts, Stated } from './membership-facts.ts'

export interface Member {
  node: NodeId
  name: string
  role: Role
  /** Bits; see `RIGHT_ADMIT`. */
  rights: number
  /** By which it came in. */
  chain: VerifiedChain
  /** Undefined: the founder. */
  admittedBy?: NodeId
  settings: { [setting in NodeSetting]?: string | number | boolean }
}

interface Removal {
  node: NodeId
  /** Last accepted batch of each writer. */
  cuts: Map<WriterId, number>
  stolen: boolean
  by: NodeId[]
}

export interface TokenState {
  token: string
  label: string
  /** Null: no limit. */
  uses: number | null
  usedBy: NodeId[]
  revoked: boolean
  invitedBy?: NodeId
}

export interface MembershipView {
  members: Map<NodeId, Member>
  removed: Map<NodeId, Removal>
  tokens: Map<string, TokenState>
  /** Came in somewhere with a good chain; no member has written so yet. */
  candidates: Set<NodeId>
  /** Devices that were let in somewhere and do not belong: used-up, revoked or forged on the way. Nothing that they wrote counts. */
  unwelcome: Set<NodeId>
  roomName: string | undefined
  /** Why a chain of this device that is not a member's would not be let in; undefined when it would. */
  objection(chain: VerifiedChain): 'NOT_A_MEMBER' | 'INVITATION_USED_UP' | 'INVITATION_REVOKED' | undefined
}

interface Admission {
  node: NodeId
  stated: Stated<AdmittedFact>
  chain: VerifiedChain
}

interface Exclusions {
  removals: Map<NodeId, Removal>
  /** Per removed node or revoked token: who stays although its chain passes there. */
  keeps: Map<string, Set<NodeId>>
}

interface Admitted {
  rights: Map<NodeId, number>
  admission: Map<NodeId, Admission>
  usedBy: Map<string, Set<NodeId>>
}

export function viewMembership(facts: MembershipFacts, check: ChainCheck): MembershipView {
  const sorted = inStampOrder(facts.said())
  const joined = new Map(ofKind<JoinedFact>(sorted, 'joined').map((stated) => [stated.author, stated]))
  const admissions = ofKind<AdmittedFact>(sorted, 'admitted').flatMap((stated) => {
    const chain = check(stated.fact.chain)
    return chain && isFor(chain, stated.fact.node) ? [{ node: stated.fact.node, stated, chain }] : []
  })
  const founders = [...joined.values()].flatMap(({ author, fact }) => {
    const chain = check(fact.chain)
    return chain && isFor(chain, author) && chain.path.length === 1 ? [{ node: author, chain }] : []
  })
  const exclusions: Exclusions = { removals: new Map(), keeps: new Map() }
  let admitted = admit(founders, admissions, exclusions)

  for (const stated of sorted) {
    const { fact, author, stamp } = stated
    if (fact.kind !== 'removed' && fact.kind !== 'revoked') continue
    const mayRemove = ((admitted.rights.get(author) ?? 0) & RIGHT_ADMIT) !== 0
    const leaves = fact.kind === 'removed' && fact.node === author && admitted.rights.has(author)
    if (!(mayRemove || leaves) || isPastCut(exclusions.removals, author, stamp)) continue
    exclude(exclusions, fact, author)
    admitted = admit(founders, admissions, exclusions)
  }

  const founderChains = new Map(founders.map(({ node, chain }) => [node, chain]))
  const members = new Map<NodeId, Member>()
  for (const [node, rights] of admitted.rights) {
    if (exclusions.removals.has(node)) continue
    const admission = admitted.admission.get(node)
    const said = joined.get(node)
    const chain = admission?.chain ?? founderChains.get(node)
    if (!chain) continue
    members.set(node, {
      node,
      name: said?.fact.name ?? '',
      role: said?.fact.role ?? 'node',
      rights,
      chain,
      ...(admission ? { admittedBy: admission.stated.author } : {}),
      settings: {}
    })
  }
  const counts = (stated: Stated): boolean =>
    admitted.rights.has(stated.author) && !isPastCut(exclusions.removals, stated.author, stated.stamp)
  // A cloud peer is counted, and decides nothing about the room.
  const decides = (stated: Stated): boolean =>
    counts(stated) && ((admitted.rights.get(stated.author) ?? 0) & RIGHT_ADMIT) !== 0
  applySettings(members, facts.values(counts))
  const objection: MembershipView['objection'] = (chain) => objectionTo(chain, admitted, exclusions)
  return {
    members,
    removed: exclusions.removals,
    tokens: tokenStates(sorted, decides, admitted, exclusions),
    ...judgeOthers(joined, admissions, members, exclusions, objection, check),
    roomName: ofKind<RoomNamedFact>(inStampOrder(facts.values(decides)), 'room-named').at(-1)?.fact.name,
    objection
  }
}

/** Grows the set of members until nothing changes. Facts are in stamp order. */
function admit(
  founders: { node: NodeId; chain: VerifiedChain }[],
  admissions: Admission[],
  exclusions: Exclusions
): Admitted {
  const admitted: Admitted = { rights: new Map(), admission: new Map(), usedBy: new Map() }
  for (const { node, chain } of founders) admitted.rights.set(node, chain.rights)
  let open = admissions
  for (let grew = true; grew; ) {
    grew = false
    const left: Admission[] = []
    for (const admission of open) {
      const { node, stated, chain } = admission
      if (((admitted.rights.get(stated.author) ?? 0) & RIGHT_ADMIT) === 0) {
        left.push(admission)
        continue
      }
      if (isPastCut(exclusions.removals, stated.author, stated.stamp)) continue
      if (objectionTo(chain, admitted, exclusions)) continue
      for (const [token, user] of tokenUses(chain)) {
        const usedBy = admitted.usedBy.get(token.token) ?? new Set()
        usedBy.add(user)
        admitted.usedBy.set(token.token, usedBy)
      }
      const before = admitted.rights.get(node)
      if (before === undefined) admitted.admission.set(node, admission)
      if (before !== chain.rights) grew = true
      admitted.rights.set(node, (before ?? 0) | chain.rights)
    }
    open = left
    grew &&= open.length > 0
  }
  return admitted
}

function objectionTo(
  chain: VerifiedChain,
  admitted: Pick<Admitted, 'usedBy'>,
  exclusions: Exclusions
): ReturnType<MembershipView['objection']> {
  for (const [i, step] of chain.path.slice(0, -1).entries()) {
    const keeps = exclusions.keeps.get(step.kind === 'node' ? step.node : step.token)
    // Whoever stays vouches for what it signed itself, although its own certificate comes from there.
    if (!keeps || chain.path.slice(i + 1).some((later) => later.kind === 'node' && keeps.has(later.node))) continue
    return step.kind === 'node' ? 'NOT_A_MEMBER' : 'INVITATION_REVOKED'
  }
  for (const [{ token, uses }, user] of tokenUses(chain)) {
    const usedBy = admitted.usedBy.get(token)
    if (uses !== null && usedBy && usedBy.size >= uses && !usedBy.has(user)) return 'INVITATION_USED_UP'
  }
  return undefined
}

/** Each token of the chain and the device that used it: one that came in by a used-up invitation cannot invite others either. */
function* tokenUses(chain: VerifiedChain): Generator<[Extract<ChainStep, { kind: 'token' }>, NodeId]> {
  for (const [i, step] of chain.path.entries()) {
    const next = chain.path[i + 1]
    if (step.kind === 'token' && next?.kind === 'node') yield [step, next.node]
  }
}

function exclude(exclusions: Exclusions, fact: RemovedFact | RevokedFact, author: NodeId): void {
  if (fact.kind === 'revoked') {
    keep(exclusions, fact.token, fact.keeps)
    return
  }
  keep(exclusions, fact.node, fact.keeps)
  // The device itself was a member rightly, up to its cut.
  for (const token of fact.tokens) keep(exclusions, token, [...fact.keeps, fact.node])
  const known = exclusions.removals.get(fact.node)
  if (!known) {
    exclusions.removals.set(fact.node, { node: fact.node, cuts: new Map(fact.cuts), stolen: fact.stolen, by: [author] })
    return
  }
  known.stolen ||= fact.stolen
  // Who leaves names its own cut; once somebody else has named one, its own word does not raise it.
  const wasOwn = known.by.every((by) => by === fact.node)
  const isOwn = author === fact.node
  if (wasOwn && !isOwn) known.cuts = new Map(fact.cuts)
  else if (wasOwn === isOwn) {
    for (const [writer, number] of fact.cuts) known.cuts.set(writer, Math.max(number, known.cuts.get(writer) ?? -1))
  }
  if (!known.by.includes(author)) known.by.push(author)
}

function keep(exclusions: Exclusions, source: string, nodes: NodeId[]): void {
  const known = exclusions.keeps.get(source) ?? new Set()
  for (const node of nodes) known.add(node)
  exclusions.keeps.set(source, known)
}

function isPastCut(removals: Map<NodeId, Removal>, author: NodeId, stamp: Stamp): boolean {
  const removal = removals.get(author)
  return removal !== undefined && stamp.number > (removal.cuts.get(stamp.writer) ?? -1)
}

function applySettings(members: Map<NodeId, Member>, values: Iterable<Stated>): void {
  for (const stated of ofKind<NodeSettingFact>(inStampOrder(values), 'node-setting')) {
    const { node, setting, value } = stated.fact
    const member = members.get(node)
    if (!member) continue
    // A cloud peer sets only what is its own.
    const author = members.get(stated.author)
    if (stated.author !== node && author && (author.rights & RIGHT_ADMIT) === 0) continue
    member.settings[setting] = value
    if (setting === 'name' && typeof value === 'string') member.name = value
  }
}

function tokenStates(
  sorted: Stated[],
  counts: (stated: Stated) => boolean,
  admitted: Admitted,
  exclusions: Exclusions
): Map<string, TokenState> {
  const tokens = new Map<string, TokenState>()
  for (const { fact, author } of ofKind<InvitedFact>(sorted, 'invited').filter(counts)) {
    const { token, label, uses } = fact
    if (tokens.has(token)) continue
    const usedBy = [...(admitted.usedBy.get(token) ?? [])]
    // An invitation of a removed device lets nobody in any more.
    const revoked = exclusions.keeps.has(token) || exclusions.removals.has(author)
    tokens.set(token, { token, label, uses, usedBy, revoked, invitedBy: author })
  }
  return tokens
}

function judgeOthers(
  joined: Map<NodeId, Stated<JoinedFact>>,
  admissions: Admission[],
  members: Map<NodeId, Member>,
  exclusions: Exclusions,
  objection: MembershipView['objection'],
  check: ChainCheck
): Pick<MembershipView, 'candidates' | 'unwelcome'> {
  const unwelcome = new Set<NodeId>()
  const candidates = new Set<NodeId>()
  const judge = (node: NodeId, chain: VerifiedChain | undefined): void => {
    if (members.has(node) || exclusions.removals.has(node)) return
    if (chain && objection(chain) === undefined) candidates.add(node)
    else unwelcome.add(node)
  }
  for (const [node, { fact }] of joined) {
    const chain = check(fact.chain)
    judge(node, chain && isFor(chain, node) ? chain : undefined)
  }
  for (const { node, chain } of admissions) judge(node, chain)
  // One good chain is enough: a device may have come back with a new invitation.
  for (const node of candidates) unwelcome.delete(node)
  return { candidates, unwelcome }
}

function isFor(chain: VerifiedChain, node: NodeId): boolean {
  return chain.kind === 'node' && nodeIdOfPublicKey(chain.subject) === node
}

function inStampOrder<Fact extends RoomFact>(stated: Iterable<Stated<Fact>>): Stated<Fact>[] {
  return [...stated].sort((a, b) => compareStamps(a.stamp, b.stamp))
}

function ofKind<Fact extends RoomFact>(sorted: Stated[], kind: Fact['kind']): Stated<Fact>[] {
  return sorted.filter((stated): stated is Stated<Fact> => stated.fact.kind === kind)
}
