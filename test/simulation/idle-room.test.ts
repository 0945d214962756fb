/** What a room costs that does nothing: the journal's digests and the inventories of 60 devices, on the links that the mesh would choose. */
import { expect, test } from 'vitest'
import { chooseLinks } from '../../node/mesh/link-choice.ts'
import { SimulatedRoom } from './simulated-room.ts'

const MINUTES = 5
/**
 * What the link itself costs, which this network does not simulate: keep-alive and window updates over noise and yamux, with the headers of
 * TCP and IP. `npm run bench -- mesh` measures 1.9 KB a minute for a device with two links.
 */
const LINK_BYTES_PER_MINUTE = 950
const MOST_BYTES_PER_NODE_AND_MINUTE = 20_000

async function idleBytesPerNodeAndMinute(devices: number): Promise<number> {
  const room = new SimulatedRoom(60, { devices, network: {}, diskLatencyMs: 2 })
  const ids = room.devices.map(({ id }) => id)
  const wanted = new Map(ids.map((id) => [id, chooseLinks(id, ids)]))
  const linked = (a: string, b: string): boolean => wanted.get(a)?.has(b) === true || wanted.get(b)?.has(a) === true
  let links = 0
  for (const [i, a] of ids.entries()) {
    for (const b of ids.slice(i + 1)) {
      if (linked(a, b)) links++
      else room.network.cut(a, b)
    }
  }
  await room.startAll(() => 0)
  for (const device of room.devices) room.write(device, 20)
  await room.run(60_000)
  const roots = new Set(
    room.devices.map(({ life }) => Buffer.from(life?.journal.exchange.root() ?? []).toString('hex'))
  )
  expect(roots.size).toBe(1)
  const before = room.network.totalBytes
  await room.run(MINUTES * 60_000)
  const simulated = (room.network.totalBytes - before) / devices / MINUTES
  return simulated + (2 * links * LINK_BYTES_PER_MINUTE) / devices
}

test('60 idle devices send at most 20 KB a minute each', async () => {
  const sent = await idleBytesPerNodeAndMinute(60)
  console.log(`60 idle devices: ${Math.round(sent)} bytes a minute each`)
  expect(sent).toBeLessThan(MOST_BYTES_PER_NODE_AND_MINUTE)
})

test('ten times the devices cost at most twelve times the traffic', async () => {
  const [few, many] = [12, 120]
  const ratio = (many * (await idleBytesPerNodeAndMinute(many))) / (few * (await idleBytesPerNodeAndMinute(few)))
  console.log(`${few} to ${many} idle devices: ${ratio.toFixed(1)} times the traffic`)
  expect(ratio).toBeLessThan(12)
})
