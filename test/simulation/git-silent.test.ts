/** Devices that are gone while their links still look whole: the mesh notices a dead device after half a minute. */
import { expect, test } from 'vitest'
import { rendezvousOrder } from '../../node/git/agreement/route.ts'
import { GitRoom } from './git-room.ts'

test.each([1, 2, 3])(
  'a device does not become the home with the help of one that is as silent as the home, seed %i',
  async (seed) => {
    const room = new GitRoom(seed, { devices: 3, network: { noticeMs: [60_000, 60_000] }, diskLatencyMs: 0 })
    const [home, ...others] = room.devices
    if (!home) throw new Error('no device')
    await room.startAll()
    await room.run(2_000)
    room.make(home, 'recipes')
    await room.run(2_000)
    const [id = ''] = room.repositories
    // Of the two the one whose turn it would be, if both were there.
    const order = rendezvousOrder(
      id,
      others.map((device) => device.id)
    )
    const alone = others.find((device) => device.id === order[0])
    if (!alone) throw new Error('no other device')
    for (const device of room.devices) if (device !== alone) device.kill()
    room.work(alone, id, (seen) => seen.push([{ ref: 'refs/heads/main', old: undefined, new: seen.commit([]) }]))
    await room.run(55_000)
    expect(room.localPushes).toBe(1)
    expect(alone.life?.agreement.directory.log(id)?.home?.epoch).toBe(1)
  }
)
