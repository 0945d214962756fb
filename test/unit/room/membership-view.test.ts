import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createChainCheck } from '../../../node/room/chain-check.ts'
import { KEPT_VALUES, type MembershipFacts, membershipFold } from '../../../node/room/membership-facts.ts'
import { type MembershipView, viewMembership } from '../../../node/room/membership-view.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import type { Entry } from '../../../protocols/journal.ts'
import { chainBytes, FactWriter, nodeOf, ROOM, type Step, tokenOf } from './room-kit.ts'

const check = createChainCheck(ROOM)

function foldOf(entries: readonly Entry[]): MembershipFacts {
  const facts = membershipFold.empty()
  for (const entry of entries) membershipFold.apply(facts, entry)
  return facts
}

const viewOf = (entries: readonly Entry[]): MembershipView => viewMembership(foldOf(entries), check)

/** Names in place of ids, sorted. */
function names(
  view: MembershipView,
  all: readonly string[]
): { members: string[]; removed: string[]; candidates: string[]; unwelcome: string[] } {
  const named = (has: { has(node: string): boolean }): string[] => all.filter((name) => has.has(nodeOf(name)))
  return {
    members: named(view.members),
    removed: named(view.removed),
    candidates: named(view.candidates),
    unwelcome: named(view.unwelcome)
  }
}

const ALL = ['a', 'b', 'c', 'd', 'x', 'y', 'z']
const TOKEN: Step = { name: 'token', uses: 2 }
const ONE: Step = { name: 'token one', uses: 1 }

describe('members are', () => {
  test('the founder, and whom a member let in, whoever was admitted by whom first', () => {
    const [a, b, c] = [new FactWriter('a'), new FactWriter('b'), new FactWriter('c')]
    const entries = [
      c.joined('a', 'b', 'c'),
      b.admitted('c', 'a', 'b', 'c'),
      b.joined('a', 'b'),
      a.admitted('b', 'a', 'b'),
      a.joined('a')
    ]
    expect(names(viewOf(entries), ALL)).toEqual({
      members: ['a', 'b', 'c'],
      removed: [],
      candidates: [],
      unwelcome: []
    })
    expect(viewOf(entries).members.get(nodeOf('c'))).toMatchObject({ name: 'c', admittedBy: nodeOf('b'), rights: 1 })
  })

  test('not those who only say so themselves, or whom a stranger let in', () => {
    const [a, x, y] = [new FactWriter('a'), new FactWriter('x'), new FactWriter('y')]
    const entries = [
      a.joined('a'),
      x.joined('a', TOKEN, 'x'),
      x.admitted('y', 'a', TOKEN, 'y'),
      y.joined('a', TOKEN, 'y'),
      y.admitted('x', 'a', TOKEN, 'x')
    ]
    // Two invited devices know each other; no member has met them.
    expect(names(viewOf(entries), ALL)).toEqual({ members: ['a'], removed: [], candidates: ['x', 'y'], unwelcome: [] })
    expect(names(viewOf([...entries, a.admitted('x', 'a', TOKEN, 'x')]), ALL).members).toEqual(['a', 'x', 'y'])
  })

  test('not those with a forged chain, nor whom a cloud peer let in', () => {
    const [a, c, x] = [new FactWriter('a'), new FactWriter('c'), new FactWriter('x')]
    const cloud: Step = { name: 'c', rights: 0 }
    const entries = [
      a.joined('a'),
      a.admitted('c', 'a', cloud),
      x.joined({ name: 'x', signedBy: 'x' }),
      a.admitted('x', { name: 'x', signedBy: 'x' }),
      c.joined('a', cloud),
      c.admitted('y', 'a', TOKEN, 'y')
    ]
    expect(names(viewOf(entries), ALL)).toEqual({
      members: ['a', 'c'],
      removed: [],
      candidates: ['y'],
      unwelcome: ['x']
    })
  })

  test('as many as an invitation is for, in the order of stamps and not of arrival', () => {
    const [a, b] = [new FactWriter('a'), new FactWriter('b')]
    const entries = [a.joined('a'), a.admitted('b', 'a', 'b'), b.joined('a', 'b')]
    const late = a.write({ kind: 'admitted', node: nodeOf('x'), chain: chainBytes('a', ONE, 'x') }, 20)
    const early = b.write({ kind: 'admitted', node: nodeOf('y'), chain: chainBytes('a', ONE, 'y') }, 10)
    for (const order of [
      [late, early],
      [early, late]
    ]) {
      const view = viewOf([...entries, ...order])
      expect(names(view, ALL)).toEqual({ members: ['a', 'b', 'y'], removed: [], candidates: [], unwelcome: ['x'] })
    }
    // The same device twice is one use.
    const again = a.write({ kind: 'admitted', node: nodeOf('y'), chain: chainBytes('a', ONE, 'y') }, 5)
    expect(names(viewOf([...entries, late, early, again]), ALL).members).toEqual(['a', 'b', 'y'])
    const objection = (steps: (string | Step)[]): unknown => {
      const chain = check(chainBytes(...steps))
      return chain && viewOf([...entries, early]).objection(chain)
    }
    expect(objection(['a', ONE, 'z'])).toBe('INVITATION_USED_UP')
    expect(objection(['a', ONE, 'y'])).toBeUndefined()
    // Invited by one that came in by a used-up invitation.
    expect(objection(['a', ONE, 'x', 'token of x', 'z'])).toBe('INVITATION_USED_UP')
  })

  test('again, when a device that was refused comes back with a new invitation', () => {
    const [a, x] = [new FactWriter('a'), new FactWriter('x')]
    const entries = [a.joined('a'), a.admitted('y', 'a', ONE, 'y'), x.joined('a', ONE, 'x')]
    expect(names(viewOf(entries), ALL).unwelcome).toEqual(['x'])
    expect(names(viewOf([...entries, x.joined('a', TOKEN, 'x')]), ALL).candidates).toEqual(['x'])
  })
})

