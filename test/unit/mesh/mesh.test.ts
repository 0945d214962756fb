import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { dialFailure } from '../../../node/mesh/dialer.ts'
import { createHost } from '../../../node/mesh/host.ts'
import type { AskProgress } from '../../../node/mesh/index.ts'
import { MAX_STRANGERS_PER_ADDRESS } from '../../../node/mesh/limits.ts'
import { messageStream } from '../../../node/mesh/streams.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { systemRandom } from '../../../node/platform/random.ts'
import { signingKeyFromSeed } from '../../../node/platform/signing.ts'
import type { Grant } from '../../../protocols/approval.ts'
import { HELLO_PROTOCOL } from '../../../protocols/hello.ts'
import type { PeerLink } from '../../../protocols/message-stream.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'
import { OpenPolicy, ROOM, type TestNode, TestNodes } from './mesh-kit.ts'

const LIMITS = { maxMessageBytes: 1000, idleTimeoutMs: 120_000 }

function linked(node: TestNode): Promise<PeerLink> {
  return new Promise((resolve) => {
    const stop = node.mesh.onLink((link) => {
      queueMicrotask(() => stop())
      resolve(link)
    })
  })
}

describe('links', () => {
  test('two that dial each other at the same moment end with one link, the same on both sides', async () => {
    await using nodes = new TestNodes()
    const [a, b] = [await nodes.make(), await nodes.make()]
    a.mesh.addStaticAddress(b.address)
    b.mesh.addStaticAddress(a.address)
    await Promise.all([linked(a), linked(b)])
    // Whatever double there was is closed once both have settled.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    const [ofA, ofB] = [a.mesh.links(), b.mesh.links()]
    expect([ofA.length, ofB.length]).toEqual([1, 1])
    expect(ofA[0]?.dialer).toBe(!ofB[0]?.dialer)
    a.mesh.handle('/test/who/1', LIMITS, async (stream) => {
      await stream.send(Uint8Array.of(1))
      await stream.close()
    })
    const stream = await ofB[0]?.open('/test/who/1', LIMITS)
    expect(await stream?.receive()).toEqual(Uint8Array.of(1))
  })

  test('a handler never runs for a peer that is not admitted', async () => {
    await using nodes = new TestNodes()
    const [a, b] = [await nodes.make(), await nodes.make()]
    let handled = 0
    a.mesh.handle('/test/secret/1', LIMITS, () => {
      handled++
      return Promise.resolve()
    })
    a.policy.verdicts.set(b.mesh.node, 'NOT_A_MEMBER')
    b.mesh.addStaticAddress(a.address)
    expect(await b.event(({ kind }) => kind === 'refused')).toMatchObject({
      code: 'NOT_A_MEMBER',
      by: 'them',
      node: a.mesh.node
    })
    expect(await a.event(({ kind }) => kind === 'refused')).toMatchObject({
      code: 'NOT_A_MEMBER',
      by: 'us',
      node: b.mesh.node
    })
    expect([a.mesh.links(), b.mesh.links(), handled]).toEqual([[], [], 0])
  })

  test('who says no hello gets no stream, however long it waits, and is hung up on', async () => {
    await using nodes = new TestNodes()
    const a = await nodes.make()
    let handled = 0
    a.mesh.handle('/test/secret/1', LIMITS, () => {
      handled++
      return Promise.resolve()
    })
    const stranger = await createHost({ key: signingKeyFromSeed(systemRandom.bytes(32)), port: 0, denies: () => false })
    await stranger.start()
    try {
      const connection = await stranger.dial(multiaddr(a.address))
      const closed = new Promise((resolve) => connection.addEventListener('close', resolve, { once: true }))
      const stream = messageStream(systemClock, await connection.newStream('/test/secret/1'), {
        ...LIMITS,
        idleTimeoutMs: 120_000
      })
      await stream.send(Uint8Array.of(1, 2, 3))
      await expect(stream.receive()).rejects.toMatchObject({ code: 'CLOSED' })
      await closed
    } finally {
      await stranger.stop()
    }
    expect(handled).toBe(0)
  })

  test('a device that is removed while linked is unlinked at once, and learns it when it calls again', async () => {
    await using nodes = new TestNodes()
    const [a, b] = [await nodes.make(), await nodes.make()]
    b.mesh.addStaticAddress(a.address)
    await Promise.all([linked(a), linked(b)])
    a.policy.change({ node: b.mesh.node, verdict: 'REMOVED' })
    expect(a.mesh.links()).toEqual([])
    expect(await b.event(({ kind }) => kind === 'removed')).toEqual({ kind: 'removed', by: a.mesh.node })
  })

  test('a device that was refused is dialled at once when it becomes a member, though refusals last for ten minutes', async () => {
    await using nodes = new TestNodes()
    const [a, b] = [await nodes.make(), await nodes.make()]
    a.policy.verdicts.set(b.mesh.node, 'NOT_A_MEMBER')
    a.mesh.addStaticAddress(`${b.address}/p2p/${b.mesh.node}`)
    await Promise.all([a, b].map((node) => node.event(({ kind }) => kind === 'refused')))
    a.policy.change({ node: b.mesh.node, verdict: 'OK', members: [b.mesh.node] })
    await Promise.all([linked(a), linked(b)])
  })

  test('a device that was refused dials at once when it hears of a member, since the other one may have heard of it too', async () => {
    await using nodes = new TestNodes()
    const [a, b] = [await nodes.make(), await nodes.make()]
    a.policy.verdicts.set(b.mesh.node, 'NOT_A_MEMBER')
    b.mesh.addStaticAddress(`${a.address}/p2p/${a.mesh.node}`)
    await Promise.all([a, b].map((node) => node.event(({ kind }) => kind === 'refused')))
    a.policy.verdicts.set(b.mesh.node, 'OK')
    b.policy.change({ members: [a.mesh.node] })
    await Promise.all([linked(a), linked(b)])
  })

  test('a member that was met from outside the room is found again from inside, without multicast', async () => {
    await using nodes = new TestNodes()
    using folder = temporaryFolder()
    const seed = systemRandom.bytes(32)
    const member = await nodes.make()
    const asking = await nodes.make({ seed, folder: folder.path, policy: new OpenPolicy(null) })
    asking.mesh.addStaticAddress(member.address)
    await asking.event(({ kind }) => kind === 'neighbour')
    await asking.mesh.stop()
    const inside = await nodes.make({ seed, folder: folder.path })
    await Promise.all([linked(member), linked(inside)])
  })

  test('a new room is taken up without a restart', async () => {
    await using nodes = new TestNodes()
    const other = 'zzzzzzzz'.repeat(4)
    const [a, b] = [await nodes.make(), await nodes.make({ policy: new OpenPolicy(other) })]
    b.mesh.addStaticAddress(a.address)
    expect(await a.event(({ kind }) => kind === 'neighbour')).toMatchObject({ room: other })
    expect(a.mesh.neighbours()).toMatchObject([{ room: other, name: 'Hall', devices: 1 }])
    b.policy.change({ room: ROOM })
    await Promise.all([linked(a), linked(b)])
    expect(a.mesh.neighbours()).toEqual([])
  })

  test('thirty devices behind one address all get in', async () => {
    await using nodes = new TestNodes()
    const hub = await nodes.make()
    const devices = await Promise.all(Array.from({ length: 30 }, () => nodes.make()))
    for (const device of devices) device.mesh.addStaticAddress(hub.address)
    await Promise.all(
      devices.map(({ mesh }) => hub.event((event) => event.kind === 'linked' && event.node === mesh.node, 40_000))
    )
    expect(hub.mesh.links()).toHaveLength(30)
  })

  test('noise in place of a hello is hung up on and costs nobody else anything', async () => {
    await using nodes = new TestNodes()
    const [a, b] = [await nodes.make(), await nodes.make()]
    const stranger = await createHost({ key: signingKeyFromSeed(systemRandom.bytes(32)), port: 0, denies: () => false })
    await stranger.start()
    try {
      const connection = await stranger.dial(multiaddr(a.address))
      const closed = new Promise((resolve) => connection.addEventListener('close', resolve, { once: true }))
      const stream = await connection.newStream(HELLO_PROTOCOL)
      stream.send(systemRandom.bytes(100_000))
      b.mesh.addStaticAddress(a.address)
      await Promise.all([closed, linked(a), linked(b)])
      // At once again: hung up on after noise, before it costs a hello.
      await expect(
        stranger.dial(multiaddr(a.address)).then((again) => again.newStream(HELLO_PROTOCOL))
      ).rejects.toBeInstanceOf(Error)
    } finally {
      await stranger.stop()
    }
    expect(a.mesh.links().map(({ peer }) => peer)).toEqual([b.mesh.node])
  })

  test('one address full of strangers does not keep members out', async () => {
    await using nodes = new TestNodes()
    const [a, b] = [await nodes.make(), await nodes.make()]
    const count = MAX_STRANGERS_PER_ADDRESS + 6
    const hosts = await Promise.all(
      Array.from({ length: count }, () =>
        createHost({ key: signingKeyFromSeed(systemRandom.bytes(32)), port: 0, denies: () => false })
      )
    )
    let closed = 0
    try {
      const { promise: someClosed, resolve } = Promise.withResolvers<void>()
      for (const host of hosts) {
        await host.start()
        const connection = await host.dial(multiaddr(a.address)).catch(() => undefined)
        const count = (): void => {
          if (++closed >= 3) resolve()
        }
        if (connection) connection.addEventListener('close', count, { once: true })
        else count()
      }
      // Sooner than those would be hung up on that say no hello.
      await someClosed
      await new Promise((settle) => setTimeout(settle, 6_000))
      b.mesh.addStaticAddress(a.address)
      await Promise.all([linked(a), linked(b)])
    } finally {
      await Promise.all(hosts.map((host) => host.stop()))
    }
  })

  test('a device that can only be reached by WebSocket is reached by WebSocket', async () => {
    await using nodes = new TestNodes()
    const [a, b] = [await nodes.make(), await nodes.make()]
    b.mesh.addStaticAddress(`/ip4/127.0.0.1/tcp/${a.mesh.discovery().listening[1]}/ws/p2p/${a.mesh.node}`)
    await Promise.all([linked(a), linked(b)])
    expect(b.mesh.links()[0]?.remoteAddress).toBe('127.0.0.1')
  })

  test('a port that is taken is said so, with what to do', async () => {
    await using nodes = new TestNodes()
    const a = await nodes.make()
    await expect(nodes.make({ meshPort: a.mesh.meshPort })).rejects.toMatchObject({ code: 'MESH_PORT_BUSY' })
  })
})

