/** The ref log folded: the same on every device, and nothing that somebody pushed is out of reach. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RefLogs, refFold } from '../../../node/git/agreement/ref-fold.ts'
import { visibleRefs } from '../../../node/git/agreement/visible-refs.ts'
import { decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import type { ObjectId, RefName } from '../../../protocols/git.ts'
import {
  encodeRefsChanged,
  REFS_CHANGED_KIND,
  type RefsChanged,
  repositoryTopic
} from '../../../protocols/git-facts.ts'
import type { Entry } from '../../../protocols/journal.ts'

const ID = 'ab'.repeat(16)
const MAIN = 'refs/heads/main'

function oid(letter: string): ObjectId {
  return Buffer.from(letter.padEnd(20, '.')).toString('hex')
}

interface Side {
  writer: string
  from: string
  side: 'home' | 'local'
  epoch: number
}

const HOME: Side = { writer: 'aa', from: 'pi-1', side: 'home', epoch: 1 }
const AWAY: Side = { writer: 'bb', from: 'pi-2', side: 'local', epoch: 1 }
const NEXT: Side = { writer: 'cc', from: 'pi-3', side: 'home', epoch: 2 }

type Change = [ref: RefName, old: string | undefined, now: string | undefined]

/** Lamport and number are the place in time. */
function push(side: Side, lamport: number, changes: Change[], more: Partial<RefsChanged> = {}): Entry {
  const { writer, ...told } = side
  const object = (letter: string | undefined): ObjectId | undefined => (letter === undefined ? undefined : oid(letter))
  const body = encodeRefsChanged({
    changes: changes.map(([ref, old, now]) => ({ ref, old: object(old), new: object(now) })),
    ...{ covers: [], brings: [], dropped: [], by: 'cd'.repeat(16) },
    ...told,
    ...more
  })
  const topic = repositoryTopic(ID)
  return {
    ...{ writer, number: lamport, index: 0, lamport, node: `node-${writer}`, topic },
    ...{ kind: REFS_CHANGED_KIND, version: 1, critical: true, body }
  }
}

function fold(entries: readonly Entry[]): RefLogs {
  const state = refFold.empty()
  for (const entry of entries) refFold.apply(state, entry)
  return state
}

/** `{ main: 'b', 'main-from-pi-2': 'c' }` */
function shown(entries: readonly Entry[]): Record<string, string> {
  const refs = visibleRefs(fold(entries).get(ID))
  const lines = [...refs].map(([ref, { object }]) => {
    const letters = Buffer.from(object, 'hex').toString()
    return [ref.replace(/^refs\/(?:heads\/)?/, ''), letters.replaceAll('.', '')] as const
  })
  return Object.fromEntries(lines.sort())
}

