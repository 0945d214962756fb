/** The merge of one line as algebra: states that can really come about, in every order. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeLine } from '../../../node/collections/merged-lines.ts'
import type { Author } from '../../../protocols/manifest.ts'
import type { LineVersion } from '../../../protocols/manifest-shard.ts'
import { someCid } from './manifest-samples.ts'

/** What one replica knows: the revisions, and the versions of the path that are left. */
interface State {
  vector: ReadonlyMap<Author, number>
  versions: LineVersion[]
}

const AUTHORS: Author[] = ['aa', 'bb', 'cc', 'dd'].map((pair) => pair.repeat(8))

type Step = { kind: 'write'; replica: number; remove: boolean } | { kind: 'merge'; into: number; from: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), replica: fc.nat(3), remove: fc.boolean() }),
  fc.record({ kind: fc.constant('merge' as const), into: fc.nat(3), from: fc.nat(3) })
)
const states = fc.array(step, { maxLength: 20 }).map(run)

function run(steps: readonly Step[]): State[] {
  const replicas: State[] = AUTHORS.map(() => ({ vector: new Map(), versions: [] }))
  for (const [i, one] of steps.entries()) {
    if (one.kind === 'merge') {
      replicas[one.into] = merge(replicas[one.into] as State, replicas[one.from] as State)
      continue
    }
    const { vector } = replicas[one.replica] as State
    const lamport = 1 + Math.max(0, ...vector.values())
    const author = AUTHORS[one.replica] as Author
    const file = one.remove ? undefined : { cid: someCid(i), sizeBytes: i, details: {} }
    replicas[one.replica] = { vector: new Map([...vector, [author, lamport]]), versions: [{ lamport, author, file }] }
  }
  return replicas
}

function merge(...all: State[]): State {
  const vector = new Map<Author, number>()
  for (const one of all)
    for (const [author, known] of one.vector) vector.set(author, Math.max(known, vector.get(author) ?? 0))
  const sides = all.map((one) => ({
    manifest: { root: one },
    line: one.versions.length > 0 ? { path: 'p', versions: one.versions } : undefined
  }))
  return { vector, versions: mergeLine('p', sides)?.versions ?? [] }
}

function plain({ vector, versions }: State): unknown {
  return { vector: [...vector].sort(), versions }
}

test('it does not matter in which order, how often or in which groups replicas merge', () => {
  fc.assert(
    fc.property(states, ([a, b, c, d]) => {
      if (!a || !b || !c || !d) throw new Error('four replicas')
      expect(plain(merge(a, b))).toEqual(plain(merge(b, a)))
      expect(plain(merge(a, a))).toEqual(plain(a))
      expect(plain(merge(merge(a, b), b))).toEqual(plain(merge(a, b)))
      const all = plain(merge(a, b, c, d))
      expect(plain(merge(merge(a, b), merge(c, d)))).toEqual(all)
      expect(plain(merge(d, merge(c, merge(b, a))))).toEqual(all)
      expect(plain(merge(merge(merge(a, c), d), b))).toEqual(all)
    }),
    { numRuns: 3_000 }
  )
})

test('what is shown is the newest; at the same time bytes before a removal, and then the author decides', () => {
  const state = (author: number, lamport: number, removed = false): State => {
    const name = AUTHORS[author] as Author
    const file = removed ? undefined : { cid: someCid(author), sizeBytes: author, details: {} }
    return { vector: new Map([[name, lamport]]), versions: [{ lamport, author: name, file }] }
  }
  const shown = (...all: State[]): unknown => merge(...all).versions.map(({ file }) => file?.sizeBytes ?? 'removed')
  expect(shown(state(0, 2), state(1, 3), state(2, 1))).toEqual([1, 0, 2])
  expect(shown(state(0, 2), state(1, 3, true))).toEqual(['removed', 0])
  expect(shown(state(0, 3), state(1, 3, true))).toEqual([0, 'removed'])
  expect(shown(state(0, 3), state(1, 3), state(3, 3))).toEqual([3, 1, 0])
})