describe('two devices with one key', () => {
  test('the second is refused, and everybody concerned is told', async () => {
    await using nodes = new TestNodes()
    const seed = new Uint8Array(32).fill(42)
    const member = await nodes.make()
    const first = await nodes.make({ seed })
    first.mesh.addStaticAddress(member.address)
    await linked(first)
    await linked(member)
    const second = await nodes.make({ seed })
    second.mesh.addStaticAddress(member.address)
    expect(await member.event(({ kind }) => kind === 'clone')).toMatchObject({
      node: first.mesh.node,
      reportedBy: 'us'
    })
    expect(await second.event(({ kind }) => kind === 'clone')).toMatchObject({
      node: second.mesh.node,
      reportedBy: member.mesh.node
    })
    expect(second.mesh.links()).toEqual([])
    expect(member.mesh.links().map(({ profile }) => profile.bootId)).toEqual([
      first.mesh.links().length === 1 ? member.mesh.links()[0]?.profile.bootId : ''
    ])
  })

  test('a peer that is linked to the other one tells it', async () => {
    await using nodes = new TestNodes()
    const seed = new Uint8Array(32).fill(43)
    const [a, b] = [await nodes.make(), await nodes.make()]
    const [first, second] = [await nodes.make({ seed }), await nodes.make({ seed })]
    first.mesh.addStaticAddress(a.address)
    second.mesh.addStaticAddress(b.address)
    await Promise.all([linked(first), linked(second)])
    a.mesh.addStaticAddress(b.address)
    const event = await Promise.race([a.event(({ kind }) => kind === 'clone'), b.event(({ kind }) => kind === 'clone')])
    expect(event).toMatchObject({ node: first.mesh.node })
  })

  test('a device that was only started anew takes its place back', async () => {
    await using nodes = new TestNodes()
    const seed = new Uint8Array(32).fill(44)
    const member = await nodes.make()
    const first = await nodes.make({ seed })
    first.mesh.addStaticAddress(member.address)
    await Promise.all([linked(first), linked(member)])
    await first.mesh.stop()
    const second = await nodes.make({ seed })
    second.mesh.addStaticAddress(member.address)
    await linked(second)
    expect(member.events.filter(({ kind }) => kind === 'clone')).toEqual([])
  })
})

