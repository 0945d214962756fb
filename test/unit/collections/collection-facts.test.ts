import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectionFold } from '../../../node/collections/collection-fold.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import { cidOfDigest } from '../../../protocols/cid.ts'
import {
  type HeadFact,
  headEntry,
  isPrefix,
  MAX_COPIES,
  MAX_LABEL_CHARACTERS,
  MAX_PARENTS,
  type PolicyFact,
  policyEntry,
  prefixCovers,
  readHead,
  readPolicy
} from '../../../protocols/collection-facts.ts'
import type { Entry, NewEntry } from '../../../protocols/journal.ts'
import { MAX_ROOT_BYTES } from '../../../protocols/manifest.ts'

const cid = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(cidOfDigest)
const head: fc.Arbitrary<HeadFact> = fc.record({
  manifest: fc.record({ cid, sizeBytes: fc.integer({ min: 1, max: MAX_ROOT_BYTES }) }),
  parents: fc.uniqueArray(cid, { maxLength: 4 }),
  collection: fc.constantFrom('lessons', 'pypi'),
  lamport: fc.integer({ min: 1, max: 1e6 }),
  author: fc.constantFrom('00'.repeat(8), 'ff'.repeat(8)),
  action: fc.constantFrom('import', 'remove', 'rollback'),
  label: fc.string({ maxLength: MAX_LABEL_CHARACTERS }),
  wallMs: fc.nat(),
  files: fc.nat(500_000),
  sizeBytes: fc.nat()
})
const policy: fc.Arbitrary<PolicyFact> = fc.record({
  collection: fc.constantFrom('lessons', 'pypi'),
  prefix: fc.constantFrom('', 'a', 'a/', 'a/b'),
  policy: fc.constantFrom(undefined, { kind: 'everywhere' }, { kind: 'on-demand' }, { kind: 'copies', copies: 3 })
})

test('facts come back from the wire as they were', () => {
  fc.assert(
    fc.property(head, policy, (one, other) => {
      expect(readHead(overWire(headEntry(one)))).toEqual(one)
      expect(readPolicy(overWire(policyEntry(other)))).toEqual(other)
    }),
    { numRuns: 1_000 }
  )
})

test('a head keeps its limits: at each it is read, one past it is not', () => {
  const [some] = fc.sample(head, { numRuns: 1, seed: 1 })
  const parents =
    fc.sample(fc.uniqueArray(cid, { minLength: MAX_PARENTS + 1, maxLength: MAX_PARENTS + 1 }), {
      numRuns: 1,
      seed: 2
    })[0] ?? []
  const reads = (change: Partial<HeadFact>): boolean =>
    readHead(headEntry({ ...(some as HeadFact), ...change })) !== undefined
  expect([reads({ parents: parents.slice(1) }), reads({ parents })]).toEqual([true, false])
  expect([
    reads({ label: 'x'.repeat(MAX_LABEL_CHARACTERS) }),
    reads({ label: 'x'.repeat(MAX_LABEL_CHARACTERS + 1) })
  ]).toEqual([true, false])
  const copies = (number: number): boolean =>
    readPolicy(policyEntry({ collection: 'a', prefix: '', policy: { kind: 'copies', copies: number } })) !== undefined
  expect([copies(0), copies(1), copies(MAX_COPIES), copies(MAX_COPIES + 1)]).toEqual([false, true, true, false])
})

