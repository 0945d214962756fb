import { describe, expect, test } from 'vitest'
import { MAX_NAMES_PER_PERSON, MAX_SESSIONS_PER_PERSON } from '../../../node/people/limits.ts'
import { refusal } from '../../fixtures/refusal.ts'
import { cookieOf, meet, peopleNode } from './people-kit.ts'

const FROM = '192.168.1.30'

describe('an account', () => {
  test('is made of a name, and its code signs in however it is typed', async () => {
    const { people } = await peopleNode('a')
    const { person, code } = await people.add({ shownName: '  Ana   María ' }, FROM)
    expect(person).toMatchObject({ name: 'ana-maria', shownName: 'Ana María', role: 'learner', mustChoose: false })
    expect(code).toMatch(/^(?:[bcdfghjkmnpqrstvwxz2-9]{4}-){2}[bcdfghjkmnpqrstvwxz2-9]{4}$/)
    for (const [name, typed] of [
      ['ana-maria', code],
      ['Ana María', code.toUpperCase()],
      ['ANA-MARIA', code.replaceAll('-', '')],
      ['ana-maria', ` ${code.replaceAll('-', ' ')} `]
    ] as const)
      expect((await people.withPassword(name, typed, FROM)).id).toBe(person.id)
  })

  test('keeps its code out of every entry that is not for members only', async () => {
    const node = await peopleNode('a')
    const appended: { kind: string; audience: string | undefined }[] = []
    const append = node.journal.append.bind(node.journal)
    node.journal.append = (entries) => {
      appended.push(...entries.map(({ kind, audience }) => ({ kind, audience })))
      return append(entries)
    }
    const { person, code } = await node.people.add({ shownName: 'Ana' })
    const token = cookieOf(await node.people.openSession(person.id)).split('=')[1] ?? ''
    expect(appended.filter(({ kind }) => /code|session/.test(kind)).map(({ audience }) => audience)).toEqual([
      'nodes',
      'nodes'
    ])
    const all = JSON.stringify(node.journal.entries.map(({ body }) => body))
    expect(all).not.toContain(code)
    expect(all).not.toContain(code.replaceAll('-', ''))
    expect(all).not.toContain(token)
  })

  test.each(['room', 'Sign in', 'notes', 'ME', 'admin', '', '   ', '日本', '🙂'])(
    'cannot be called %o',
    async (name) => {
      const { people } = await peopleNode('a')
      expect(await refusal(() => people.add({ shownName: name }, FROM))).toBe('PERSON_NAME_INVALID')
    }
  )

  test('has a name of its own, also when two ask at the same moment', async () => {
    const { people } = await peopleNode('a')
    const both = await Promise.allSettled([people.add({ shownName: 'Kim' }), people.add({ shownName: 'kim' })])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(people.freeName('Kim')).toBe('kim-2')
  })

  test('keeps its old names when it is renamed, a few times', async () => {
    const { people } = await peopleNode('a')
    const { person } = await people.add({ shownName: 'Ana' })
    for (let at = 1; at < MAX_NAMES_PER_PERSON; at++)
      await people.rename(person.id, { shownName: `Ana ${at}`, name: `ana-${at}` })
    expect(people.named('ana')?.name).toBe(`ana-${MAX_NAMES_PER_PERSON - 1}`)
    expect(await refusal(() => people.rename(person.id, { shownName: 'x', name: 'x' }))).toBe('NAME_CHANGES_USED_UP')
    expect((await people.rename(person.id, { shownName: 'Ana again', name: 'ana' })).name).toBe('ana')
    expect(await refusal(() => people.add({ shownName: 'Ana 1' }))).toBe('PERSON_NAME_TAKEN')
  })

  test('is gone with all that was said of it, and its name is free', async () => {
    const node = await peopleNode('a')
    const { people } = node
    const { person, code } = await people.add({ shownName: 'Ana' })
    const cookie = cookieOf(await people.openSession(person.id))
    await people.remove(person.id)
    expect(people.person(person.id)).toBeUndefined()
    expect(people.ofSession(cookie)).toBeUndefined()
    expect(await refusal(() => people.withPassword('ana', code, FROM))).toBe('SIGN_IN_FAILED')
    expect(node.journal.erased).toEqual([`person/${person.id}`])
    expect((await people.add({ shownName: 'Ana' })).person.name).toBe('ana')
  })
})