describe('a device without a room', () => {
  const grant: Grant = {
    room: ROOM,
    roomName: 'Hall',
    chain: Uint8Array.of(9),
    ringKeys: [{ epoch: 0, key: new Uint8Array(32) }]
  }

  async function askFrom(asking: TestNode): Promise<{
    compare: Extract<AskProgress, { step: 'compare' }>
    answer: Promise<AskProgress | undefined>
    stop: AbortController
  }> {
    const stop = new AbortController()
    const progress = asking.mesh.ask({ name: 'New Pi', role: 'node', signal: stop.signal })[Symbol.asyncIterator]()
    let compare: AskProgress | undefined
    do compare = (await progress.next()).value as AskProgress | undefined
    while (compare && compare.step !== 'compare')
    if (compare?.step !== 'compare') throw new Error('no code')
    const answer = progress.next().then(({ value }) => value as AskProgress | undefined)
    answer.catch(() => {})
    return { compare, answer, stop }
  }

  test('asks, shows the same six digits on both sides, and gets in when a person approves', async () => {
    await using nodes = new TestNodes()
    const member = await nodes.make({ grant: () => Promise.resolve(grant) })
    const asking = await nodes.make({ policy: new OpenPolicy(null) })
    asking.mesh.addStaticAddress(member.address)
    const { compare, answer } = await askFrom(asking)
    expect(compare).toMatchObject({ member: member.mesh.node, room: ROOM, roomName: 'Hall' })
    expect(compare.code).toMatch(/^\d{6}$/)
    await member.event(({ kind }) => kind === 'ask')
    const [ask] = member.mesh.asks()
    expect(ask).toMatchObject({ node: asking.mesh.node, name: 'New Pi', code: compare.code })
    await member.mesh.approve(ask?.id ?? '')
    expect(await answer).toEqual({ step: 'granted', grant })
    await member.event(({ kind }) => kind === 'ask-ended')
    expect(member.mesh.asks()).toEqual([])
  })

  test('is told when a person declines, and a question that was taken back is gone', async () => {
    await using nodes = new TestNodes()
    const member = await nodes.make({ grant: () => Promise.resolve(grant) })
    const asking = await nodes.make({ policy: new OpenPolicy(null) })
    asking.mesh.addStaticAddress(member.address)
    const declined = await askFrom(asking)
    await member.event(({ kind }) => kind === 'ask')
    member.mesh.decline(member.mesh.asks()[0]?.id ?? '')
    expect(await declined.answer).toEqual({ step: 'refused', code: 'DECLINED' })
    declined.stop.abort()
    const again = await askFrom(asking)
    await member.event((event) => event.kind === 'ask' && event.ask.code === again.compare.code)
    again.stop.abort()
    await member.event((event) => event.kind === 'ask-ended' && member.mesh.asks().length === 0)
    await expect(member.mesh.approve('nobody')).rejects.toMatchObject({ code: 'ASK_NOT_FOUND' })
  })

  test('gets nothing from a member that may not let others in', async () => {
    await using nodes = new TestNodes()
    const member = await nodes.make()
    const asking = await nodes.make({ policy: new OpenPolicy(null) })
    asking.mesh.addStaticAddress(member.address)
    const stop = new AbortController()
    for await (const progress of asking.mesh.ask({ name: 'x', role: 'node', signal: stop.signal })) {
      if (progress.step === 'looking') continue
      expect(progress).toEqual({ step: 'refused', code: 'NOT_ALLOWED' })
      break
    }
    stop.abort()
  })
})

test('why a dial failed is found inside what libp2p wraps around it', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  expect(dialFailure(new AggregateError([new Error('x', { cause: refused })], 'all failed'))).toBe('refused')
  expect(dialFailure(Object.assign(new Error('no'), { code: 'EHOSTUNREACH' }))).toBe('unreachable')
  expect(dialFailure(new DOMException('late', 'TimeoutError'))).toBe('timed-out')
  expect(dialFailure(new Error('?'))).toBe('other')
})
