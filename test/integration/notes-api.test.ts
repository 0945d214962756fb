import { afterEach, expect, test } from 'vitest'
import type { NoteDoor } from '../../node/http/front-door.ts'
import { createNotes } from '../../node/notes/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { systemRandom } from '../../node/platform/random.ts'
import { type StartedFrontDoor, startFrontDoor } from '../browser/front-door-kit.ts'
import { sampleRoom } from '../browser/sample-room.ts'
import { MemoryJournal } from '../unit/notes/memory-journal.ts'

let door: StartedFrontDoor | undefined

afterEach(() => door?.frontDoor.stop())

async function started(): Promise<string> {
  const notes = await createNotes(
    { journal: new MemoryJournal('aa'), clock: systemClock, random: systemRandom, disk: nodeDisk },
    { directory: '/nowhere' }
  )
  const noteDoor: NoteDoor = {
    syncPath: '/notes/sync/',
    handleUpgrade: (...upgrade) => notes.handleUpgrade(...upgrade),
    page: () => undefined,
    asset: () => undefined,
    list: () => notes.list(),
    create: (title) => notes.create(title),
    rename: (id, title) => notes.rename(id, title),
    exportText: (id) => notes.exportText(id)
  }
  door = await startFrontDoor(sampleRoom, { notes: noteDoor })
  return door.origin
}

/** As a page of this device does. */
const send = (method: string, body: object, type = 'application/json'): RequestInit => ({
  method,
  headers: { 'Content-Type': type, Origin: door?.origin ?? '' },
  body: JSON.stringify(body)
})

test('a note is made, listed and renamed as the description of the API says', async () => {
  const origin = await started()
  const api = (await (await fetch(`${origin}/api/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { responses: Record<string, object> }>>
    components: { schemas: { NoteLine: { required: string[] } } }
  }
  const notesOf = Object.entries(api.paths).filter(([path]) => path.startsWith('/api/notes'))
  expect(notesOf.flatMap(([path, verbs]) => Object.keys(verbs).map((verb) => `${verb} ${path}`))).toEqual([
    'get /api/notes',
    'post /api/notes',
    'patch /api/notes/{id}',
    'get /api/notes/{id}/text'
  ])
  const made = await fetch(`${origin}/api/notes`, send('POST', { title: 'Day one' }))
  expect(made.status).toBe(201)
  const line = (await made.json()) as { id: string }
  expect(Object.keys(line).sort()).toEqual([...api.components.schemas.NoteLine.required].sort())
  expect(await (await fetch(`${origin}/api/notes`)).json()).toEqual([line])
  const renamed = await fetch(`${origin}/api/notes/${line.id}`, send('PATCH', { title: 'Day two' }))
  expect(await renamed.json()).toEqual({ ...line, title: 'Day two' })
  expect((await fetch(`${origin}/api/notes/${line.id}/text`)).headers.get('content-type')).toMatch(/^text\/markdown/)
})

test('what the description does not allow is refused with a code, and makes nothing', async () => {
  const origin = await started()
  const bad: [string, RequestInit, number][] = [
    ['/api/notes', send('POST', {}), 400],
    ['/api/notes', send('POST', { title: {} }), 400],
    ['/api/notes', send('POST', { title: 'x'.repeat(1001) }), 400],
    ['/api/notes', send('POST', { title: '\u202e\n' }), 400],
    ['/api/notes', send('POST', { title: 'x' }, 'application/x-www-form-urlencoded'), 415],
    ['/api/notes/none', send('PATCH', { title: 'x' }), 404],
    ['/api/notes/..%2fnone/text', {}, 400]
  ]
  for (const [path, request, status] of bad) {
    const answer = await fetch(origin + path, request)
    expect([path, request.body, answer.status]).toEqual([path, request.body, status])
    expect(await answer.json()).toHaveProperty('code')
  }
  expect(await (await fetch(`${origin}/api/notes`)).json()).toEqual([])
})