describe('two sides of a split network', () => {
  test('who claimed a name first keeps it; the other keeps the account under another name and is asked to choose', async () => {
    const [left, right] = [await peopleNode('a'), await peopleNode('b')]
    const first = await left.people.add({ shownName: 'Ana' })
    await right.people.add({ shownName: 'Somebody before' })
    const second = await right.people.add({ shownName: 'Ana' })
    meet(left, right)
    for (const { people } of [left, right]) {
      expect(people.named('ana')?.id).toBe(first.person.id)
      const other = people.person(second.person.id)
      expect(other).toMatchObject({ mustChoose: true, shownName: 'Ana' })
      expect(other?.name).toMatch(/^ana-\d{3}$/)
      expect(people.named(other?.name ?? '')?.id).toBe(second.person.id)
      expect((await people.withPassword(other?.name ?? '', second.code, FROM)).id).toBe(second.person.id)
    }
    const chosen = await right.people.rename(second.person.id, { shownName: 'Ana B', name: 'ana-b' })
    expect(chosen).toMatchObject({ name: 'ana-b', mustChoose: false })
    meet(left, right)
    expect(left.people.list()).toEqual(right.people.list())
  })

  test('a role that was taken stays taken, whatever else was said on the other side', async () => {
    const [left, right] = [await peopleNode('a'), await peopleNode('b')]
    await left.people.add({ shownName: 'Chief', role: 'facilitator' })
    const { person } = await left.people.add({ shownName: 'Kim', role: 'helper' })
    meet(left, right)
    await left.people.setRole(person.id, 'learner')
    await right.people.rename(person.id, { shownName: 'Kim the helper', name: 'kim' })
    meet(left, right)
    for (const { people } of [left, right]) expect(people.person(person.id)?.role).toBe('learner')
    expect(await refusal(() => left.people.remove(left.people.named('chief')?.id ?? ''))).toBe('LAST_FACILITATOR')
  })
})

describe('a session', () => {
  test('opened on one node counts on every node of the room, and in no other room', async () => {
    const [left, right] = [await peopleNode('a'), await peopleNode('b')]
    const { person } = await left.people.add({ shownName: 'Ana' })
    const cookie = cookieOf(await left.people.openSession(person.id))
    meet(left, right)
    expect(right.people.ofSession(`other=1; ${cookie}; more=2`)?.id).toBe(person.id)
    for (const bad of [
      undefined,
      '',
      'joinery-mfrggzdf=',
      `${cookie}x`,
      cookie.replace('mfrggzdf', 'aaaaaaaa'),
      'a;b;=;;'
    ])
      expect(right.people.ofSession(bad)).toBeUndefined()
    await right.people.endSession(cookie)
    meet(left, right)
    expect(left.people.ofSession(cookie)).toBeUndefined()
  })

  test(`of a person the newest ${MAX_SESSIONS_PER_PERSON} count`, async () => {
    const { people } = await peopleNode('a')
    const { person } = await people.add({ shownName: 'Ana' })
    const cookies: string[] = []
    for (let at = 0; at < MAX_SESSIONS_PER_PERSON; at++) cookies.push(cookieOf(await people.openSession(person.id)))
    expect(people.ofSession(cookies[0])?.id).toBe(person.id)
    await people.openSession(person.id)
    expect(people.ofSession(cookies[0])).toBeUndefined()
    expect(people.ofSession(cookies[1])?.id).toBe(person.id)
  })

  test('of a browser ends when it signs in anew, as whomever', async () => {
    const { people } = await peopleNode('a')
    const [ana, kim] = [await people.add({ shownName: 'Ana' }), await people.add({ shownName: 'Kim' })]
    const first = cookieOf(await people.openSession(ana.person.id))
    const second = cookieOf(await people.openSession(kim.person.id, first))
    expect([people.ofSession(first), people.ofSession(second)?.name]).toEqual([undefined, 'kim'])
    expect([people.sessionCount(ana.person.id), people.sessionCount(kim.person.id)]).toEqual([0, 1])
  })

  test('ends everywhere else on demand, and everywhere with a new code', async () => {
    const { people } = await peopleNode('a')
    const { person, code } = await people.add({ shownName: 'Ana' })
    const [one, two] = [cookieOf(await people.openSession(person.id)), cookieOf(await people.openSession(person.id))]
    await people.endOtherSessions(person.id, two)
    expect([people.ofSession(one)?.id, people.ofSession(two)?.id]).toEqual([undefined, person.id])
    const renewed = await people.newCode(person.id)
    expect(people.ofSession(two)).toBeUndefined()
    expect(await refusal(() => people.withPassword('ana', code, FROM))).toBe('SIGN_IN_FAILED')
    expect((await people.withPassword('ana', renewed, FROM)).id).toBe(person.id)
  })
})