describe('branches as everybody sees them', () => {
  const start = push(HOME, 1, [[MAIN, undefined, 'a']])

  test('a push after a push moves the branch', () => {
    expect(shown([start, push(AWAY, 2, [[MAIN, 'a', 'b']])])).toEqual({ main: 'b' })
  })

  test('what the home took stays on the branch, the other tip stands beside it, whatever came later', () => {
    const both = [start, push(HOME, 2, [[MAIN, 'a', 'b']]), push(AWAY, 9, [[MAIN, 'a', 'c']])]
    expect(shown(both)).toEqual({ main: 'b', 'main-from-pi-2': 'c' })
  })

  test('of two homes the one with the higher epoch is right', () => {
    const both = [start, push(HOME, 9, [[MAIN, 'a', 'b']]), push(NEXT, 2, [[MAIN, 'a', 'c']])]
    expect(shown(both)).toEqual({ main: 'c', 'main-from-pi-1': 'b' })
  })

  test('a merge takes the other tip in, and its name goes', () => {
    const both = [start, push(HOME, 2, [[MAIN, 'a', 'b']]), push(AWAY, 2, [[MAIN, 'a', 'c']])]
    const merged = push(HOME, 3, [[MAIN, 'b', 'd']], { covers: [{ ref: MAIN, object: oid('c') }] })
    expect(shown([...both, merged])).toEqual({ main: 'd' })
  })

  test('a tip that another one contains is no rival, not even the one of the home', () => {
    const [mine, roamed] = [
      push(HOME, 5, [[MAIN, 'a', 'b']]),
      push(AWAY, 2, [[MAIN, 'a', 'c']], { brings: [{ ref: MAIN, object: oid('b') }] })
    ]
    expect(shown([start, mine, roamed])).toEqual({ main: 'c' })
    const further = push(AWAY, 3, [[MAIN, 'c', 'd']])
    expect(shown([start, mine, roamed, further])).toEqual({ main: 'd' })
    // Forced back to it: now it stands for itself.
    const back = push(AWAY, 6, [[MAIN, 'd', 'b']], { dropped: [oid('d')] })
    expect(shown([start, mine, roamed, further, back])).toEqual({ main: 'b' })
  })

  test('two devices that say that each contains the other leave one of them', () => {
    const lies = [
      push(HOME, 2, [[MAIN, undefined, 'b']], { brings: [{ ref: MAIN, object: oid('c') }] }),
      push(AWAY, 2, [[MAIN, undefined, 'c']], { brings: [{ ref: MAIN, object: oid('b') }] })
    ]
    expect(shown(lies)).toEqual({ main: 'b' })
  })

  test('a deletion takes what its author saw, and nothing that was pushed elsewhere meanwhile', () => {
    const gone = push(HOME, 5, [[MAIN, 'a', undefined]], { dropped: [oid('a')] })
    expect(shown([start, gone])).toEqual({})
    expect(shown([start, gone, push(AWAY, 2, [[MAIN, 'a', 'b']])])).toEqual({ main: 'b' })
  })

  test('what a forced push or a deletion did away with is kept', () => {
    const forced = push(HOME, 2, [[MAIN, 'a', 'b']], { dropped: [oid('a')] })
    expect([...(fold([start, forced]).get(ID)?.dropped.keys() ?? [])]).toEqual([oid('a')])
  })

  test('a change of a value to itself is none', () => {
    expect(shown([start, push(HOME, 2, [[MAIN, 'a', 'a']])])).toEqual({ main: 'a' })
  })

  test('tags that differ stand beside each other too', () => {
    const tag = 'refs/tags/v1'
    const both = [push(HOME, 1, [[tag, undefined, 'a']]), push(AWAY, 1, [[tag, undefined, 'b']])]
    expect(shown(both)).toEqual({ 'tags/v1': 'a', 'tags/v1-from-pi-2': 'b' })
  })

  test('names that git has not beside each other: the loser gets another one', () => {
    const made = [
      push(HOME, 1, [['refs/heads/feature', undefined, 'a']]),
      push(AWAY, 1, [['refs/heads/feature/x', undefined, 'b']])
    ]
    expect(shown(made)).toEqual({ feature: 'a', 'feature-x-from-pi-2': 'b' })
    const deep = [
      push(HOME, 1, [['refs/heads/feature/x', undefined, 'a']]),
      push(AWAY, 1, [['refs/heads/feature', undefined, 'b']])
    ]
    expect(shown(deep)).toEqual({ 'feature-from-pi-2': 'b', 'feature/x': 'a' })
  })

  test('a name that somebody else has already is never taken from them', () => {
    const both = [push(HOME, 2, [[MAIN, 'a', 'b']]), push(AWAY, 2, [[MAIN, 'a', 'c']])]
    const names = ['main-from-pi-2', `main-from-pi-2-${oid('c').slice(0, 7)}`, `${oid('c')}-from-pi-2`]
    const squatters = names.map((name, at) => push(HOME, 3 + at, [[`refs/heads/${name}`, undefined, 'z']]))
    const refs = shown([start, ...both, ...squatters])
    expect(Object.keys(refs)).toHaveLength(5)
    expect(Object.values(refs)).toContain('c')
  })

  test('a long name with our ending is still one that git takes', () => {
    const long = `refs/heads/${'x'.repeat(185)}`
    const both = [push(HOME, 1, [[long, undefined, 'a']]), push(AWAY, 1, [[long, undefined, 'b']])]
    const refs = visibleRefs(fold(both).get(ID))
    expect(refs.size).toBe(2)
    for (const ref of refs.keys()) expect(ref.length).toBeLessThanOrEqual(200)
  })
})

