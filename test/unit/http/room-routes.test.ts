/** Every route of the dashboard, from the route table itself: who may, how often, and from where. */
import { describe, expect, test } from 'vitest'
import '../../../node/collections/errors.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { may } from '../../../protocols/people-rights.ts'
import { glanceOfOverview } from '../../../protocols/room-glance.ts'
import { sampleRoom } from '../../browser/sample-room.ts'
import {
  app,
  call,
  cookies,
  copies,
  dashboard,
  done,
  node,
  other,
  ROLES,
  ROUTES,
  roleOf,
  SECRET,
  self,
  serveForEachTest,
  table
} from './room-routes-kit.ts'

serveForEachTest()

test('the table of routes is complete', () => {
  expect(Object.fromEntries([...table].map(([route, { action }]) => [route, action ?? 'anybody']))).toEqual(ROUTES)
})

describe.each(Object.entries(ROUTES))('%s', (route, action) => {
  test(`is for whoever may ${action}`, async () => {
    for (const who of ROLES) {
      const status = await call(route, who)
      const isAllowed = action === 'anybody' || may(roleOf(who), action)
      if (isAllowed) expect([who, status < 400]).toEqual([who, true])
      else if (who === 'nobody' && route.startsWith('GET') && !/\/(?:live|space)$/.test(route))
        expect([who, status]).toEqual([who, 303])
      else expect([who, status]).toEqual([who, who === 'nobody' ? 401 : 403])
    }
  })
})

