/** Somebody else's session: not to be guessed, not to be given to anybody beforehand, and worth nothing once it has ended (ASVS 7.2.3, 7.2.4, 7.4.1, 8.3.2). */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type StartedFrontDoor, startFrontDoor } from '../browser/front-door-kit.ts'
import { sampleRoom } from '../browser/sample-room.ts'
import { cookieOf, type PeopleNode, peopleNode } from '../unit/people/people-kit.ts'

let node: PeopleNode
let door: StartedFrontDoor
let ana: { name: string; code: string; id: string }
beforeEach(async () => {
  node = await peopleNode('a')
  await node.people.add({ shownName: 'First facilitator', role: 'facilitator' })
  const { person, code } = await node.people.add({ shownName: 'Ana', role: 'facilitator' })
  ana = { name: person.name, code, id: person.id }
  door = await startFrontDoor(sampleRoom, { people: { current: () => node.people } })
})
afterEach(() => door.frontDoor.stop())

function post(path: string, fields: Record<string, string>, cookie = ''): Promise<Response> {
  return fetch(door.origin + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: door.origin, cookie, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields)
  })
}

async function signIn(cookie = ''): Promise<string> {
  const answer = await post('/sign-in', { name: ana.name, code: ana.code }, cookie)
  expect(answer.status).toBe(303)
  return answer.headers.get('set-cookie') ?? ''
}

async function statusOf(path: string, cookie: string): Promise<number> {
  const answer = await fetch(door.origin + path, { headers: { cookie }, redirect: 'manual' })
  await answer.arrayBuffer()
  return answer.status
}

test('a session is 256 random bits in a cookie that no script reads, no foreign page sends along, and no other address has', async () => {
  const tokens = new Set<string>()
  for (let count = 0; count < 12; count++) {
    const cookie = await signIn()
    const [value = '', ...attributes] = cookie.split('; ')
    const token = value.split('=')[1] ?? ''
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    expect(attributes).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Lax', 'Path=/']))
    expect(attributes.some((one) => /^domain/i.test(one))).toBe(false)
    tokens.add(token)
  }
  expect(tokens.size).toBe(12)
  // Another one, however near, is nobody's.
  const [name, token = ''] = cookieOf(await signIn()).split('=')
  expect(await statusOf('/me', `${name}=${token}`)).toBe(200)
  for (const guess of [token.slice(0, -1), `${token}A`, token.toLowerCase(), '', '*', '__proto__'])
    expect([guess, await statusOf('/me', `${name}=${guess}`)]).toEqual([guess, 303])
})

test('a session that somebody put into the browser beforehand is not the one that signing in gives, and is ended by it', async () => {
  const eve = (await node.people.add({ shownName: 'Eve' })).person
  const planted = cookieOf(await node.people.openSession(eve.id))
  const own = cookieOf(await signIn(planted))
  expect(own).not.toBe(planted)
  expect(await statusOf('/me', planted)).toBe(303)
  expect(await statusOf('/me', own)).toBe(200)
  // One that nobody has ever been given stays nobody's.
  const invented = `${own.split('=')[0]}=${'A'.repeat(43)}`
  await signIn(invented)
  expect(await statusOf('/me', invented)).toBe(303)
})

test('a copy of the cookie is worth nothing after signing out, a new code, "everywhere else", or removal', async () => {
  const stolen = cookieOf(await signIn())
  await post('/sign-out', {}, stolen)
  expect(await statusOf('/me', stolen)).toBe(303)

  const second = cookieOf(await signIn())
  const other = cookieOf(await signIn())
  await post('/me/sign-out-others', {}, other)
  expect([await statusOf('/me', second), await statusOf('/me', other)]).toEqual([303, 200])

  const renewed = await post('/me/code', {}, other)
  expect(await statusOf('/me', other)).toBe(303)
  const last = cookieOf(renewed.headers.get('set-cookie') ?? '')
  expect(await statusOf('/me', last)).toBe(200)

  await post('/me/remove', { confirm: ana.name }, last)
  expect(await statusOf('/me', last)).toBe(303)
})

test('a right that is taken is gone with the next request of a session that is open', async () => {
  const cookie = cookieOf(await signIn())
  expect(await statusOf('/people', cookie)).toBe(200)
  await node.people.setRole(ana.id, 'learner')
  expect(await statusOf('/people', cookie)).toBe(403)
  expect((await post('/people/role', { person: ana.id, role: 'facilitator' }, cookie)).status).toBe(403)
  expect(node.people.person(ana.id)?.role).toBe('learner')
  await node.people.setRole(ana.id, 'helper')
  expect(await statusOf('/people', cookie)).toBe(200)
})
