/** Two rooms behind one port, on real connections over loopback. */

import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { createHost } from '../../../node/mesh/host.ts'
import { createMesh, type Mesh, SharedHost } from '../../../node/mesh/index.ts'
import { messageStream } from '../../../node/mesh/streams.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { systemRandom } from '../../../node/platform/random.ts'
import { signingKeyFromSeed } from '../../../node/platform/signing.ts'
import { decodeHello, encodeHello, HELLO_PROTOCOL } from '../../../protocols/hello.ts'
import { until } from '../../kit/child.ts'
import { type TemporaryFolder, temporaryFolder } from '../../kit/temporary-folder.ts'
import { OpenPolicy, TestNodes } from '../mesh/mesh-kit.ts'

const [A, B, UNKNOWN] = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'].map((part) => part.repeat(4)) as [string, string, string]
const LIMITS = { maxMessageBytes: 1000, idleTimeoutMs: 10_000 }
const LINK = '/test/link/1'
const WHO = '/test/who/1'

class Cloud implements AsyncDisposable {
  readonly folder: TemporaryFolder = temporaryFolder()
  readonly key = signingKeyFromSeed(systemRandom.bytes(32))
  readonly meshes = new Map<string, Mesh>()
  readonly policies = new Map<string, OpenPolicy>()
  readonly opened: string[] = []
  host!: SharedHost

  static async start(): Promise<Cloud> {
    const cloud = new Cloud()
    const bootId = Buffer.from(systemRandom.bytes(16)).toString('hex')
    cloud.host = await SharedHost.create(
      { clock: systemClock, random: systemRandom },
      { key: cloud.key, meshPort: 0, bootId, openRoom: (room) => cloud.#open(room, bootId) }
    )
    await cloud.host.handleStrangers(LINK, LIMITS, async (stream, peer) => {
      await stream.receive()
      await stream.send(Buffer.from(peer))
    })
    await cloud.host.start()
    return cloud
  }

  async #open(room: string, bootId: string): Promise<boolean> {
    if (room !== A && room !== B) return false
    if (this.meshes.has(room)) return true
    this.opened.push(room)
    const policy = new OpenPolicy(room)
    this.policies.set(room, policy)
    const mesh = await createMesh(
      {
        ...{ clock: systemClock, random: systemRandom, disk: nodeDisk, key: this.key, policy },
        networkAddresses: () => [],
        hosting: this.host.hosting(room)
      },
      {
        folder: this.folder.path,
        ...{ meshPort: this.host.meshPort, bootId, discovery: false },
        profile: { name: `cloud of ${room[0]}`, role: 'cloud', httpPort: 0, capacityBytes: 1 }
      }
    )
    mesh.handle(WHO, LIMITS, async (stream) => {
      await stream.send(Buffer.from(room))
      await stream.close()
    })
    await mesh.start()
    this.meshes.set(room, mesh)
    return true
  }