describe('a removal', () => {
  /** a founded; b and c came in; b let d in. */
  function room(): { a: FactWriter; b: FactWriter; c: FactWriter; d: FactWriter; entries: Entry[] } {
    const [a, b, c, d] = [new FactWriter('a'), new FactWriter('b'), new FactWriter('c'), new FactWriter('d')]
    const entries = [
      a.joined('a'),
      a.admitted('b', 'a', 'b'),
      a.admitted('c', 'a', 'c'),
      b.joined('a', 'b'),
      c.joined('a', 'c'),
      b.admitted('d', 'a', 'b', 'd'),
      d.joined('a', 'b', 'd')
    ]
    return { a, b, c, d, entries }
  }

  test('takes a member out, keeps whom it let in before, and nobody after', () => {
    const { a, b, entries } = room()
    const removal = a.removed('b', { cuts: { [b.writer]: b.lastNumber }, keeps: ['d'], lamport: 50 })
    // Its own clock says anything: what stands past the cut does not count.
    const later = [
      b.write({ kind: 'admitted', node: nodeOf('x'), chain: chainBytes('a', 'x') }, 3),
      b.write({ kind: 'node-setting', node: nodeOf('c'), setting: 'name', value: 'hacked' }, 99)
    ]
    const view = viewOf([...entries, removal, ...later])
    expect(names(view, ALL)).toEqual({ members: ['a', 'c', 'd'], removed: ['b'], candidates: ['x'], unwelcome: [] })
    expect(view.members.get(nodeOf('c'))?.name).toBe('c')
    expect(view.removed.get(nodeOf('b'))).toMatchObject({
      by: [nodeOf('a')],
      stolen: false,
      cuts: new Map([[b.writer, 1]])
    })
  })

  test('makes certificates of the removed device worthless for newcomers, also through a member that has not heard of it', () => {
    const { a, b, c, entries } = room()
    const removal = a.removed('b', { cuts: { [b.writer]: b.lastNumber }, keeps: ['d'], lamport: 50 })
    const uninformed = c.admitted('y', 'a', 'b', 'y')
    expect(names(viewOf([...entries, removal, uninformed]), ALL)).toMatchObject({
      members: ['a', 'c', 'd'],
      unwelcome: ['y']
    })
    // Who stays may invite others, although its own certificate comes from the removed device.
    const invited = c.admitted('z', 'a', 'b', 'd', 'z')
    expect(names(viewOf([...entries, removal, invited]), ALL).members).toEqual(['a', 'c', 'd', 'z'])
  })

  test('wins over a register and over a later admission, and stays', () => {
    const { a, b, c, entries } = room()
    const removal = a.removed('b', { cuts: { [b.writer]: b.lastNumber }, lamport: 10 })
    const back = [
      c.write({ kind: 'admitted', node: nodeOf('b'), chain: chainBytes('a', 'c', 'b') }, 90),
      b.joined('a', 'c', 'b')
    ]
    expect(names(viewOf([...entries, removal, ...back]), ALL).removed).toEqual(['b'])
    expect(names(viewOf([...entries, removal, ...back]), ALL).members).not.toContain('b')
  })

  test('by two members: the higher cut of each writer counts', () => {
    const { a, b, c, entries } = room()
    const low = a.removed('b', { cuts: { [b.writer]: 0 }, lamport: 50 })
    const high = c.removed('b', { cuts: { [b.writer]: 1 }, keeps: ['d'], lamport: 40 })
    for (const order of [
      [low, high],
      [high, low]
    ]) {
      const view = viewOf([...entries, ...order])
      expect(view.removed.get(nodeOf('b'))?.cuts).toEqual(new Map([[b.writer, 1]]))
      // b's second batch let d in.
      expect(names(view, ALL).members).toEqual(['a', 'c', 'd'])
    }
    expect(names(viewOf([...entries, low]), ALL).members).toEqual(['a', 'c'])
  })

  test('cannot be answered by the removed device from past its cut, whatever lamport it writes', () => {
    const { a, b, entries } = room()
    const removal = a.removed('b', { cuts: { [b.writer]: b.lastNumber }, lamport: 20 })
    const revenge = b.removed('a', { lamport: 90 })
    expect(names(viewOf([...entries, removal, revenge]), ALL)).toMatchObject({ removed: ['b'] })
    // Its own word does not raise its cut either.
    const leave = b.removed('b', { cuts: { [b.writer]: 1000 }, lamport: 4 })
    expect(
      viewOf([...entries, removal, leave])
        .removed.get(nodeOf('b'))
        ?.cuts.get(b.writer)
    ).toBe(1)
  })

  test('leaves the last settings that count, on a device that has seen what came after the cut and on one that has not', () => {
    const { a, b, entries } = room()
    const set = (value: boolean): Entry =>
      b.write({ kind: 'node-setting', node: nodeOf('c'), setting: 'drained', value })
    const named = (name: string): Entry => b.write({ kind: 'room-named', name })
    const before = [set(false), set(true), named('Hall'), named('Library')]
    const removal = a.removed('b', { cuts: { [b.writer]: b.lastNumber }, keeps: ['c', 'd'], lamport: 90 })
    const after = [...Array.from({ length: KEPT_VALUES - 1 }, () => set(false)), named('Mine')]
    for (const seen of [[], after, [...after].reverse()]) {
      const view = viewOf([...entries, ...before, removal, ...seen])
      expect(view.members.get(nodeOf('c'))?.settings.drained).toBe(true)
      expect(view.roomName).toBe('Library')
    }
    // Without a removal the newest counts.
    expect(viewOf([...entries, ...before, ...after]).roomName).toBe('Mine')
  })

  test('of 60 devices with 1,000 settings each is folded in one pass, and of each register so many values stay', () => {
    const devices = Array.from({ length: 60 }, (_, number) => `n${number}`)
    const writers = devices.map((name) => new FactWriter(name))
    const facts = membershipFold.empty()
    // Each names another device in each turn, so that there are as many registers as there can be.
    for (let turn = 0; turn < 1_000; turn++) {
      for (const [number, writer] of writers.entries()) {
        const node = nodeOf(devices[(turn + number) % devices.length] ?? '')
        membershipFold.apply(
          facts,
          writer.write({ kind: 'node-setting', node, setting: 'drained', value: turn % 2 === 0 })
        )
      }
    }
    expect([...facts.values(() => true)]).toHaveLength(60 * 60)
    // Each was written 16 or 17 times.
    expect([...facts.all()]).toHaveLength(60 * 60 * KEPT_VALUES)
  })

  test('written by a stranger or a cloud peer counts for nothing', () => {
    const { a, c, entries } = room()
    const x = new FactWriter('x')
    const y = new FactWriter('y')
    const cloud: Step = { name: 'y', rights: 0 }
    const view = viewOf([
      ...entries,
      x.removed('a'),
      a.admitted('y', 'a', cloud),
      y.removed('a'),
      c.admitted('x', 'a', TOKEN, 'nobody')
    ])
    expect(names(view, ALL).removed).toEqual([])
    // Leaving is everybody's own right.
    expect(names(viewOf([...entries, a.admitted('y', 'a', cloud), y.removed('y')]), ALL).removed).toEqual(['y'])
  })

  test('of a stolen device revokes the invitations that it knew', () => {
    const { a, b, entries } = room()
    const invited = b.write({ kind: 'invited', token: tokenOf('token'), label: 'shelf', uses: 2 })
    const used = a.admitted('x', 'a', 'b', TOKEN, 'x')
    const removal = a.removed('b', {
      cuts: { [b.writer]: b.lastNumber },
      stolen: true,
      tokens: ['token'],
      keeps: ['d', 'x'],
      lamport: 50
    })
    const view = viewOf([...entries, invited, used, removal])
    expect(view.tokens.get(tokenOf('token'))).toMatchObject({ revoked: true, usedBy: [nodeOf('x')], label: 'shelf' })
    expect(names(view, ALL).members).toEqual(['a', 'c', 'd', 'x'])
    const chain = check(chainBytes('a', 'b', TOKEN, 'y'))
    expect(chain && view.objection(chain)).toBe('NOT_A_MEMBER')
  })

  test('an invitation can be taken back; who used it stays', () => {
    const { a, c, entries } = room()
    const invited = a.write({ kind: 'invited', token: tokenOf('token'), label: '', uses: 2 })
    const used = c.admitted('x', 'a', TOKEN, 'x')
    const revoked = a.write({ kind: 'revoked', token: tokenOf('token'), keeps: [nodeOf('x')] })
    const view = viewOf([...entries, invited, used, revoked])
    expect(names(view, ALL).members).toContain('x')
    const chain = check(chainBytes('a', TOKEN, 'y'))
    expect(chain && view.objection(chain)).toBe('INVITATION_REVOKED')
  })
})