describe('what comes of it', () => {
  const facilitator = (route: string, form: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url: route,
      headers: { cookie: cookies.get('facilitator') ?? '', 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(form).toString()
    })

  test('each action reaches the room as it was asked for', async () => {
    for (const [route, { pace }] of [...table].filter(([one]) => one.startsWith('POST'))) {
      // The stick waits until the upload is over: one thing at a time.
      const again = (): Promise<number> => {
        node.clock.nowMs += pace?.refillMs ?? 0
        return call(route, 'facilitator')
      }
      await expect.poll(again).toBe(303)
    }
    expect(done.sort()).toEqual(
      [
        `answer "${other?.id}" "402771" true`,
        ...['add {"unpack":false}', 'add {"unpack":false}', 'add {"unpack":false}', 'check'],
        `leaving "${other?.id}" true`,
        'copies "installers/rstudio" {"kind":"copies","copies":3}',
        ...['invite 4', 'revoke "cd"'],
        `remove "${other?.id}"`,
        `stolen "${other?.id}"`,
        `rename "${other?.id}" "pi-shelf"`,
        'rollback "lessons" "abc"'
      ].sort()
    )
  })

  test('no folder is added but one that the page offers', async () => {
    for (const wrong of [
      '/srv/workshops',
      '/srv/workshops/spring/',
      '/srv/workshops/spring/../../../etc',
      '/etc',
      ''
    ]) {
      expect((await facilitator('/room/content/folder', { folder: wrong })).statusCode, wrong).toBe(404)
    }
    expect(done).toEqual([])
  })

  test('a device is removed only when its name was typed', async () => {
    const answer = await facilitator('/room/devices/remove', { device: other?.id ?? '', confirm: self?.name ?? '' })
    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/room?problem=NAME_DIFFERS'])
    expect(done).toEqual([])
  })

  test('who blocked a stolen device reads once more what is left to do, and nobody else does', async () => {
    await facilitator('/room/devices/stolen', { device: other?.id ?? '', confirm: other?.name ?? '' })
    const look = async (who: string): Promise<[number, string]> => {
      const { statusCode, body } = await app.inject({
        url: '/room/devices/stolen',
        headers: { cookie: cookies.get(who) ?? '' }
      })
      return [statusCode, body]
    }
    const [status, page] = await look('facilitator')
    expect([status, page.includes('abababab'), page.includes('pi-back')]).toEqual([200, true, true])
    expect(await look('second facilitator')).toEqual([303, ''])
  })

  test('an invitation is shown to whoever made it alone, in no address and no cache, until they have it or take it back', async () => {
    const shown = async (who: string): Promise<boolean> => {
      const { headers, body } = await app.inject({
        url: '/room/invitations',
        headers: { cookie: cookies.get(who) ?? '' }
      })
      expect(headers['cache-control']).toBe('no-store')
      return body.includes(SECRET)
    }
    for (const [path, form] of [
      ['/room/invitations/noted', {}],
      ['/room/invitations/revoke', { invitation: 'ef'.repeat(32) }]
    ] as const) {
      const answer = await facilitator('/room/invitations', { uses: '3', role: 'laptop' })
      expect([answer.statusCode, answer.headers.location, answer.body]).toEqual([303, '/room/invitations', ''])
      expect(await shown('facilitator')).toBe(true)
      expect(await shown('second facilitator')).toBe(false)
      await facilitator(path, form)
      expect(await shown('facilitator')).toBe(false)
    }
    expect(done).toEqual(['invite 3', 'invite 3', `revoke "${'ef'.repeat(32)}"`])
  })

  test('the line to paste has the address that the page was asked at, and the role', async () => {
    await facilitator('/room/invitations', { uses: '1', role: 'laptop' })
    const { body } = await app.inject({
      url: '/room/invitations',
      headers: { cookie: cookies.get('facilitator') ?? '' }
    })
    expect(body).toContain(
      `wget http://192.168.1.20/x &amp;&amp; sudo ./joinery/install --join ${SECRET} --role laptop</code>`
    )
  })

  test.each(['0', '101', '1.5', 'many', ''])('%j devices cannot be invited', async (uses) => {
    expect((await facilitator('/room/invitations', { uses })).statusCode).toBe(400)
    expect(done).toEqual([])
  })

  test.each([
    ['copies', '0', 400],
    ['copies', '1', 303],
    ['copies', '60', 303],
    ['copies', '61', 400],
    ['copies', '', 400],
    ['never', '2', 400],
    ['standard', '', 303],
    ['on-demand', '0', 303]
  ])('a rule of %s %j is answered as on the command line', async (kind, number, status) => {
    const answer = await facilitator('/room/copies', { target: 'lessons', kind, copies: number })
    expect([answer.statusCode, done.length]).toEqual([status, status === 303 ? 1 : 0])
    // What was wrong stands in the form that it was sent from.
    if (status === 400) expect(answer.body).toContain('role="alert"')
  })

  test('a rule for what cannot be a collection is refused in words, and what was typed stays', async () => {
    copies.set = () => Promise.reject(new JoineryError('COLLECTION_NAME_WRONG', 'not a name'))
    const answer = await facilitator('/room/copies', { target: 'No such/<b>', kind: 'everywhere' })
    expect(answer.statusCode).toBe(400)
    expect(answer.body).toContain('That is no collection and no path of one.')
    expect(answer.body).toContain('value="No such/&lt;b&gt;"')
  })

  const noTimes = ['', 'yesterday', '24.11.2026 13:30', '2096-13-01 10:00', '2096-02-30 10:00', '2096-11-24 10:60']
  test.each(noTimes)('%j is no time', async (time) => {
    const answer = await facilitator('/room/clock', { time })
    expect(answer.headers.location).toBe('/room?problem=TIME_INVALID')
  })

  test('whoever is too quick is asked to wait, and somebody else is not', async () => {
    const { pace } = table.get('POST /signals/all-down') ?? {}
    for (let i = 0; i < (pace?.burst ?? 0); i++) expect(await call('POST /signals/all-down', 'facilitator')).toBe(303)
    expect(await call('POST /signals/all-down', 'facilitator')).toBe(429)
    node.clock.nowMs += pace?.refillMs ?? 0
    expect(await call('POST /signals/all-down', 'facilitator')).toBe(303)
  })

  test('names of those who need help are for those who help', async () => {
    const glance = glanceOfOverview(sampleRoom)
    const people = [{ name: 'ana', shownName: 'Ana María', sticky: 'red' as const, hand: false, ageMs: 0 }]
    dashboard.glance = async () => ({ ...glance, signals: { green: 0, red: 1, hands: 0, learners: 3, people } })
    for (const [who, isShown] of [
      ['nobody', false],
      ['learner', false],
      ['helper', true]
    ] as const) {
      const answer = await app.inject({ url: '/room', headers: { cookie: cookies.get(who) ?? '' } })
      expect([who, answer.body.includes('Ana María')]).toEqual([who, isShown])
      expect(answer.body).toContain('1 need help')
    }
  })

  test('whose code came from a card is told to facilitators', async () => {
    dashboard.glance = async () => ({
      ...glanceOfOverview(sampleRoom),
      recovered: [{ person: 'Ana María', device: 'pi-back' }]
    })
    for (const who of ['nobody', 'learner', 'helper', 'facilitator'] as const) {
      const { body } = await app.inject({ url: '/room', headers: { cookie: cookies.get(who) ?? '' } })
      expect([who, body.includes('Ana María')]).toEqual([who, who === 'facilitator'])
    }
  })
})
