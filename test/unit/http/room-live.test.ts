import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RoomActions } from '../../../node/http/room-door.ts'
import type { RoomLive } from '../../../node/live/index.ts'
import { glanceOfOverview } from '../../../protocols/room-glance.ts'
import { type StartedFrontDoor, startFrontDoor } from '../../browser/front-door-kit.ts'
import { sampleRoom } from '../../browser/sample-room.ts'
import { LiveRoom } from '../live/live-kit.ts'
import { cookieOf, type PeopleNode, peopleNode } from '../people/people-kit.ts'

let node: PeopleNode
let door: StartedFrontDoor
let live: RoomLive
let helper: string
let cookie: string

beforeEach(async () => {
  node = await peopleNode('a')
  const { person } = await node.people.add({ shownName: 'Kim', role: 'helper' })
  helper = person.id
  cookie = cookieOf(await node.people.openSession(helper))
  live = (await new LiveRoom(1).add('a')).live
  const dashboard = {
    current: () => live,
    glance: async () => glanceOfOverview(sampleRoom),
    actions: {} as RoomActions
  }
  door = await startFrontDoor(sampleRoom, { people: { current: () => node.people }, dashboard })
})
afterEach(() => door.frontDoor.stop())

/** The stream of the dashboard, once its first event is here. */
async function following(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const { status, body } = await fetch(`${door.origin}/room/live`, { headers: { cookie } })
  expect(status).toBe(200)
  const reader = (body as ReadableStream<Uint8Array>).getReader()
  for (let text = ''; !text.includes('"whole"'); ) text += Buffer.from((await reader.read()).value ?? []).toString()
  return reader
}

async function ended(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}

test('a dashboard ends when its person is removed, and is not opened again', async () => {
  const reader = await following()
  await node.people.remove(helper)
  await ended(reader)
  const again = await fetch(`${door.origin}/room/live`, { headers: { cookie } })
  expect(again.status).toBe(401)
  await again.body?.cancel()
})

test('a dashboard begins anew when the device has entered another room', async () => {
  const reader = await following()
  live = (await new LiveRoom(2).add('b')).live
  await ended(reader)
  await (await following()).cancel()
})
