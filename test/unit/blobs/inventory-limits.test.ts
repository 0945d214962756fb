/** What a peer may tell of its inventory over a live stream: at each limit, one past it, and lies. */
import { expect, test } from 'vitest'
import { MAX_PEER_BITS, MAX_PEER_PARTIALS, MAX_PEER_SHARDS } from '../../../node/blobs/limits.ts'
import { Bitfield } from '../../../protocols/bitfield.ts'
import { type Cid, cidOfDigest } from '../../../protocols/cid.ts'
import { encodeInventory, INVENTORY_PROTOCOL, MAX_CHANGES, MAX_SHARD_BLOBS } from '../../../protocols/inventory.ts'
import type { MessageStream, PeerLink } from '../../../protocols/message-stream.ts'
import { followAll, linkDevices, streamPair, TestCatalogue } from './room.ts'
import { fillSimulated, SimulatedRoom } from './simulated-devices.ts'

type Told = Parameters<typeof encodeInventory>[0]

function cidNumber(i: number): Cid {
  const digest = new Uint8Array(32)
  new DataView(digest.buffer).setUint32(0, i + 1)
  digest[31] = 9
  return cidOfDigest(digest)
}

function full(length: number): Bitfield {
  const bits = new Bitfield(length)
  for (let i = 0; i < length; i++) bits.add(i)
  return bits
}

/** `b` wants what `honest` has; `teller` is a peer that has nothing, and whose inventory the test writes. */
async function roomWithTeller(blobCount = 3) {
  const room = new SimulatedRoom()
  const [b, honest, teller] = [await room.device('b'), await room.device('honest'), await room.device('teller')]
  const blobs = await fillSimulated(honest, Array(blobCount).fill(500), { kind: 'everywhere' })
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  const shard = catalogue.shards()[0]?.shard as Cid
  followAll([b, honest], catalogue, ['b', 'honest', 'teller'])
  const streams: MessageStream[] = []
  const link: PeerLink = {
    peer: 'teller',
    profile: { name: 'teller', role: 'node', bootId: '00'.repeat(16), httpPort: 0, capacityBytes: 1 },
    remoteAddress: '127.0.0.1',
    dialer: true,
    async open(protocol) {
      const [ours, theirs] = streamPair()
      if (protocol === INVENTORY_PROTOCOL) streams.push(theirs)
      else
        teller.links.handlers
          .get(protocol)
          ?.handler(theirs, { ...link, peer: 'b' })
          .catch(() => undefined)
      return ours
    }
  }
  b.links.add(link)
  await room.until(() => streams.length === 1)
  const tell = async (messages: Iterable<Told>): Promise<void> => {
    const sending = async (): Promise<void> => {
      for (const message of messages) await streams.at(-1)?.send(encodeInventory(message))
    }
    // The stream ends under the sender once it is refused.
    await room.done(sending().catch(() => undefined))
    await room.pass(500, 50)
  }
  const refused = (): string[] => b.events.flatMap((event) => (event.kind === 'peer-refused' ? [event.code] : []))
  return { room, b, honest, blobs, shard, streams, tell, refused }
}

function* shards(count: number, bits: number): Generator<Told> {
  for (let i = 0; i < count; i++) yield { kind: 'shard', shard: cidNumber(i), bits: new Bitfield(bits) }
}

function* partials(count: number): Generator<Told> {
  for (let i = 0; i < count; i++) yield { kind: 'partial', cid: cidNumber(i), bits: full(3) }
}

const announced: Told = { kind: 'shard', shard: cidNumber(0), bits: new Bitfield(2 * MAX_CHANGES) }
const changes = (count: number): Told[] => [
  announced,
  { kind: 'changed', shard: cidNumber(0), gained: Array.from({ length: count }, (_, i) => i), lost: [] }
]

test.each<{ what: string; at: () => Iterable<Told>; past: () => Iterable<Told>; code: string }>([
  {
    what: 'shards',
    at: () => shards(MAX_PEER_SHARDS, 1),
    past: () => shards(MAX_PEER_SHARDS + 1, 1),
    code: 'TOO_LARGE'
  },
  {
    what: 'bits',
    at: () => shards(MAX_PEER_BITS / MAX_SHARD_BLOBS, MAX_SHARD_BLOBS),
    past: () => [...shards(MAX_PEER_BITS / MAX_SHARD_BLOBS, MAX_SHARD_BLOBS), { ...announced, shard: cidNumber(9999) }],
    code: 'TOO_LARGE'
  },
  {
    what: 'partial files',
    at: () => partials(MAX_PEER_PARTIALS),
    past: () => partials(MAX_PEER_PARTIALS + 1),
    code: 'TOO_LARGE'
  },
  { what: 'changes', at: () => changes(MAX_CHANGES), past: () => changes(MAX_CHANGES + 1), code: 'MALFORMED' },
  {
    what: 'changes of what was never announced',
    at: () => [announced],
    past: () => [{ kind: 'changed', shard: cidNumber(5), gained: [0], lost: [] }],
    code: 'MALFORMED'
  }
])(
  '$what: the limit is heard out; one past it ends the stream, and the peer is not asked',
  async ({ at, past, code }) => {
    const { room, b, honest, blobs, shard, streams, tell, refused } = await roomWithTeller()
    await tell(at())
    expect(refused()).toEqual([])
    expect(streams).toHaveLength(1)
    await tell(past())
    expect(refused()).toEqual([code])
    // It comes again, with an inventory that looks right: not now.
    await room.until(() => streams.length === 2)
    await tell([{ kind: 'shard', shard, bits: full(blobs.length) }])
    await room.pass(3_000)
    expect(b.asked).toEqual([])
    linkDevices(honest, b)
    await room.until(() => blobs.every(({ cid }) => b.store.has(cid)), 5_000)
    expect(b.asked.every(({ peer }) => peer === 'honest')).toBe(true)
    await room.stop()
  }
)

test('a peer that breaks the rules again and again is told of once, and costs a stream every now and then', async () => {
  const { room, streams, tell, refused } = await roomWithTeller()
  for (let i = 1; i <= 6; i++) {
    await tell([{ kind: 'pieces', cid: cidNumber(1), gained: [0] }])
    await room.until(() => streams.length === i + 1, 120_000, 200)
  }
  expect(refused()).toEqual(['MALFORMED'])
  expect(room.time.nowMs).toBeGreaterThan(2_000 + 4_000 + 8_000 + 16_000 + 32_000)
  await room.stop()
})

test('a shard with another number of files than it has counts as nothing', async () => {
  const { room, b, blobs, shard, tell } = await roomWithTeller()
  await tell([{ kind: 'shard', shard, bits: full(blobs.length + 1) }])
  await room.pass(3_000)
  expect(b.asked).toEqual([])
  await room.stop()
})

test('who says that it has what it has not is asked a few dozen times at most, and then not for an hour', async () => {
  const { room, b, honest, blobs, shard, tell } = await roomWithTeller(100)
  await tell([{ kind: 'shard', shard, bits: full(blobs.length) }])
  await room.pass(120_000)
  expect(b.asked.length).toBeGreaterThan(0)
  expect(b.asked.length).toBeLessThanOrEqual(36)
  linkDevices(honest, b)
  await room.until(() => blobs.every(({ cid }) => b.store.has(cid)), 5_000)
  await room.stop()
})
