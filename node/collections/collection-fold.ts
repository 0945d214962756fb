import type { CborValue } from '../../protocols/cbor.ts'
import type { Cid } from '../../protocols/cid.ts'
import {
  COLLECTIONS_TOPIC,
  type HeadFact,
  headEntry,
  type PolicyFact,
  policyEntry,
  readHead,
  readPolicy
} from '../../protocols/collection-facts.ts'
import { compareStamps, type Fold, type Stamp } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { loadStamp, type SavedStamp, saveStamp, stampOf } from '../../protocols/stamps.ts'

/** One revision as its head entry tells of it. */
export interface KnownHead {
  fact: HeadFact
  stamp: Stamp
  node: NodeId
}

export interface KnownPolicy {
  fact: PolicyFact
  stamp: Stamp
}

export interface CollectionsState {
  /** By collection, then by manifest. Heads are never forgotten: a late one must not look open. */
  heads: Map<string, Map<Cid, KnownHead>>
  /** By collection, then by prefix. */
  policies: Map<string, Map<string, KnownPolicy>>
}

export const collectionFold: Fold<CollectionsState> = {
  name: 'collections',
  version: 1,
  reads: (topic) => topic === COLLECTIONS_TOPIC,
  empty: () => ({ heads: new Map(), policies: new Map() }),
  apply(state, entry) {
    const head = readHead(entry)
    if (head) addHead(state, { fact: head, stamp: stampOf(entry), node: entry.node })
    const policy = readPolicy(entry)
    if (policy) addPolicy(state, { fact: policy, stamp: stampOf(entry) })
  },
  save(state) {
    const heads = [...state.heads.values()].flatMap((one) => [...one.values()])
    const policies = [...state.policies.values()].flatMap((one) => [...one.values()])
    return [
      heads.map(({ fact, stamp, node }) => [saveStamp(stamp), node, headEntry(fact).body]),
      policies.map(({ fact, stamp }) => [saveStamp(stamp), policyEntry(fact).body])
    ]
  },
  load(saved) {
    const state = this.empty()
    const [heads, policies] = saved as [[SavedStamp, NodeId, CborValue][], [SavedStamp, CborValue][]]
    for (const [stamp, node, body] of heads) {
      const fact = readHead({ kind: 'head', version: 1, body })
      if (fact) addHead(state, { fact, stamp: loadStamp(stamp), node })
    }
    for (const [stamp, body] of policies) {
      const fact = readPolicy({ kind: 'policy', version: 1, body })
      if (fact) addPolicy(state, { fact, stamp: loadStamp(stamp) })
    }
    return state
  }
}

function addHead(state: CollectionsState, head: KnownHead): void {
  const heads = within(state.heads, head.fact.collection)
  const before = heads.get(head.fact.manifest.cid)
  // One manifest is announced once; if not, the first counts everywhere.
  if (!before || compareStamps(head.stamp, before.stamp) < 0) heads.set(head.fact.manifest.cid, head)
}

function addPolicy(state: CollectionsState, policy: KnownPolicy): void {
  const policies = within(state.policies, policy.fact.collection)
  const before = policies.get(policy.fact.prefix)
  if (!before || compareStamps(policy.stamp, before.stamp) > 0) policies.set(policy.fact.prefix, policy)
}

function within<Key, Value>(outer: Map<string, Map<Key, Value>>, name: string): Map<Key, Value> {
  let inner = outer.get(name)
  if (!inner) {
    inner = new Map()
    outer.set(name, inner)
  }
  return inner
}