const ED25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpVYsLaKz4Jq1FiQnVu0lYbEmNHS7Fsm0MTK2BPVL2S ana@laptop'

/** A key that differs in its last byte. */
function keyNumber(number: number): string {
  const blob = Buffer.from(ED25519.split(' ')[1] ?? '', 'base64')
  blob[blob.length - 1] = number
  return `ssh-ed25519 ${blob.toString('base64')} computer ${number}`
}

const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64')

describe('an SSH key', () => {
  test('is known by its hash on every node, until it is removed for good', async () => {
    const [left, right] = [await peopleNode('a'), await peopleNode('b')]
    const { person } = await left.people.add({ shownName: 'Ana' })
    await left.people.keys.addSsh(person.id, `  ${ED25519}\n`)
    await left.people.keys.addSsh(person.id, ED25519)
    meet(left, right)
    expect(right.people.ofSshKey(blobOf(ED25519))?.id).toBe(person.id)
    expect(right.people.ofSshKey(blobOf(keyNumber(1)))).toBeUndefined()
    const [key, ...more] = right.people.keys.list(person.id)
    expect([key?.label, key?.use, key?.scopes, more]).toEqual(['ana@laptop', 'ssh', ['push'], []])
    await right.people.keys.end(person.id, key?.hash ?? '')
    meet(left, right)
    const restarted = await left.restart()
    for (const people of [restarted, right.people]) {
      expect(people.ofSshKey(blobOf(ED25519))).toBeUndefined()
      expect(await refusal(() => people.keys.addSsh(person.id, ED25519))).toBe('ACCESS_KEY_TAKEN')
    }
  })

  test('belongs to whoever claimed it first, also when two sides of a split network did', async () => {
    const [left, right] = [await peopleNode('a'), await peopleNode('b')]
    const ana = (await left.people.add({ shownName: 'Ana' })).person
    const eve = (await left.people.add({ shownName: 'Eve' })).person
    meet(left, right)
    await left.people.keys.addSsh(ana.id, ED25519)
    await right.people.rename(eve.id, { shownName: 'Eve again' })
    await right.people.keys.addSsh(eve.id, ED25519)
    meet(left, right)
    for (const { people } of [left, right]) {
      expect(people.ofSshKey(blobOf(ED25519))?.id).toBe(ana.id)
      expect(await refusal(() => people.keys.addSsh(eve.id, ED25519))).toBe('ACCESS_KEY_TAKEN')
      await people.keys.end(eve.id, people.keys.list(ana.id)[0]?.hash ?? '')
      expect(people.ofSshKey(blobOf(ED25519))?.id).toBe(ana.id)
    }
  })

  test('goes with the account', async () => {
    const { people } = await peopleNode('a')
    const { person } = await people.add({ shownName: 'Ana' })
    await people.keys.addSsh(person.id, ED25519)
    await people.remove(person.id)
    expect(people.ofSshKey(blobOf(ED25519))).toBeUndefined()
  })

  test('has to be a whole public key of a kind that is safe', async () => {
    const { people } = await peopleNode('a')
    const { person } = await people.add({ shownName: 'Ana' })
    const [kind = '', key = ''] = ED25519.split(' ')
    const rsa = (bytes: number): string => {
      const part = (value: Buffer): Buffer => {
        const length = Buffer.alloc(4)
        length.writeUInt32BE(value.length)
        return Buffer.concat([length, value])
      }
      const blob = [Buffer.from('ssh-rsa'), Buffer.from([1, 0, 1]), Buffer.alloc(bytes, 7)].map(part)
      return `ssh-rsa ${Buffer.concat(blob).toString('base64')}`
    }
    for (const line of [
      '',
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      key,
      `${kind} ${key.slice(0, -8)}`,
      `ssh-rsa ${key}`,
      `ssh-dss ${key}`,
      `${kind} ${key.slice(0, 30)}!${key.slice(31)}`,
      rsa(255),
      rsa(1_500)
    ])
      expect([line.slice(0, 30), await refusal(() => people.keys.addSsh(person.id, line))]).toEqual([
        line.slice(0, 30),
        'SSH_KEY_INVALID'
      ])
    await people.keys.addSsh(person.id, rsa(256))
  })

  test('comes with at most nineteen others, and at most a hundred and fifty over time', async () => {
    const { people } = await peopleNode('a')
    const { person } = await people.add({ shownName: 'Ana' })
    for (let number = 0; number < 150; number++) {
      await people.keys.addSsh(person.id, keyNumber(number))
      const keys = people.keys.list(person.id)
      if (keys.length < 20) continue
      expect(await refusal(() => people.keys.addSsh(person.id, keyNumber(200)))).toBe('ACCESS_KEYS_FULL')
      for (const { hash } of keys) await people.keys.end(person.id, hash)
    }
    expect(await refusal(() => people.keys.addSsh(person.id, keyNumber(201)))).toBe('ACCESS_KEYS_FULL')
    for (let number = 0; number < 140; number++) expect(people.ofSshKey(blobOf(keyNumber(number)))).toBeUndefined()
  })
})