/** Devices with a view of their own that push what a git would take, and now and then hear everything from another one. */
function history(steps: readonly Step[]): {
  entries: Entry[]
  pushed: Set<ObjectId>
  parents: Map<ObjectId, ObjectId[]>
} {
  const sides = [HOME, AWAY, NEXT]
  const seen = sides.map(() => new Set<Entry>())
  const parents = new Map<ObjectId, ObjectId[]>()
  const contains = (tip: ObjectId, other: ObjectId): boolean =>
    tip === other || (parents.get(tip) ?? []).some((one) => contains(one, other))
  const pushed = new Set<ObjectId>()
  let made = 0
  for (const { who, what, ref, other } of steps) {
    const mine = seen[who % 3] ?? new Set()
    const side = sides[who % 3] ?? HOME
    if (what === 'hear') {
      for (const entry of seen[other % 3] ?? []) mine.add(entry)
      continue
    }
    const log = fold([...mine]).get(ID)
    const visible = visibleRefs(log)
    const stands = visible.get(ref)
    if (stands && stands.branch !== ref) continue
    if (!stands && [...visible.keys()].some((one) => one.startsWith(`${ref}/`) || ref.startsWith(`${one}/`))) continue
    const old = stands?.object
    if (what === 'delete' && old === undefined) continue
    const now = what === 'delete' ? undefined : oid(`c${made++}`)
    const merges = what === 'merge' ? [...visible.values()].filter(({ branch }) => branch === ref) : []
    if (now !== undefined)
      parents.set(
        now,
        what === 'force' || old === undefined ? [] : [...new Set([old, ...merges.map((one) => one.object)])]
      )
    const lamport = 1 + Math.max(0, ...[...mine].map((entry) => entry.lamport))
    const dropped = old !== undefined && (now === undefined || !contains(now, old)) ? [old] : []
    const covers = merges.filter(({ object }) => object !== old).map(({ object }) => ({ ref, object }))
    const more = { changes: [{ ref, old, new: now }], covers, dropped }
    mine.add(push(side, lamport, [], more))
    if (now !== undefined) pushed.add(now)
  }
  return { entries: [...new Set(seen.flatMap((one) => [...one]))], pushed, parents }
}

interface Step {
  who: number
  what: 'push' | 'force' | 'delete' | 'merge' | 'hear'
  ref: RefName
  other: number
}

const stepsOf: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    who: fc.nat(2),
    what: fc.constantFrom('push', 'push', 'force', 'delete', 'merge', 'hear'),
    ref: fc.constantFrom(MAIN, MAIN, 'refs/heads/feature', 'refs/heads/feature/x', 'refs/tags/v1'),
    other: fc.nat(2)
  }),
  { maxLength: 25 }
)

test('any order, with entries twice and a stop between two of them: the same branches', () => {
  fc.assert(
    fc.property(stepsOf, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (steps, chance) => {
      const { entries } = history(steps)
      const next = (): number => chance.next().value
      const shuffled = [...entries, ...entries.filter(() => next() < 0.3)]
        .map((entry) => ({ entry, place: next() }))
        .sort((a, b) => a.place - b.place)
        .map(({ entry }) => entry)
      let state = refFold.empty()
      for (const entry of shuffled) {
        refFold.apply(state, entry)
        if (next() < 0.2) state = refFold.load(decodeCbor(encodeCbor(refFold.save(state)), 2 ** 20))
      }
      const [one, other] = [visibleRefs(fold(entries).get(ID)), visibleRefs(state.get(ID))]
      const plain = (refs: typeof one): string[] => [...refs].map(([ref, { object }]) => `${ref} ${object}`).sort()
      expect(plain(other)).toEqual(plain(one))
      const kept = (log: RefLogs): string[] => [...(log.get(ID)?.dropped.keys() ?? [])].sort()
      expect(kept(state)).toEqual(kept(fold(entries)))
    }),
    { numRuns: 2_000 }
  )
})

test('every pushed commit is below a branch that is shown or a value that is kept, and no two names clash', () => {
  fc.assert(
    fc.property(stepsOf, (steps) => {
      const { entries, pushed, parents } = history(steps)
      const log = fold(entries).get(ID)
      const refs = visibleRefs(log)
      const reached = new Set<ObjectId>()
      const rest = [...[...refs.values()].map(({ object }) => object), ...(log?.dropped.keys() ?? [])]
      for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
        if (reached.has(one)) continue
        reached.add(one)
        rest.push(...(parents.get(one) ?? []))
      }
      for (const object of pushed) expect(reached.has(object)).toBe(true)
      for (const one of refs.keys()) for (const other of refs.keys()) expect(other.startsWith(`${one}/`)).toBe(false)
    }),
    { numRuns: 3_000 }
  )
})
