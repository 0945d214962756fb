/** The fold of topic `cloud`, and which cloud peers a room is to have: what a member with the right to admit said last of each. */

import type { CborValue } from '../../protocols/cbor.ts'
import { isWhole } from '../../protocols/certificate.ts'
import {
  CLOUD_TOPIC,
  type CloudFact,
  type CloudLinkedFact,
  cloudEntry,
  decodeCloudFact
} from '../../protocols/cloud-facts.ts'
import { compareStamps, type Fold, type Stamp } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { MAX_CLOUDS } from './limits.ts'

export interface StatedLink {
  fact: CloudFact
  author: NodeId
  stamp: Stamp
}

/** The last word of each author on each cloud peer: whose word counts may become another. */
export type CloudFacts = Map<string, StatedLink>

export const cloudFold: Fold<CloudFacts> = {
  name: 'cloud-links',
  version: 1,
  reads: (topic) => topic === CLOUD_TOPIC,
  empty: () => new Map(),
  apply(facts, entry) {
    const fact = decodeCloudFact(entry.kind, entry.body)
    if (!fact) return
    const { lamport, writer, number, index } = entry
    keepLast(facts, { fact, author: entry.node, stamp: { lamport, writer, number, index } })
  },
  save: (facts) =>
    [...facts.values()].map(({ fact, author, stamp: { lamport, writer, number, index } }) => {
      return [author, lamport, writer, number, index, fact.kind, cloudEntry(fact).body]
    }),
  load(saved) {
    if (!Array.isArray(saved)) throw new Error('not a snapshot of cloud links')
    const facts: CloudFacts = new Map()
    for (const one of saved) keepLast(facts, fromCbor(one))
    return facts
  }
}

/** Newest link first. @param counts whether a node may decide about cloud peers: a member that is none itself */
export function cloudLinksOf(facts: CloudFacts, counts: (author: NodeId) => boolean): CloudLinkedFact[] {
  return lastWords(facts, counts)
    .flatMap(({ fact }) => (fact.kind === 'cloud-linked' ? [fact] : []))
    .slice(0, MAX_CLOUDS)
}

/** Cloud peers that were unlinked and not linked again. One that came in with an invitation and was never linked is none of them. */
export function unlinkedOf(facts: CloudFacts, counts: (author: NodeId) => boolean): NodeId[] {
  return lastWords(facts, counts).flatMap(({ fact }) => (fact.kind === 'cloud-unlinked' ? [fact.node] : []))
}

/** On each cloud peer, the newest first. */
function lastWords(facts: CloudFacts, counts: (author: NodeId) => boolean): StatedLink[] {
  const last = new Map<NodeId, StatedLink>()
  for (const stated of facts.values()) {
    const known = last.get(stated.fact.node)
    if (counts(stated.author) && (!known || compareStamps(stated.stamp, known.stamp) > 0)) {
      last.set(stated.fact.node, stated)
    }
  }
  return [...last.values()].sort((a, b) => compareStamps(b.stamp, a.stamp))
}

function keepLast(facts: CloudFacts, stated: StatedLink): void {
  const key = `${stated.author} ${stated.fact.node}`
  const known = facts.get(key)
  if (!known || compareStamps(stated.stamp, known.stamp) > 0) facts.set(key, stated)
}

function fromCbor(value: CborValue): StatedLink {
  const [author, lamport, writer, number, index, kind, body] = Array.isArray(value) ? value : []
  const fact = typeof kind === 'string' ? decodeCloudFact(kind, body) : undefined
  const most = Number.MAX_SAFE_INTEGER
  if (!fact || typeof author !== 'string' || typeof writer !== 'string') throw new Error('not a cloud link')
  if (!isWhole(lamport, 0, most) || !isWhole(number, 0, most) || !isWhole(index, 0, most)) throw new Error('no stamp')
  return { fact, author, stamp: { lamport, writer, number, index } }
}