describe('what another device wrote is read or left out, never an error (100,000 inputs each)', () => {
  const anything = fc.letrec<{ value: CborValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.string(),
      fc.uint8Array({ maxLength: 40 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 3, noNullPrototype: true })
    )
  })).value
  /** A good fact with one field that is something else. */
  const bent = (body: fc.Arbitrary<CborValue | undefined>): fc.Arbitrary<CborValue | undefined> =>
    fc
      .tuple(
        body,
        fc.nat(),
        fc.oneof({ weight: 1, arbitrary: fc.constant('drop') }, { weight: 4, arbitrary: anything })
      )
      .map(([good, at, value]) => {
        const fields = Object.entries(good as { [key: string]: CborValue })
        const [name = ''] = fields[at % fields.length] ?? []
        const rest = fields.filter(([key]) => key !== name)
        return Object.fromEntries(value === 'drop' ? rest : [...rest, [name, value]])
      })
  for (const [kind, good] of [
    ['head', head.map((one) => headEntry(one).body)],
    ['policy', policy.map((one) => policyEntry(one).body)]
  ] as const) {
    test(kind, () => {
      let read = 0
      const body = fc.oneof(
        { weight: 3, arbitrary: bent(good) },
        { weight: 1, arbitrary: fc.option(anything, { nil: undefined }) }
      )
      fc.assert(
        fc.property(body, fc.constantFrom(1, 1, 1, 2), (value, version) => {
          const entry = { kind, version, body: value }
          const fact = kind === 'head' ? readHead(entry) : readPolicy(entry)
          if (!fact) return
          read++
          // What is read can be said again, and then reads the same.
          const again = 'manifest' in fact ? readHead(headEntry(fact)) : readPolicy(policyEntry(fact))
          expect(again).toEqual(fact)
        }),
        { numRuns: 100_000 }
      )
      expect(read).toBeGreaterThan(100)
    })
  }
})

describe('the fold', () => {
  test('gives one state whatever the order and the repetitions, and comes back from its snapshot', () => {
    const entries = fc
      .array(fc.oneof(head.map(headEntry), policy.map(policyEntry)), { maxLength: 12 })
      .map((all) => all.map(asEntry))
    fc.assert(
      fc.property(entries, fc.infiniteStream(fc.nat()), (all, order) => {
        const state = collectionFold.empty()
        for (const entry of all) collectionFold.apply(state, entry)
        const other = collectionFold.empty()
        const shuffled = [...all, ...all.slice(0, 3)]
          .map((entry) => ({ entry, at: order.next().value }))
          .sort((a, b) => a.at - b.at)
        for (const { entry } of shuffled) collectionFold.apply(other, entry)
        expect(plain(other)).toEqual(plain(state))
        const saved = decodeCbor(encodeCbor(collectionFold.save(state)), 2 ** 20)
        expect(plain(collectionFold.load(saved))).toEqual(plain(state))
      }),
      { numRuns: 1_000 }
    )
  })

  test('keeps the policy with the highest stamp', () => {
    const fact = (copies: number): NewEntry =>
      policyEntry({ collection: 'a', prefix: '', policy: { kind: 'copies', copies } })
    const state = collectionFold.empty()
    for (const [copies, lamport] of [
      [2, 5],
      [3, 9],
      [4, 7]
    ] as const)
      collectionFold.apply(state, { ...asEntry(fact(copies), 0), lamport })
    expect(state.policies.get('a')?.get('')?.fact.policy).toEqual({ kind: 'copies', copies: 3 })
  })
})

test('a prefix is all, a file, or a folder', () => {
  for (const prefix of ['', 'a', 'a/', 'a/b', 'a/b/']) expect(isPrefix(prefix)).toBe(true)
  for (const prefix of ['/', '//', '../', 'a//', '/a', 'a\n']) expect(isPrefix(prefix)).toBe(false)
  expect(['a', 'a/', 'a/b', 'ab'].map((path) => prefixCovers('a/', path))).toEqual([false, true, true, false])
  expect(['a', 'a/b', 'ab'].map((path) => prefixCovers('a', path))).toEqual([true, true, false])
  expect(prefixCovers('', 'anything')).toBe(true)
})

function overWire({ kind, version, body }: NewEntry): Pick<Entry, 'kind' | 'version' | 'body'> {
  return { kind, version, body: decodeCbor(encodeCbor(body), 2 ** 16) }
}

function asEntry({ topic, kind, version, body }: NewEntry, index: number): Entry {
  return {
    topic,
    kind,
    version,
    body,
    critical: true,
    node: 'n',
    writer: 'w',
    number: 0,
    index,
    lamport: (index * 7) % 5
  }
}

function plain(state: ReturnType<typeof collectionFold.empty>): unknown {
  const sorted = <Value>(map: Map<string, Value>): [string, Value][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    heads: sorted(state.heads).map(([name, heads]) => [name, sorted(heads)]),
    policies: sorted(state.policies).map(([name, policies]) => [name, sorted(policies)])
  }
}
