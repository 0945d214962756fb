/**
 * The fold of topic `room`: it only collects what was said, by whom and where it stands. What that amounts to is worked out by
 * `membership-view.ts` from the whole set, so the order of arrival cannot matter. Plain data, kept in snapshots.
 */
import type { CborValue } from '../../protocols/cbor.ts'
import { hex, isWhole } from '../../protocols/certificate.ts'
import { compareStamps, type Fold, type Stamp, type WriterId } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import {
  decodeRoomFact,
  encodeRoomFact,
  type JoinedFact,
  type NodeSettingFact,
  ROOM_TOPIC,
  type RoomFact,
  type RoomNamedFact
} from '../../protocols/room-facts.ts'
import { stampOf } from '../../protocols/stamps.ts'

/** A fact, who wrote it and where it stands. */
export interface Stated<Fact extends RoomFact = RoomFact> {
  fact: Fact
  author: NodeId
  stamp: Stamp
}

/**
 * Values of one register by one author. Not the newest alone: it may stand past the cut of an author that was removed, and then the one before it
 * counts, as on a device that never got to see the newest. So many are written between a removal and the moment when all have heard of it.
 */
export const KEPT_VALUES = 16

/** Facts by what they are about and who says it: of those that say the same, one is kept. */
export class MembershipFacts {
  readonly #said = new Map<string, Stated>()
  /** Values of each register by each author, oldest first. */
  readonly #registers = new Map<string, Stated[]>()

  add(stated: Stated): void {
    const { fact, author } = stated
    if (fact.kind === 'node-setting') this.#addValue(`setting ${author} ${fact.node} ${fact.setting}`, stated)
    else if (fact.kind === 'room-named') this.#addValue(`named ${author}`, stated)
    else {
      const key = keyOf(fact, stated)
      const known = this.#said.get(key)
      if (!known || replaces(stated, known)) this.#said.set(key, stated)
    }
  }

  /** Which ones stay does not depend on the order in which they came. */
  #addValue(register: string, stated: Stated): void {
    const values = this.#registers.get(register) ?? []
    const at = values.findLastIndex((one) => compareStamps(one.stamp, stated.stamp) <= 0)
    const before = values[at]
    if (before && compareStamps(before.stamp, stated.stamp) === 0) return
    values.splice(at + 1, 0, stated)
    if (values.length > KEPT_VALUES) values.shift()
    this.#registers.set(register, values)
  }

  /** What a device says of itself. */
  joined(node: NodeId): JoinedFact | undefined {
    return this.#said.get(`joined ${node}`)?.fact as JoinedFact | undefined
  }

  /** All but values of registers. */
  said(): Iterable<Stated<SaidFact>> {
    return this.#said.values() as Iterable<Stated<SaidFact>>
  }

  /** Of each register and author the newest value that counts. */
  *values(counts: (stated: Stated) => boolean): Generator<Stated<RegisterFact>> {
    for (const values of this.#registers.values()) {
      const newest = values.findLast(counts)
      if (newest) yield newest as Stated<RegisterFact>
    }
  }

  *all(): Generator<Stated> {
    yield* this.#said.values()
    for (const values of this.#registers.values()) yield* values
  }
}

type RegisterFact = NodeSettingFact | RoomNamedFact
type SaidFact = Exclude<RoomFact, RegisterFact>

export const membershipFold: Fold<MembershipFacts> = {
  name: 'room-members',
  version: 2,
  // What a removed node wrote past its cut is judged by the view: hidden from it, a removal could hide the removal that hid it.
  seesHidden: true,
  reads: (topic) => topic === ROOM_TOPIC,
  empty: () => new MembershipFacts(),
  apply(facts, entry) {
    const fact = decodeRoomFact(entry.kind, entry.body)
    if (fact) facts.add({ fact, author: entry.node, stamp: stampOf(entry) })
  },
  save: (facts) => [...facts.all()].map(toCbor),
  load: (saved) => {
    if (!Array.isArray(saved)) throw new Error('not a snapshot of members')
    const facts = new MembershipFacts()
    for (const one of saved) facts.add(fromCbor(one))
    return facts
  }
}

/** The view decides later whose values count. */
function keyOf(fact: SaidFact, { author, stamp }: Stated): string {
  switch (fact.kind) {
    case 'joined':
      return `joined ${author}`
    case 'admitted':
      // Another chain is another admission: a device may come back with a new invitation. Its end is the last signature.
      return `admitted ${author} ${fact.node} ${hex(fact.chain.subarray(-16))}`
    case 'invited':
    case 'revoked':
      return `${fact.kind} ${author} ${fact.token}`
    case 'removed':
      return `removed ${stamp.writer} ${stamp.number} ${stamp.index}`
  }
}

/** Of what a device says of itself the highest stamp stays; of what was said once and for all the lowest. */
function replaces(stated: Stated, known: Stated): boolean {
  const order = compareStamps(stated.stamp, known.stamp)
  const { kind } = stated.fact
  return kind === 'joined' ? order > 0 : order < 0
}

function toCbor({ fact, author, stamp }: Stated): CborValue {
  return [fact.kind, encodeRoomFact(fact), author, stamp.lamport, stamp.writer, stamp.number, stamp.index]
}

function fromCbor(value: CborValue): Stated {
  if (!Array.isArray(value) || value.length !== 7) throw new Error('not a stated fact')
  const [kind, body, author, lamport, writer, number, index] = value
  const fact = typeof kind === 'string' ? decodeRoomFact(kind, body) : undefined
  const most = Number.MAX_SAFE_INTEGER
  if (!fact || typeof author !== 'string' || typeof writer !== 'string') throw new Error('not a stated fact')
  if (!isWhole(lamport, 0, most) || !isWhole(number, 0, most) || !isWhole(index, 0, most))
    throw new Error('not a stated fact')
  return { fact, author, stamp: { lamport, writer: writer as WriterId, number, index } }
}
