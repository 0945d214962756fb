/**
 * The fold of topic `room`: it only collects what was said, by whom and where it stands. What that amounts to is worked out by
 * `membership-view.ts` from the whole set, so the order of arrival cannot matter. Plain data, kept in snapshots.
 */
import type { CborValue } from '../../protocols/cbor.ts'
import { hex, isWhole } from '../../protocols/certificate.ts'
import { compareStamps, type Fold, type Stamp, type WriterId } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { decodeRoomFact, encodeRoomFact, ROOM_TOPIC, type RoomFact } from '../../protocols/room-facts.ts'
import { stampOf } from '../../protocols/stamps.ts'

/** A fact, who wrote it and where it stands. */
export interface Stated<Fact extends RoomFact = RoomFact> {
  fact: Fact
  author: NodeId
  stamp: Stamp
}

/** Facts by what they are about and who says it: of those that say the same, one is kept. */
export type MembershipFacts = Map<string, Stated>

export const membershipFold: Fold<MembershipFacts> = {
  name: 'room-members',
  version: 2,
  // What a removed node wrote past its cut is judged by the view: hidden from it, a removal could hide the removal that hid it.
  seesHidden: true,
  reads: (topic) => topic === ROOM_TOPIC,
  empty: () => new Map(),
  apply(facts, entry) {
    const fact = decodeRoomFact(entry.kind, entry.body)
    if (!fact) return
    const stated: Stated = { fact, author: entry.node, stamp: stampOf(entry) }
    const key = keyOf(stated)
    const known = facts.get(key)
    if (!known || replaces(stated, known)) facts.set(key, stated)
    if (isRegister(fact)) keepNewest(facts, stated)
  },
  save: (facts) => [...facts.values()].map(toCbor),
  load: (saved) => {
    if (!Array.isArray(saved)) throw new Error('not a snapshot of members')
    const facts: MembershipFacts = new Map()
    for (const one of saved) {
      const stated = fromCbor(one)
      facts.set(keyOf(stated), stated)
    }
    return facts
  }
}

/**
 * Values of one register by one author. Not the newest alone: it may stand past the cut of an author that was removed, and then the one before it
 * counts, as on a device that never got to see the newest. So many are written between a removal and the moment when all have heard of it.
 */
export const KEPT_VALUES = 16

function isRegister({ kind }: RoomFact): boolean {
  return kind === 'node-setting' || kind === 'room-named'
}

function registerOf({ fact, author }: Stated): string {
  return fact.kind === 'node-setting' ? `setting ${author} ${fact.node} ${fact.setting}` : `named ${author}`
}

/** Which ones stay does not depend on the order in which they came. */
function keepNewest(facts: MembershipFacts, stated: Stated): void {
  const register = `${registerOf(stated)} `
  const values = [...facts].filter(([key]) => key.startsWith(register))
  if (values.length <= KEPT_VALUES) return
  const [oldest] = values.sort(([, a], [, b]) => compareStamps(a.stamp, b.stamp))
  if (oldest) facts.delete(oldest[0])
}

/** The view decides later whose values count. */
function keyOf({ fact, author, stamp }: Stated): string {
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
    case 'node-setting':
    case 'room-named':
      return `${registerOf({ fact, author, stamp })} ${stamp.writer} ${stamp.number} ${stamp.index}`
  }
}

/** Of registers the highest stamp stays; of what was said once and for all the lowest. */
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
