/** Who may make an account, and what becomes of accounts that nobody used. */
import { describe, expect, test } from 'vitest'
import { ROOM_REGISTERS } from '../../../protocols/registers.ts'
import { decodeSignUp, SIGN_UP_TOPIC, signUpEntry } from '../../../protocols/sign-up-facts.ts'
import { refusal } from '../../fixtures/refusal.ts'
import { cookieOf, meet, type PeopleNode, peopleNode } from './people-kit.ts'

const FROM = '192.168.1.30'
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDgwMTIzNDU2Nzg5YWJjZGVmZ2hpamtsbW5vcHFyc3R1 ana@laptop'

describe('signing up', () => {
  test('is open, closed on every device once it is closed, and opens again', async () => {
    const [a, b] = [await peopleNode('a'), await peopleNode('b')]
    expect(a.people.signUp.isOpen).toBe(true)
    const before = await a.people.add({ shownName: 'Ana' }, FROM)
    await a.people.signUp.set(false)
    meet(a, b)
    for (const { people } of [a, b]) {
      expect(people.signUp.isOpen).toBe(false)
      expect(await refusal(() => people.add({ shownName: 'Bo' }, FROM))).toBe('SIGN_UP_CLOSED')
      // Whoever has an account signs in as before.
      expect((await people.withPassword('ana', before.code, FROM)).id).toBe(before.person.id)
    }
    // Cards are made by somebody who helps.
    expect((await b.people.add({ shownName: 'Bo' })).person.name).toBe('bo')
    await b.people.signUp.set(true)
    meet(a, b)
    expect((await a.people.add({ shownName: 'Cem' }, FROM)).person.name).toBe('cem')
  })

  test('stays closed over a restart, and what is set already is not written again', async () => {
    const node = await peopleNode('a')
    await node.people.signUp.set(false)
    const { length } = node.journal.entries
    await node.people.signUp.set(false)
    expect(node.journal.entries).toHaveLength(length)
    expect((await node.restart()).signUp.isOpen).toBe(false)
  })

  test('that is refused costs nobody a try', async () => {
    const { people } = await peopleNode('a')
    await people.signUp.set(false)
    for (let i = 0; i < 200; i++)
      expect(await refusal(() => people.add({ shownName: `N ${i}` }, FROM))).toBe('SIGN_UP_CLOSED')
    await people.signUp.set(true)
    expect((await people.add({ shownName: 'Ana' }, FROM)).person.name).toBe('ana')
  })

  test('is one register; a body of another shape says nothing', () => {
    const { body, kind } = signUpEntry(false)
    expect(decodeSignUp(body)).toBe(false)
    expect(ROOM_REGISTERS.registerOf(SIGN_UP_TOPIC, kind, body ?? null)).toBe('sign-up')
    for (const wrong of [undefined, null, true, {}, { open: 1 }, { open: 'no' }, [false]]) {
      expect(decodeSignUp(wrong)).toBeUndefined()
      expect(ROOM_REGISTERS.registerOf(SIGN_UP_TOPIC, kind, wrong ?? null)).toBeUndefined()
    }
  })
})

describe('accounts that nobody used', () => {
  const named = async (node: PeopleNode, shownName: string, sessions: number): Promise<string> => {
    const { person } = await node.people.add({ shownName }, FROM)
    for (let at = 0; at < sessions; at++) cookieOf(await node.people.openSession(person.id))
    return person.id
  }

  test('are learners with the name and without a key that they began with, by how often they signed in', async () => {
    const node = await peopleNode('a')
    const { people } = node
    await people.add({ shownName: 'Facilitator', role: 'facilitator' })
    await people.add({ shownName: 'Helper', role: 'helper' })
    const [card, once, again] = [
      await named(node, 'Card', 0),
      await named(node, 'Once', 1),
      await named(node, 'Again', 2)
    ]
    await people.keys.addToken(await named(node, 'Token', 1), { label: 'laptop', scopes: ['push'] })
    await people.keys.addSsh(await named(node, 'Key', 1), KEY)
    await people.rename(await named(node, 'Renamed', 1), { shownName: 'Other', name: 'other' })
    const found = people.unused()
    const ids = (list: readonly { id: string }[]): string[] => list.map(({ id }) => id)
    expect([ids(found.cards), ids(found.once), ids(found.again)]).toEqual([[card], [once], [again]])
  })

  test('go in one step, with what was said of them, and nobody else does', async () => {
    const node = await peopleNode('a')
    const boss = (await node.people.add({ shownName: 'Facilitator', role: 'facilitator' })).person.id
    const ids: string[] = []
    for (let at = 0; at < 250; at++) ids.push((await node.people.add({ shownName: `Flood ${at}` })).person.id)
    // Who became a helper meanwhile stays.
    const helper = ids[7] ?? ''
    await node.people.setRole(helper, 'helper')
    await node.people.removeLearners([...ids, boss, 'nobody'])
    expect(
      node.people
        .list()
        .map(({ id }) => id)
        .sort()
    ).toEqual([boss, helper].sort())
    expect(node.journal.erased).toHaveLength(249)
  })
})
