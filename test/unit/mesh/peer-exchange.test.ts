/** Keep-alive and gossip over simulated links: what a pulled cable, a slept laptop and a chatty room cost. */
import { describe, expect, test } from 'vitest'
import { KEEP_ALIVE_MS, LINK_DEAD_MS } from '../../../node/mesh/limits.ts'
import type { Link, LinkTable } from '../../../node/mesh/links.ts'
import { PeerExchange } from '../../../node/mesh/peer-exchange.ts'
import { type KnownPeer, MAX_PEERS_PER_MESSAGE } from '../../../protocols/known-peers.ts'
import { nodeIdOfPublicKey } from '../../../protocols/node-id.ts'
import { profileOf } from '../../kit/peer-profile.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { SimulatedNetwork } from '../../kit/simulated-network.ts'

const node = (fill: number): string => nodeIdOfPublicKey(new Uint8Array(32).fill(fill))

interface Side {
  exchange: PeerExchange
  links: LinkTable
  clock: SimulatedClock
  known: KnownPeer[]
  told: KnownPeer[]
  dead: string[]
}

function pair(): { time: SimulatedTime; network: SimulatedNetwork; a: Side; b: Side } {
  const time = new SimulatedTime()
  const network = new SimulatedNetwork({ time, random: seededRandom(5) })
  const side = (id: number): Side => {
    const clock = new SimulatedClock(time)
    // The exchange needs of the table only what every `PeerLinks` has.
    const links = network.join(node(id), clock, profileOf(`n${id}`)) as unknown as LinkTable
    const made: Side = { exchange: undefined as unknown as PeerExchange, links, clock, known: [], told: [], dead: [] }
    made.exchange = new PeerExchange(
      { clock, links },
      {
        known: () => made.known,
        told: (_, peers) => made.told.push(...peers),
        dead: (link) => made.dead.push(link.peer)
      }
    )
    made.exchange.start()
    return made
  }
  return { time, network, a: side(1), b: side(2) }
}

describe('an idle link', () => {
  test('lives on, and costs a ping and a pong in 15 seconds', async () => {
    const { time, network, a, b } = pair()
    await time.run(60_000)
    const before = network.totalBytes
    await time.run(60_000 + 100 * KEEP_ALIVE_MS)
    expect([a.dead, b.dead]).toEqual([[], []])
    const bytes = network.totalBytes - before
    expect(bytes).toBeGreaterThan(0)
    // One byte of CBOR each; framing and headers come on top.
    expect(bytes).toBeLessThanOrEqual(100 * 2 * 2)
  })

  test('answers a probe', async () => {
    const { time, a } = pair()
    await time.run(5_000)
    const [link] = a.links.links()
    let alive: boolean | undefined
    void a.exchange.probe(link as Link).then((answer) => {
      alive = answer
    })
    await time.run(time.nowMs + 6_000)
    expect(alive).toBe(true)
  })
})

describe('a link whose other end has gone silent', () => {
  test('is dead after 35 s and not before, and does not answer a probe', async () => {
    const { time, a, b } = pair()
    await time.run(60_000)
    const [link] = a.links.links()
    b.exchange.stop()
    b.clock.kill()
    const silentMs = time.nowMs
    await time.run(silentMs + LINK_DEAD_MS - KEEP_ALIVE_MS - 1_000)
    expect(a.dead).toEqual([])
    let alive: boolean | undefined
    void a.exchange.probe(link as Link).then((answer) => {
      alive = answer
    })
    await time.run(silentMs + LINK_DEAD_MS + 5_000)
    expect(a.dead).toContain(node(2))
    expect(alive).toBe(false)
  })
})

describe('what is known', () => {
  const peer = (fill: number, port = 1): KnownPeer => ({
    node: node(fill),
    bootId: null,
    addresses: [`/ip4/10.0.0.1/tcp/${port}`]
  })

  test('is told once, and again when it changed, and never to whom it is about', async () => {
    const { time, a, b } = pair()
    a.known = [peer(2), peer(3)]
    await time.run(60_000)
    expect(b.told).toEqual([peer(3)])
    a.known = [peer(3, 9), peer(4)]
    await time.run(120_000)
    expect(b.told).toEqual([peer(3), peer(3, 9), peer(4)])
  })

  test('is told in messages of at most 64', async () => {
    const { time, a, b } = pair()
    a.known = Array.from({ length: 2 * MAX_PEERS_PER_MESSAGE + 5 }, (_, i) => peer(i + 10))
    await time.run(60_000)
    expect(b.told).toHaveLength(2 * MAX_PEERS_PER_MESSAGE + 5)
    expect(b.dead).toEqual([])
  })
})