describe('the view depends on the set of facts alone', () => {
  const name = fc.constantFrom(...ALL)
  const steps: fc.Arbitrary<(string | Step)[]> = fc
    .array(fc.oneof(name, fc.constantFrom<Step>(TOKEN, ONE, { name: 'c', rights: 0 })), { maxLength: 3 })
    .map((rest) => ['a', ...rest])
  const act = fc.record({
    by: name,
    about: name,
    lamport: fc.integer({ min: 1, max: 40 }),
    kind: fc.constantFrom('joined', 'admitted', 'admitted', 'removed', 'invited', 'revoked', 'named'),
    steps,
    cut: fc.integer({ min: 0, max: 5 }),
    keeps: fc.array(name, { maxLength: 2 })
  })

  type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never

  function entriesOf(acts: Act[]): Entry[] {
    const writers = new Map(ALL.map((each) => [each, new FactWriter(each)]))
    const entries = [(writers.get('a') as FactWriter).joined('a')]
    for (const { by, about, lamport, kind, steps: path, cut, keeps } of acts) {
      const writer = writers.get(by) as FactWriter
      const chain = chainBytes(...path, about)
      if (kind === 'joined')
        entries.push(writer.write({ kind, chain: chainBytes(...path, by), name: by, role: 'node' }, lamport))
      else if (kind === 'admitted') entries.push(writer.write({ kind, node: nodeOf(about), chain }, lamport))
      else if (kind === 'invited')
        entries.push(writer.write({ kind, token: tokenOf('token'), label: by, uses: cut + 1 }, lamport))
      else if (kind === 'revoked')
        entries.push(writer.write({ kind, token: tokenOf('token'), keeps: keeps.map(nodeOf) }, lamport))
      else if (kind === 'named')
        entries.push(writer.write({ kind: 'node-setting', node: nodeOf(about), setting: 'name', value: by }, lamport))
      else
        entries.push(
          writer.removed(about, {
            cuts: { [(writers.get(about) as FactWriter).writer]: cut },
            keeps,
            tokens: cut > 3 ? ['token'] : [],
            lamport
          })
        )
    }
    return entries
  }

  const plain = (view: MembershipView): unknown => ({ ...view, objection: undefined })

  test('in any order, with any duplicates, and over any snapshot', () => {
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 14 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.nat(14),
        (acts, picks, cutAt) => {
          const entries = entriesOf(acts)
          const expected = plain(viewOf(entries))
          const shuffled = [...entries]
          for (const [i, pick] of picks.entries()) {
            const [from, to] = [i % shuffled.length, pick % shuffled.length]
            const [one, other] = [shuffled[from] as Entry, shuffled[to] as Entry]
            shuffled[from] = other
            shuffled[to] = one
          }
          expect(plain(viewOf([...shuffled, ...shuffled.slice(0, 3)]))).toEqual(expected)
          const early = foldOf(shuffled.slice(0, cutAt))
          const saved = membershipFold.load(decodeCbor(encodeCbor(membershipFold.save(early) as CborValue), 10_000_000))
          for (const entry of shuffled) membershipFold.apply(saved, entry)
          expect(plain(viewMembership(saved, check))).toEqual(expected)
        }
      ),
      { numRuns: 800 }
    )
  })

  test('and a member that only one other member removed is never back, whatever else is written later', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
        const [a, b] = [new FactWriter('a', 100), new FactWriter('b', 100)]
        const base = [a.joined('a'), a.admitted('b', 'a', 'b'), b.joined('a', 'b')]
        const removal = a.removed('b', { cuts: { [b.writer]: b.lastNumber }, lamport: 103 })
        // Everything else is written by others, later, and not against the founder.
        const later = entriesOf(
          acts.filter(({ by, about, kind }) => by !== 'a' && by !== 'b' && !(kind === 'removed' && about === 'a'))
        )
          .slice(1)
          .map((entry) => ({ ...entry, lamport: entry.lamport + 200 }))
        const view = viewOf([...base, removal, ...later])
        expect(view.removed.has(nodeOf('b'))).toBe(true)
        expect(view.members.has(nodeOf('b'))).toBe(false)
      }),
      { numRuns: 500 }
    )
  })
})
