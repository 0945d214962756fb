/** Trying codes: bounded for each account and each address, over restarts, without a clock and without locking out who is right. */
import { describe, expect, test } from 'vitest'
import { addressGroup } from '../../../node/people/address-group.ts'
import { MAX_WAITING_HASHES, TRY_LIMITS } from '../../../node/people/limits.ts'
import { refusal } from '../../fixtures/refusal.ts'
import { peopleNode } from './people-kit.ts'

const FROM = '192.168.1.30'

describe('guessing', () => {
  test('costs the same work and the same answer for a name that nobody has', async () => {
    const { people, hasher } = await peopleNode('a')
    await people.add({ shownName: 'Ana' })
    hasher.work.length = 0
    expect(await refusal(() => people.withPassword('ana', 'wrong', FROM))).toBe('SIGN_IN_FAILED')
    expect(await refusal(() => people.withPassword('nobody', 'wrong', FROM))).toBe('SIGN_IN_FAILED')
    const [known, unknown] = hasher.work
    expect(unknown).toBe(known)
  })

  test.each(['ana', 'nobody'])(
    'as %s is refused after so many tries, from wherever, also after a power cut, and forgiven with time',
    async (name) => {
      const node = await peopleNode('a')
      const { burst, forgiveMs } = TRY_LIMITS.name
      const { code } = await node.people.add({ shownName: 'Ana' })
      const attempt = (from = FROM): Promise<string> => refusal(() => node.people.withPassword(name, 'wrong', from))
      for (let at = 0; at < burst; at++) expect(await attempt()).toBe('SIGN_IN_FAILED')
      expect(await attempt()).toBe('TOO_MANY_TRIES')
      await node.restart()
      expect(await attempt()).toBe('TOO_MANY_TRIES')
      expect(await attempt('192.168.1.31')).toBe('TOO_MANY_TRIES')
      node.clock.nowMs += forgiveMs
      expect(await attempt()).toBe('SIGN_IN_FAILED')
      expect(await attempt()).toBe('TOO_MANY_TRIES')
      node.clock.nowMs += forgiveMs
      expect((await node.people.withPassword('ana', code, FROM)).name).toBe('ana')
    }
  )

  /** A thousand guesses, evenly over ten minutes, with a power cut in the middle; how many of them were looked at. */
  async function guesses(target: (at: number) => { name: string; from: string }): Promise<number> {
    const node = await peopleNode('a')
    for (let at = 0; at < 50; at++) await node.people.add({ shownName: `Learner ${at}` })
    let looked = 0
    for (let at = 0; at < 1_000; at++) {
      const { name, from } = target(at)
      node.clock.nowMs += (10 * 60_000) / 1_000
      if (at === 500) await node.restart()
      if ((await refusal(() => node.people.withPassword(name, `guess ${at}`, from))) === 'SIGN_IN_FAILED') looked++
    }
    expect(node.hasher.work.length).toBe(50 + looked)
    return looked
  }

  test.each<[string, number, (at: number) => { name: string; from: string }]>([
    ['one account from one address', 10, () => ({ name: 'learner-7', from: FROM })],
    ['one account from a thousand addresses', 10, (at) => ({ name: 'learner-7', from: `10.0.${at >> 8}.${at & 255}` })],
    [
      'one account from one computer that takes a new IPv6 address each time',
      10,
      (at) => ({ name: 'learner-7', from: `fd00::${at.toString(16)}` })
    ],
    ['one name that nobody has', 10, () => ({ name: 'nobody', from: FROM })],
    ['fifty accounts from one address', 30, (at) => ({ name: `learner-${at % 50}`, from: FROM })],
    ['a thousand names that nobody has, from one address', 30, (at) => ({ name: `nobody-${at}`, from: FROM })]
  ])('a thousand times at %s within ten minutes: at most %i are looked at', async (_what, most, target) => {
    const looked = await guesses(target)
    expect(looked).toBeLessThanOrEqual(most)
    expect(looked).toBeGreaterThan(most / 2)
  })

  test('elsewhere locks nobody out where they have signed in, nor is there more to guess there', async () => {
    const { people } = await peopleNode('a')
    const { code } = await people.add({ shownName: 'Ana' })
    await people.add({ shownName: 'Kim' })
    await people.withPassword('ana', code, FROM)
    const tryFrom = (from: string, secret: string): Promise<string> =>
      refusal(() => people.withPassword('ana', secret, from))
    for (let at = 0; at < TRY_LIMITS.name.burst; at++) expect(await tryFrom(`10.0.0.${at}`, 'x')).toBe('SIGN_IN_FAILED')
    expect(await tryFrom('10.0.1.1', 'x')).toBe('TOO_MANY_TRIES')
    for (let at = 0; at < TRY_LIMITS.name.burst; at++) expect(await tryFrom(FROM, 'x')).toBe('SIGN_IN_FAILED')
    expect(await tryFrom(FROM, 'x')).toBe('TOO_MANY_TRIES')
    // What was right a moment ago goes on working: git sends it with each request.
    expect((await people.withPassword('ana', code, FROM)).name).toBe('ana')
  })

  test('is not what a class does that signs in at the same moment behind one router: all are let in, and none of it counts', async () => {
    const { people } = await peopleNode('a')
    const learners: { name: string; code: string }[] = []
    for (let at = 0; at < MAX_WAITING_HASHES; at++) {
      const { person, code } = await people.add({ shownName: `Learner ${at}` })
      learners.push({ name: person.name, code })
    }
    const signedIn = await Promise.all(learners.map(({ name, code }) => people.withPassword(name, code, FROM)))
    expect(signedIn.map(({ name }) => name)).toEqual(learners.map(({ name }) => name))
    // And as many guesses at once are looked at as one after the other.
    const guessed = await Promise.all(learners.map(({ name }) => refusal(() => people.withPassword(name, 'x', FROM))))
    expect(guessed.filter((answer) => answer === 'SIGN_IN_FAILED')).toHaveLength(TRY_LIMITS.address.burst)
  })

  test.each([
    ['192.168.1.30', '192.168.1.30'],
    ['::ffff:192.168.1.30', '192.168.1.30'],
    ['fd00:1:2:3:aaaa::1', 'fd00:1:2:3::/64'],
    ['FD00:0001:2:3:4:5:6:7', 'fd00:1:2:3::/64'],
    ['fe80::1%wlan0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fd00::', 'fd00:0:0:0::/64']
  ])('from %s counts as from %s', (address, group) => {
    expect(addressGroup(address)).toBe(group)
  })

  test('does not happen while entries are here that only a newer program understands', async () => {
    const node = await peopleNode('a')
    const { code } = await node.people.add({ shownName: 'Ana' })
    node.journal.decides = false
    expect(await refusal(() => node.people.withPassword('ana', code, FROM))).toBe('PEOPLE_NEED_UPDATE')
  })

  test('new accounts from one address are limited', async () => {
    const { people, clock } = await peopleNode('a')
    for (let at = 0; at < TRY_LIMITS.signUp.burst; at++) await people.add({ shownName: `Learner ${at}` }, FROM)
    expect(await refusal(() => people.add({ shownName: 'One more' }, FROM))).toBe('TOO_MANY_TRIES')
    clock.nowMs += TRY_LIMITS.signUp.forgiveMs
    expect((await people.add({ shownName: 'One more' }, FROM)).person.name).toBe('one-more')
  })
})
