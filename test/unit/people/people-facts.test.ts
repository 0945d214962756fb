import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCodeHasher } from '../../../node/people/index.ts'
import { MAX_PEOPLE } from '../../../node/people/limits.ts'
import { peopleFold } from '../../../node/people/people-fold.ts'
import { workOutPeople } from '../../../node/people/people-view.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import type { Entry } from '../../../protocols/journal.ts'
import type { PersonRole } from '../../../protocols/people.ts'
import { decodePersonFact, encodePersonFact, PERSON_FACT_KINDS, personTopic } from '../../../protocols/people-facts.ts'
import { type Action, may, mayActOn } from '../../../protocols/people-rights.ts'
import {
  isPersonName,
  isReservedName,
  MAX_PERSON_NAME_CHARACTERS,
  personNameOf
} from '../../../protocols/person-name.ts'
import { entriesOf, meet, peopleNode } from './people-kit.ts'

const ID = '00112233445566778899aabbccddeeff'

describe('the fold', () => {
  test('gives the same people whatever the order of the entries and however often they come', async () => {
    const [left, right] = [await peopleNode('a'), await peopleNode('b')]
    const chief = await left.people.add({ shownName: 'Chief', role: 'facilitator' })
    const ana = await left.people.add({ shownName: 'Ana' })
    await right.people.add({ shownName: 'Ana' })
    await right.people.add({ shownName: 'Kim', role: 'helper' })
    await left.people.openSession(ana.person.id)
    await left.people.keys.addToken(ana.person.id, { label: 'one', scopes: ['push', 'profile'] })
    await left.people.keys.addToken(ana.person.id, { label: 'two', scopes: ['push'] })
    await left.people.keys.end(ana.person.id, left.people.keys.list(ana.person.id)[0]?.hash ?? '')
    await left.people.newCode(ana.person.id)
    await left.people.recover('chief')
    await right.people.recover('kim')
    await left.people.openSession(ana.person.id)
    meet(left, right)
    await right.people.setRole(right.people.named('kim')?.id ?? '', 'learner')
    await left.people.rename(chief.person.id, { shownName: 'Boss', name: 'boss' })
    await left.people.remove((await left.people.add({ shownName: 'Gone' })).person.id)
    meet(left, right)
    const entries = entriesOf(left)
    const fold = (list: readonly Entry[]): unknown => {
      let state = peopleFold.empty()
      for (const [at, entry] of list.entries()) {
        peopleFold.apply(state, entry)
        // As after a restart in the middle.
        if (at === 5) state = peopleFold.load(decodeCbor(encodeCbor(peopleFold.save(state)), 2 ** 20))
      }
      const { people, names, sessions, keys } = workOutPeople(state)
      return [
        [...people.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
        new Map([...names].sort()),
        [...sessions].sort(),
        [...keys.keys()].sort(),
        [...state.people].map(([id, { recovered }]) => [id, recovered]).sort()
      ]
    }
    const expected = fold(entries)
    fc.assert(
      fc.property(fc.shuffledSubarray([...entries, ...entries], { minLength: entries.length * 2 }), (list) => {
        expect(fold(list)).toEqual(expected)
      }),
      { numRuns: 300 }
    )
  })

  test('takes no harm from bodies that say nothing it understands', { timeout: 30_000 }, () => {
    const cbor: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constant(null),
        fc.integer(),
        fc.string({ maxLength: 50 }),
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(
          fc.constantFrom(
            'name',
            'shown',
            'salt',
            'hash',
            'scrypt',
            'session',
            'sessions',
            'grant',
            'grants',
            'role',
            'person',
            'use',
            'label',
            'scopes',
            'hashes'
          ),
          tie('value'),
          { maxKeys: 4 }
        )
      )
    })).value
    fc.assert(
      fc.property(
        fc.constantFrom(...PERSON_FACT_KINDS, 'other'),
        fc.constantFrom(personTopic(ID), 'people', 'person/x'),
        cbor,
        (kind, topic, body) => {
          const found = decodePersonFact(topic, kind, body)
          if (!found || found.fact.kind === 'person-removed') return
          const again = decodePersonFact(topic, kind, encodePersonFact(found.fact))
          expect(again).toEqual(found)
        }
      ),
      { numRuns: 100_000 }
    )
  })

  test('keeps that a code came from a card, with the device that signed it, and nothing that the body adds', () => {
    const topic = personTopic(ID)
    expect(decodePersonFact(topic, 'person-recovered', {})).toEqual({ person: ID, fact: { kind: 'person-recovered' } })
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.string(), { minKeys: 1 }), (body) => {
        expect(decodePersonFact(topic, 'person-recovered', body)).toBeUndefined()
      }),
      { numRuns: 10_000 }
    )
  })

  test('refuses parameters of scrypt that would cost too much, one past the limit', () => {
    const code = (scrypt: CborValue): unknown =>
      decodePersonFact(personTopic(ID), 'person-code', { salt: new Uint8Array(16), hash: new Uint8Array(32), scrypt })
    expect(code([2 ** 17, 8, 4])).toBeDefined()
    for (const bad of [
      [2 ** 18, 8, 1],
      [2 ** 14, 9, 1],
      [2 ** 14, 8, 5],
      [2 ** 14 + 1, 8, 1],
      [1, 8, 1],
      [2 ** 14, 8],
      'x'
    ])
      expect(code(bad)).toBeUndefined()
  })
})

