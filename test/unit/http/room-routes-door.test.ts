/** The routes of the dashboard behind the real front door: foreign pages, long forms, streams, uploads. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import '../../../node/collections/errors.ts'
import { UPLOAD_PATH } from '../../../node/http/content-desk-routes.ts'
import { MAX_SIGNAL_STREAMS_PER_ADDRESS, MAX_STREAMS_PER_PERSON } from '../../../node/http/event-streams.ts'
import { cleanName } from '../../../node/http/upload.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { type StartedFrontDoor, startFrontDoor } from '../../browser/front-door-kit.ts'
import { sampleRoom } from '../../browser/sample-room.ts'
import { cookieOf } from '../people/people-kit.ts'
import { cookies, dashboard, done, FORM, folder, node, ROUTES, serveForEachTest } from './room-routes-kit.ts'

serveForEachTest()

describe('behind the front door', () => {
  let door: StartedFrontDoor
  beforeEach(async () => {
    door = await startFrontDoor(sampleRoom, { people: { current: () => node.people }, dashboard })
  })
  afterEach(() => door.frontDoor.stop())

  test('no foreign page can cause any of it, with or without the cookie', async () => {
    for (const route of Object.keys(ROUTES)) {
      const [method, path = ''] = route.split(' ')
      if (method !== 'POST') continue
      for (const origin of ['http://evil.example', 'null', undefined]) {
        const answer = await fetch(door.origin + path, {
          method: 'POST',
          headers: {
            cookie: cookies.get('facilitator') ?? '',
            'content-type': 'application/x-www-form-urlencoded',
            ...(origin !== undefined && { origin })
          },
          body: FORM
        })
        expect([route, origin, answer.status]).toEqual([route, origin, 403])
        await answer.body?.cancel()
      }
    }
    expect(done).toEqual([])
  })

  test('a form that is longer than a form can be is refused', async () => {
    const answer = await fetch(`${door.origin}/room/devices/rename`, {
      method: 'POST',
      headers: {
        cookie: cookies.get('facilitator') ?? '',
        'content-type': 'application/x-www-form-urlencoded',
        origin: door.origin
      },
      body: `name=${'x'.repeat(200_000)}`
    })
    expect(answer.status).toBe(413)
    await answer.body?.cancel()
  })

  test('one person has so many streams open, and not one more; those that end make room', async () => {
    const open = async (): Promise<Response & { end(): void }> => {
      const ending = new AbortController()
      const answer = await fetch(`${door.origin}/signals/live`, {
        headers: { cookie: cookies.get('learner') ?? '' },
        signal: ending.signal
      })
      return Object.assign(answer, { end: () => ending.abort() })
    }
    const streams = await Promise.all(Array.from({ length: MAX_STREAMS_PER_PERSON }, open))
    for (const { status, headers } of streams) {
      expect(status).toBe(200)
      expect(headers.get('content-type')).toContain('text/event-stream')
    }
    expect((await open()).status).toBe(503)
    streams[0]?.end()
    await expect
      .poll(async () => {
        const again = await open()
        const { status } = again
        if (status !== 200) await again.body?.cancel()
        return status
      })
      .toBe(200)
  })

  test('one address follows so many stickies, and not one more: a class behind a router keeps connections for its pages', async () => {
    const ending = new AbortController()
    const open = async (cookie: string): Promise<number> => {
      const { status } = await fetch(`${door.origin}/signals/live`, { headers: { cookie }, signal: ending.signal })
      return status
    }
    for (let number = 0; number < MAX_SIGNAL_STREAMS_PER_ADDRESS; number++) {
      const { person } = await node.people.add({ shownName: `Learner ${number}` })
      expect(await open(cookieOf(await node.people.openSession(person.id)))).toBe(200)
    }
    expect(await open(cookies.get('learner') ?? '')).toBe(503)
    // A dashboard is another matter.
    const watching = await fetch(`${door.origin}/room/live`, {
      headers: { cookie: cookies.get('helper') ?? '' },
      signal: ending.signal
    })
    expect(watching.status).toBe(200)
    ending.abort()
  })

  test('an upload is streamed to the disk, and refused where it does not fit, has no known kind or is broken', async () => {
    const send = async (body: FormData | string, type?: string): Promise<number> => {
      const answer = await fetch(door.origin + UPLOAD_PATH, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          cookie: cookies.get('facilitator') ?? '',
          origin: door.origin,
          ...(type !== undefined && { 'content-type': type })
        },
        body
      })
      await answer.body?.cancel()
      return answer.status
    }
    const form = (name: string, size: number): FormData => {
      const made = new FormData()
      made.set('collection', 'installers')
      made.set('file', new Blob([new Uint8Array(size)]), name)
      return made
    }
    expect(await send(form('setup-1.0.exe', 100))).toBe(303)
    await expect.poll(() => done.filter((one) => one.startsWith('add'))).toHaveLength(1)
    await expect.poll(async () => (await nodeDisk.stat(`${folder.path}/uploads`)) === undefined).toBe(true)
    expect(await send(form('setup-1.1.exe', 2_000))).toBe(413)
    expect(await send(form('../../etc/passwd', 10))).toBe(415)
    for (const name of ['.bashrc', 'x.unknown', `${'x'.repeat(150)}.zip`, 'new\nline.zip'])
      expect(() => cleanName(name)).toThrow(expect.objectContaining({ code: 'UPLOAD_TYPE' }))
    expect(await send('--x\r\nnonsense', 'multipart/form-data; boundary=x')).toBe(400)
    expect(await send(FORM, 'application/x-www-form-urlencoded')).toBe(400)
    expect(await nodeDisk.stat(`${folder.path}/uploads`)).toBeUndefined()
  })
})
