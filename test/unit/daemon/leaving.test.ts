import { expect, test } from 'vitest'
import { leaveRoom } from '../../../node/daemon/leaving.ts'
import type { RoomSlot } from '../../../node/daemon/room-slot.ts'
import type { PeerLink } from '../../../protocols/message-stream.ts'

/** A member that leaves at once; what its peers do from then on is `after`. Time passes only while it waits for them. */
async function noticesOf(links: readonly string[], after: { left: readonly string[]; saved?: boolean }) {
  let nowMs = 0
  let isGone = false
  const all = links.map((peer) => ({ peer }) as PeerLink)
  const journal = {
    node: 'self',
    writer: 'w',
    lastNumbers: () => new Map([['w', 3]]),
    async savedElsewhere(_position: object, withinMs: number) {
      nowMs += withinMs
      return after.saved === true
    }
  }
  const membership = {
    standing: () => 'member',
    policy: { members: () => ['a', 'b'] },
    async leave() {
      isGone = true
    }
  }
  const mesh = { links: () => (isGone ? all.filter(({ peer }) => after.left.includes(peer)) : all) }
  const slot = {
    device: { clock: { monotonicMs: () => nowMs }, config: { name: 'pi-spare' } },
    runtime: { journal, membership, network: { mesh } },
    leave: async () => undefined
  } as unknown as RoomSlot
  const said: unknown[] = []
  await leaveRoom(slot, { drain: false }, (what) => said.push(what), new AbortController().signal)
  return said
}

test('a peer that ends its link at our last word has heard it, although it did not say so any more', async () => {
  expect(await noticesOf(['a', 'b'], { left: ['b'] })).toEqual([])
  expect(await noticesOf(['a', 'b'], { left: ['a', 'b'], saved: true })).toEqual([])
})

test('where nobody hears it, a person is told what to do on another device', async () => {
  const notice = { kind: 'notice', code: 'NOBODY_HEARD', next: '`joinery remove pi-spare` on another device.' }
  expect(await noticesOf([], { left: [] })).toMatchObject([notice])
  expect(await noticesOf(['a'], { left: ['a'] })).toMatchObject([notice])
})