  get address(): string {
    return `/ip4/127.0.0.1/tcp/${this.host.meshPort}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const mesh of this.meshes.values()) await mesh.stop()
    await this.host.stop()
    this.folder[Symbol.dispose]()
  }
}

test('devices of two rooms reach their own room through one port, and only that one', async () => {
  await using cloud = await Cloud.start()
  await using nodes = new TestNodes()
  const [a, b] = [await nodes.make({ policy: new OpenPolicy(A) }), await nodes.make({ policy: new OpenPolicy(B) })]
  for (const { mesh } of [a, b]) mesh.addStaticAddress(cloud.address)
  for (const [node, room] of [
    [a, A],
    [b, B]
  ] as const) {
    await node.event(({ kind }) => kind === 'linked')
    const [link] = node.mesh.links()
    expect(link?.profile.name).toBe(`cloud of ${room[0]}`)
    const stream = await link?.open(WHO, LIMITS)
    expect(Buffer.from((await stream?.receive()) ?? []).toString()).toBe(room)
  }
  // Each room sees the connections of its own devices.
  const seen = await until('both sides have linked', () => {
    const links = [A, B].map(
      (room) =>
        cloud.meshes
          .get(room)
          ?.links()
          .map(({ peer }) => peer) ?? []
    )
    return links.every(({ length }) => length === 1) && links
  })
  expect(seen).toEqual([[a.mesh.node], [b.mesh.node]])
  expect(cloud.opened.sort()).toEqual([A, B])
  // A room that is closed lets the other one go on.
  await cloud.meshes.get(A)?.stop()
  await a.event(({ kind }) => kind === 'unlinked')
  expect(b.mesh.links()).toHaveLength(1)
})

test('a device that the room does not admit is refused by that room, and the other one never hears of it', async () => {
  await using cloud = await Cloud.start()
  await using nodes = new TestNodes()
  const b = await nodes.make({ policy: new OpenPolicy(B) })
  b.mesh.addStaticAddress(cloud.address)
  await b.event(({ kind }) => kind === 'linked')
  const member = await nodes.make({ policy: new OpenPolicy(A) })
  member.mesh.addStaticAddress(cloud.address)
  await member.event(({ kind }) => kind === 'linked')
  const refused = await nodes.make({ policy: new OpenPolicy(A) })
  cloud.policies.get(A)?.verdicts.set(refused.mesh.node, 'NOT_A_MEMBER')
  refused.mesh.addStaticAddress(cloud.address)
  expect(await refused.event(({ kind }) => kind === 'refused')).toMatchObject({ code: 'NOT_A_MEMBER', by: 'them' })
  expect(refused.mesh.links()).toEqual([])
  expect(cloud.meshes.get(B)?.links()).toHaveLength(1)
})

test('who names a room that is not here, or none, learns only that, and may hand over a room', async () => {
  await using cloud = await Cloud.start()
  await using nodes = new TestNodes()
  const stranger = await nodes.make({ policy: new OpenPolicy(UNKNOWN) })
  const answer = await stranger.mesh.visit(`${cloud.address}/p2p/${cloud.host.node}`, LINK, LIMITS, async (stream) => {
    await stream.send(Uint8Array.of(1))
    return await stream.receive()
  })
  // Noise has proved who asks.
  expect(Buffer.from(answer ?? []).toString()).toBe(stranger.mesh.node)
  const raw = await createHost({ key: signingKeyFromSeed(systemRandom.bytes(32)), port: 0, denies: () => false })
  await raw.start()
  try {
    const connection = await raw.dial(multiaddr(cloud.address))
    const stream = messageStream(systemClock, await connection.newStream(HELLO_PROTOCOL), {
      ...LIMITS,
      maxMessageBytes: 9999
    })
    const opening = { newestVersion: 1, oldestVersion: 1, bootId: new Uint8Array(16), nonce: new Uint8Array(32) }
    await stream.send(encodeHello({ step: 'opening', room: UNKNOWN, roomName: 'x', ...opening }))
    expect(decodeHello((await stream.receive()) ?? new Uint8Array())).toMatchObject({ room: null, roomName: '' })
    expect(await stream.receive()).toBeUndefined()
    // Nothing else is spoken with a stranger.
    const other = messageStream(systemClock, await connection.newStream(LINK), LIMITS)
    await other.send(Uint8Array.of(1))
    expect(await other.receive()).toBeDefined()
  } finally {
    await raw.stop()
  }
  expect(cloud.opened).toEqual([])
})

test('a conversation with one device says nothing of the others: who was refused there waits on', async () => {
  await using cloud = await Cloud.start()
  await using nodes = new TestNodes()
  const [left, right] = [
    await nodes.make({ policy: new OpenPolicy(A) }),
    await nodes.make({ policy: new OpenPolicy(A) })
  ]
  right.policy.change({ node: left.mesh.node, verdict: 'NOT_A_MEMBER' })
  left.policy.change({ members: [right.mesh.node] })
  left.mesh.addStaticAddress(right.address)
  await left.event(({ kind }) => kind === 'refused')
  const refusals = (): number | undefined => left.mesh.peers().find(({ node }) => node === right.mesh.node)?.failures
  expect(refusals()).toBe(1)
  await left.mesh.visit(`${cloud.address}/p2p/${cloud.host.node}`, LINK, LIMITS, async (stream) => {
    await stream.send(Uint8Array.of(1))
    await stream.receive()
  })
  expect(refusals()).toBe(1)
})

test.each<[string, Uint8Array]>([
  ['bytes that are no hello', Buffer.from([0, 0, 0, 3, 1, 2, 3])],
  ['a message that is too long', Buffer.from([255, 255, 255, 255, 0])],
  ['a step out of order', framed(encodeHello({ step: 'verdict', verdict: 'OK' }))]
])('%s as the first message ends the connection, and the next device is served', async (_what, bytes) => {
  await using cloud = await Cloud.start()
  await using nodes = new TestNodes()
  const raw = await createHost({ key: signingKeyFromSeed(systemRandom.bytes(32)), port: 0, denies: () => false })
  await raw.start()
  try {
    const connection = await raw.dial(multiaddr(cloud.address))
    const closed = new Promise((resolve) => connection.addEventListener('close', resolve))
    const stream = await connection.newStream(HELLO_PROTOCOL)
    stream.send(bytes)
    await closed
  } finally {
    await raw.stop()
  }
  const honest = await nodes.make({ policy: new OpenPolicy(A) })
  honest.mesh.addStaticAddress(cloud.address)
  await honest.event(({ kind }) => kind === 'linked')
})

function framed(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + message.length)
  new DataView(bytes.buffer).setUint32(0, message.length)
  bytes.set(message, 4)
  return bytes
}