describe('a token', () => {
  test('stands for the code where it was made for, and never on the sign-in page', async () => {
    const [left, right] = [await peopleNode('a'), await peopleNode('b')]
    const { person, code } = await left.people.add({ shownName: 'Ana' })
    const eve = (await left.people.add({ shownName: 'Eve' })).person
    const token = await left.people.keys.addToken(person.id, { label: ' my  editor ', scopes: ['push'] })
    meet(left, right)
    expect(JSON.stringify(right.journal.entries)).not.toContain(token)
    for (const { people } of [left, right]) {
      const as = (name: string, secret: string, scope: 'push' | 'profile'): Promise<string> =>
        people.withCodeOrToken(name, secret, FROM, scope).then(
          ({ id }) => id,
          (error: { code: string }) => error.code
        )
      expect(await as('ana', token, 'push')).toBe(person.id)
      expect(await as('', token, 'push')).toBe(person.id)
      expect(await as('ana', code, 'push')).toBe(person.id)
      expect(await as('eve', token, 'push')).toBe('SIGN_IN_FAILED')
      expect(await as('ana', token, 'profile')).toBe('SIGN_IN_FAILED')
      expect(await as('ana', `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, 'push')).toBe('SIGN_IN_FAILED')
      expect(await refusal(() => people.withPassword('ana', token, FROM))).toBe('SIGN_IN_FAILED')
    }
    expect(left.people.keys.list(person.id).map(({ label }) => label)).toEqual(['my editor'])
    await right.people.keys.end(person.id, right.people.keys.list(person.id)[0]?.hash ?? '')
    meet(left, right)
    expect(await refusal(() => left.people.withCodeOrToken('ana', token, FROM, 'push'))).toBe('SIGN_IN_FAILED')
    for (const wanted of [
      { label: ' ', scopes: ['push'] as const },
      { label: 'x', scopes: [] }
    ])
      expect(await refusal(() => left.people.keys.addToken(eve.id, wanted))).toBe('BAD_REQUEST')
  })
})
