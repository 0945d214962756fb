/** A cloud peer that dies in the middle, has no room, and is taken out of the room. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CloudRoomStatus } from '../../node/control/operations.ts'
import { until } from '../kit/child.ts'
import { joinery, joineryAnyway, joineryJson } from '../kit/node-process.ts'
import { TcpProxy } from '../kit/tcp-proxy.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import {
  cloudsOf,
  cloudWhere,
  dataOf,
  importFolder,
  link,
  linkText,
  noise,
  roomsAt,
  startCloud,
  startRoom
} from './cloud-kit.ts'

const FILE_BYTES = 700_000

test('killed in the middle it goes on; full, the room is told; unlinked, it gets nothing more until it is linked again', async () => {
  using folder = temporaryFolder()
  const [first, room] = await Promise.all([
    startCloud(dataOf(folder.path, 'cloud'), 'cloud', '--capacity', '1 MB'),
    startRoom(dataOf(folder.path, 'room'), 'Hall', 'pi')
  ])
  await using stoppedRoom = room
  await using _firstCloud = first
  await using line = await TcpProxy.listen({ host: '127.0.0.1', port: first.meshPort })
  line.bytesPerSecond = 250_000
  const lessons = join(folder.path, 'source/lessons/x')
  mkdirSync(lessons, { recursive: true })
  for (const name of ['a', 'b']) writeFileSync(join(lessons, `${name}.bin`), noise(FILE_BYTES, name.charCodeAt(0)))
  await importFolder(room, join(folder.path, 'source'))
  const again = await linkText(first, `127.0.0.1:${line.port}`)
  await link(room, again)
  await until('the first file is on its way', () => line.sentBytes > FILE_BYTES / 2)
  await first.node.kill()

  await using cloud = await startCloud(
    first.place,
    'cloud',
    '--mesh-port',
    String(first.meshPort),
    '--capacity',
    '1 MB'
  )
  const told = await cloudWhere(
    room,
    'the room knows that its cloud peer is full',
    ({ full, heldBytes, leftFiles }) => full && heldBytes >= FILE_BYTES && leftFiles === 0
  )
  expect(told).toMatchObject({ state: 'linked', journalDone: true })
  expect(told.heldBytes).toBeLessThan(2 * FILE_BYTES)
  // Only what was on its way when it died was sent again: a file under 2 MiB is one piece, and held in memory until it is whole.
  expect(line.sentBytes).toBeLessThan(2 * FILE_BYTES)
  const { problems } = await room.node.status()
  expect(problems.map(({ code }) => code)).toContain('CLOUD_FULL')
  expect((await joinery(room.place, ['cloud', 'status'])).stdout).toContain('Its disk is full')

  await joineryJson(room.place, ['cloud', 'unlink'])
  expect(await cloudsOf(room)).toEqual([])
  const atCloud = (what: string, holds: (one: CloudRoomStatus | undefined) => boolean): Promise<unknown> =>
    until(what, async () => holds((await roomsAt(cloud))[0]))
  await atCloud('the cloud peer knows it and nobody is connected', (one) => one?.unlinked === true && one.devices === 0)
  const devices = async (): Promise<string[]> => (await room.node.status()).overview.devices.map(({ name }) => name)
  expect(await devices()).toEqual(['pi'])
  // Linked again with the same text: it goes on where it was, and what is used of a budget is counted anew.
  await link(room, again)
  const back = await cloudWhere(room, 'it is back', ({ state, journalDone }) => state === 'linked' && journalDone)
  expect(back.heldBytes).toBeGreaterThanOrEqual(FILE_BYTES)
  expect(back.usedBytes).toBeLessThan(FILE_BYTES)
  expect((await devices()).sort()).toEqual(['cloud', 'pi'])
  await atCloud('the cloud peer knows that too', (one) => one?.unlinked === false)

  await joineryJson(room.place, ['cloud', 'unlink', '--for-good', '--yes'])
  await atCloud('the cloud peer is out', (one) => one?.unlinked === true)
  // With the same text, or another one of it, it does not come back.
  for (const refused of [again, await linkText(cloud, `127.0.0.1:${line.port}`)]) {
    expect(await joineryAnyway(room.place, ['cloud', 'link', refused])).toMatchObject({
      code: expect.not.stringMatching(/^0$/),
      stderr: expect.stringContaining('CLOUD_LINK_REFUSED')
    })
  }
  expect(stoppedRoom.node.child.over).toBe(false)
})