describe('names', () => {
  test.each([
    ['Ana María', 'ana-maria'],
    ['  Łukasz  Żółć ', 'lukasz-zolc'],
    ['O’Brien & Søn', 'o-brien-son'],
    ['Straße_7', 'strasse-7'],
    ['İbrahim', 'ibrahim'],
    ['--a--', 'a'],
    ['x'.repeat(60), 'x'.repeat(MAX_PERSON_NAME_CHARACTERS)]
  ])('%o becomes %o', (text, name) => {
    expect(personNameOf(text)).toBe(name)
    expect(isPersonName(name)).toBe(true)
  })

  test('made of anything at all have the shape of a name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const name = personNameOf(text)
        expect(name === undefined || isPersonName(name)).toBe(true)
      }),
      { numRuns: 20_000 }
    )
  })

  test('of every page that is served are reserved', () => {
    const folder = join(import.meta.dirname, '../../../node')
    const routes = new Set<string>()
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile() || !file.name.endsWith('.ts')) continue
      const text = readFileSync(join(file.parentPath, file.name), 'utf8')
      for (const [, first] of text.matchAll(/app\.(?:get|post|put|patch|delete)(?:<[^(]*>)?\(\s*'\/([a-z][a-z-]*)/g))
        routes.add(first ?? '')
    }
    for (const first of [...routes, 'pypi', 'cran', 'lessons', 'installers', 'blob', 'assets'])
      expect([first, isReservedName(first)]).toEqual([first, true])
    expect(routes.size).toBeGreaterThan(8)
  })
})

describe('rights', () => {
  test('each action is for those who are named, and for nobody below', () => {
    const least: Record<Action, PersonRole | undefined> = {
      'read-repositories': undefined,
      'write-notes': undefined,
      'sign-up': undefined,
      'sign-in': undefined,
      'change-own-account': 'learner',
      'create-repository': 'learner',
      'push-own': 'learner',
      'change-own-repository': 'learner',
      'see-people': 'helper',
      'reset-code': 'helper',
      'change-roles': 'facilitator',
      'remove-person': 'facilitator',
      'set-sign-up': 'facilitator',
      'set-wifi': 'facilitator',
      'take-class-home': 'facilitator',
      'begin-new-class': 'facilitator',
      'show-signal': 'learner',
      'watch-room': 'helper',
      'take-signals-down': 'facilitator',
      'set-clock': 'facilitator',
      'change-devices': 'facilitator',
      'change-content': 'facilitator',
      'check-room': 'facilitator'
    }
    const order = [undefined, 'learner', 'helper', 'facilitator'] as const
    for (const [action, role] of Object.entries(least)) {
      for (const [at, one] of order.entries())
        expect([action, one, may(one && { role: one }, action as Action)]).toEqual([
          action,
          one,
          at >= order.indexOf(role)
        ])
    }
    expect(mayActOn({ role: 'helper' }, 'reset-code', { role: 'facilitator' })).toBe(false)
    expect(mayActOn({ role: 'helper' }, 'reset-code', { role: 'helper' })).toBe(true)
  })
})

describe('codes', () => {
  test('are hashed with scrypt, a few at a time, and no more wait than a person would', async () => {
    const hasher = createCodeHasher()
    const work = { cost: 2, blockSize: 1, parallel: 1 }
    const salt = new Uint8Array(16)
    const all = Array.from({ length: 200 }, () => hasher.hash('x', salt, work, 32))
    const taken = all.filter((one) => one !== undefined)
    expect(taken.length).toBeGreaterThanOrEqual(64)
    expect(taken.length).toBeLessThan(70)
    const hashes = new Set((await Promise.all(taken)).map((one) => Buffer.from(one).toString('hex')))
    expect(hashes.size).toBe(1)
    // RFC 7914 section 12, the third vector.
    const vector = await hasher.hash(
      'pleaseletmein',
      Buffer.from('SodiumChloride'),
      { cost: 16384, blockSize: 8, parallel: 1 },
      64
    )
    expect(
      Buffer.from(vector ?? [])
        .toString('hex')
        .slice(0, 32)
    ).toBe('7023bdcb3afd7348461c06cd81fd38eb')
    expect(MAX_PEOPLE).toBeGreaterThan(100)
  })
})
