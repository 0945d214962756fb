import { expect, test } from 'vitest'
import { ASKED_PEERS } from '../../../node/load/limits.ts'
import { Offers } from '../../../node/load/offers.ts'
import { cidOfDigest } from '../../../protocols/cid.ts'
import { encodeLoadAnswer } from '../../../protocols/load.ts'
import type { MessageStream, PeerLink } from '../../../protocols/message-stream.ts'
import { profileOf } from '../../kit/peer-profile.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { MemoryLinks } from '../blobs/room.ts'

test.each([
  ['as many as the limit are asked, one after the other, until one takes the learner', ASKED_PEERS - 1, true],
  ['one more is not asked: the learner waits long enough', ASKED_PEERS, false]
])('%s', async (_rule, takes, found) => {
  const asked: string[] = []
  const links = Array.from({ length: ASKED_PEERS + 1 }, (_, number): PeerLink => {
    const peer = `peer ${number}`
    const stream = {
      send: async () => void asked.push(peer),
      receive: async () => encodeLoadAnswer({ takes: number === takes, active: 1 }),
      close: async () => undefined
    } as unknown as MessageStream
    return { peer, profile: profileOf(peer), open: async () => stream } as unknown as PeerLink
  })
  const offers = new Offers({
    ...{ clock: new SimulatedClock(new SimulatedTime()), links: new MemoryLinks(), holds: () => true, load: () => 0 }
  })
  const question = { cid: cidOfDigest(new Uint8Array(32)), sizeBytes: 1, network: 'n' }
  const link = await offers.find(question as never, links)
  expect(link?.peer).toBe(found ? `peer ${takes}` : undefined)
  expect(asked).toEqual(links.slice(0, ASKED_PEERS).map(({ peer }) => peer))
})
