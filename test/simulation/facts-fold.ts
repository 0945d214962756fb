/**
 * What the simulated room agrees on: registers, a growing set, and the blobs to keep. Run by the real fold machinery of the journal;
 * `expectedFacts` says independently what must come out.
 */
import type { CborValue } from '../../protocols/cbor.ts'
import type { PlacementPolicy } from '../../protocols/content.ts'
import {
  compareStamps,
  type Entry,
  type EntryMerger,
  type Fold,
  type Registers,
  type Stamp
} from '../../protocols/journal.ts'

export const TOPIC = 'facts'
export const KINDS: ReadonlyMap<string, number> = new Map([
  ['set', 1],
  ['put', 1],
  ['add', 1],
  ['blob', 1],
  ['many', 1]
])

export interface KeptBlob {
  cid: string
  sizeBytes: number
  pieces: string | undefined
  policy: PlacementPolicy
}

export interface Facts {
  registers: Map<string, { value: number; stamp: Stamp }>
  added: Set<number>
  blobs: Map<string, KeptBlob>
}

export const factsFold: Fold<Facts> = {
  name: 'simulated-facts',
  version: 1,
  reads: (topic) => topic === TOPIC,
  empty: () => ({ registers: new Map(), added: new Set(), blobs: new Map() }),
  apply(state, entry) {
    if (entry.kind === 'many') {
      for (const fact of factsIn(entry)) factsFold.apply(state, fact)
      return
    }
    const body = entry.body as { [key: string]: CborValue } | undefined
    // Said again in a merged entry.
    if (!body) return
    if (entry.kind === 'add') state.added.add(body.id as number)
    if (entry.kind === 'blob') state.blobs.set(body.cid as string, blobOf(body))
    if (entry.kind !== 'set' && entry.kind !== 'put') return
    const key = body.key as string
    const { lamport, writer, number, index } = entry
    const stamp = { lamport, writer, number, index }
    const held = state.registers.get(key)
    if (!held || compareStamps(held.stamp, stamp) < 0) state.registers.set(key, { value: body.id as number, stamp })
  },
  save: ({ registers, added, blobs }) => [
    [...registers].map(([key, { value, stamp }]) => [
      key,
      value,
      stamp.lamport,
      stamp.writer,
      stamp.number,
      stamp.index
    ]),
    [...added],
    [...blobs.values()].map(({ cid, sizeBytes, pieces, policy }) => [cid, sizeBytes, pieces ?? null, copiesOf(policy)])
  ],
  load(saved) {
    const [registers, added, blobs] = saved as [
      [string, number, number, string, number, number][],
      number[],
      [string, number, string | null, number][]
    ]
    return {
      registers: new Map(
        registers.map(([key, value, lamport, writer, number, index]) => [
          key,
          { value, stamp: { lamport, writer, number, index } }
        ])
      ),
      added: new Set(added),
      blobs: new Map(
        blobs.map(([cid, sizeBytes, pieces, copies]) => [
          cid,
          { cid, sizeBytes, pieces: pieces ?? undefined, policy: policyOf(copies) }
        ])
      )
    }
  }
}

/** Old facts of one node in one entry, each with its place, since registers are decided by stamps. */
export const factsMerger: EntryMerger = {
  covers: (topic, kind) => topic === TOPIC && (kind === 'set' || kind === 'add'),
  merges: (kind) => kind === 'many',
  mayMerge: () => true,
  async merge(topic, entries) {
    const { writer } = entries[0] as Entry
    const facts = entries.map(({ kind, lamport, number, index, body }) => {
      const { id, key = null } = body as { [key: string]: CborValue }
      return [kind, id as CborValue, key, lamport, number, index]
    })
    return [{ topic, kind: 'many', version: 1, body: { writer, facts } }]
  },
  spokenFor(_kind, body) {
    const { writer, facts } = body as { writer: string; facts: [string, number, string, number, number, number][] }
    const [, , , lamport, number, index] = facts.at(-1) as [string, number, string, number, number, number]
    return { writer, lamport, number, index }
  }
}

/** Not merged: a value of these goes when its device has put a newer one. */
export const factsRegisters: Registers = {
  reads: (topic) => topic === TOPIC,
  covers: (topic, kind) => topic === TOPIC && kind === 'put',
  registerOf: (_topic, _kind, body) => (body as { key: string }).key
}

/** What a merged entry says, as the entries that it stands for; of any other entry itself. */
export function factsIn(entry: Entry): Entry[] {
  if (entry.kind !== 'many') return entry.body === undefined ? [] : [entry]
  const { writer, facts } = entry.body as {
    writer: string
    facts: [kind: string, id: number, key: string | null, lamport: number, number: number, index: number][]
  }
  return facts.map(([kind, id, key, lamport, number, index]) => {
    const body = key === null ? { id, pad: PAD } : { id, key, pad: PAD }
    return { ...entry, writer, kind, lamport, number, index, body }
  })
}

/** So that merging is worth it. */
export const PAD = 'what somebody typed '.repeat(8)

/** The body of a `blob` entry. */
export function blobBody({ cid, sizeBytes, pieces, policy }: KeptBlob, id: number): CborValue {
  return { id, cid, sizeBytes, pieces: pieces ?? null, copies: copiesOf(policy) }
}

function blobOf(body: { [key: string]: CborValue }): KeptBlob {
  return {
    cid: body.cid as string,
    sizeBytes: body.sizeBytes as number,
    pieces: (body.pieces as string | null) ?? undefined,
    policy: policyOf(body.copies as number)
  }
}

/** 0 = everywhere. */
function copiesOf(policy: PlacementPolicy): number {
  return policy.kind === 'copies' ? policy.copies : 0
}

function policyOf(copies: number): PlacementPolicy {
  return copies === 0 ? { kind: 'everywhere' } : { kind: 'copies', copies }
}

/** Plain text of a state, equal exactly when the states are. */
export function factsText({ registers, added, blobs }: Facts): string {
  return JSON.stringify([
    [...registers].map(([key, { value }]) => `${key}=${value}`).sort(),
    [...added].sort((a, b) => a - b),
    [...blobs.keys()].sort()
  ])
}

/** What the entries mean, told in order: the last word on a register counts. No stamp is compared here. */
export function expectedFacts(inOrder: readonly Entry[]): string {
  const registers = new Map<string, number>()
  const added = new Set<number>()
  const blobs = new Set<string>()
  for (const entry of inOrder) {
    const body = entry.body as { [key: string]: CborValue }
    if (entry.kind === 'set' || entry.kind === 'put') registers.set(body.key as string, body.id as number)
    if (entry.kind === 'add') added.add(body.id as number)
    if (entry.kind === 'blob') blobs.add(body.cid as string)
  }
  return JSON.stringify([
    [...registers].map(([key, value]) => `${key}=${value}`).sort(),
    [...added].sort((a, b) => a - b),
    [...blobs].sort()
  ])
}
