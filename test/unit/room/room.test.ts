/** A device's key and its place in a room, on a disk that loses what was not synced. */
import { describe, expect, test } from 'vitest'
import type { HardwareFingerprint } from '../../../node/platform/hardware.ts'
import { isSameDevice, type NodeIdentity, openIdentity, renewIdentity } from '../../../node/room/identity.ts'
import { foundRoom, joinGranted, joinRoom, KeyRing, leaveRoom, openRoom, type Room } from '../../../node/room/index.ts'
import { decodeChain, encodeChain, extendChain } from '../../../protocols/certificate.ts'
import { encodeInvitation } from '../../../protocols/invitation.ts'
import { type SeededRandom, seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedDisk } from '../../kit/simulated-disk.ts'
import { chainOf, keyOf, nodeOf } from './room-kit.ts'

const FOLDER = '/data'
const PI: HardwareFingerprint = { serial: '1000000012345678', macs: ['d8:3a:dd:00:00:01'], machineId: 'cafe' }

class DeviceUnderTest {
  readonly disk: SimulatedDisk
  readonly random: SeededRandom
  hardware = PI

  constructor(seed: number) {
    this.random = seededRandom(seed)
    this.disk = new SimulatedDisk({ random: this.random })
  }

  async identity(): Promise<NodeIdentity> {
    return await openIdentity(this, { folder: FOLDER, hardware: this.hardware })
  }

  async found(): Promise<Room> {
    return await foundRoom(this, { folder: FOLDER, identity: await this.identity(), name: 'Hall' })
  }

  async join(invitation: string, more: { role?: 'node' | 'cloud'; renew?: boolean } = {}): Promise<Room> {
    return await joinRoom(this, { folder: FOLDER, identity: await this.identity(), invitation, role: 'node', ...more })
  }

  async open(): Promise<Room | undefined> {
    return await openRoom(this, { folder: FOLDER, identity: await this.identity() })
  }
}

function invite(room: Room, identity: NodeIdentity, uses: number | null = 1, token = 'some token'): string {
  const subject = keyOf(token).publicKey
  const chain = extendChain(decodeChain(room.chain), { kind: 'token', subject, rights: 1, uses }, (message) =>
    identity.key.sign(message)
  )
  const { epoch, key } = room.keyRing.current()
  return encodeInvitation({
    roomName: room.name,
    chain,
    tokenSeed: keyOf(token).seed,
    ringKey: { epoch, key },
    addresses: ['/ip4/10.0.0.1/tcp/4001']
  })
}

describe("a device's key", () => {
  test('is gone from the disk once the device has left, also when the power is cut then: it never comes back as the one that was removed', async () => {
    const device = new DeviceUnderTest(11)
    const before = await device.identity()
    await device.found()
    await leaveRoom(device, { folder: FOLDER })
    const renewed = await renewIdentity(device, { folder: FOLDER, hardware: PI })
    device.disk.cutPower()
    const after = await device.identity()
    expect([after.node, after.moved]).toEqual([renewed.node, undefined])
    expect(after.node).not.toBe(before.node)
    const seed = Buffer.from(before.key.seed)
    expect([...device.disk.files()].filter(([, bytes]) => Buffer.from(bytes).includes(seed))).toEqual([])
    expect(await device.open()).toBeUndefined()
  })

  test('stays the same over restarts, while the boot id changes', async () => {
    const device = new DeviceUnderTest(1)
    const [first, second] = [await device.identity(), await device.identity()]
    expect(second.node).toBe(first.node)
    expect(second.bootId).not.toBe(first.bootId)
    expect(second.moved).toBeUndefined()
  })

  test('is made anew on other hardware; the old one is kept aside, and the place in the room is not taken along', async () => {
    const device = new DeviceUnderTest(2)
    await device.found()
    const before = await device.identity()
    device.hardware = { serial: '2000000087654321', macs: ['d8:3a:dd:00:00:02'], machineId: 'cafe' }
    const after = await device.identity()
    expect(after.node).not.toBe(before.node)
    expect(after.moved).toMatchObject({ from: before.node, keptAs: `${FOLDER}/node-key.${before.node.slice(-8)}` })
    expect(await device.open()).toBeUndefined()
    expect([...device.disk.files().keys()]).toContain(`${FOLDER}/room.aside`)
    // And on it stays.
    expect((await device.identity()).moved).toBeUndefined()
  })

  test.each([
    ['the same board', PI, PI, true],
    ['another board with a copy of the card', PI, { ...PI, serial: 'other' }, false],
    ['a laptop that lost its network adapter', { macs: ['a', 'b'] }, { macs: ['b'] }, true],
    ['another laptop', { macs: ['a'], machineId: 'x' }, { macs: ['b'], machineId: 'x' }, false],
    ['started by somebody who may not read the serial number', PI, { macs: PI.macs, machineId: 'cafe' }, true],
    ['a container of another machine', { macs: [], machineId: 'x' }, { macs: [], machineId: 'y' }, false],
    ['nothing to compare', { macs: [] }, { macs: ['a'] }, true]
  ])('%s', (_, before, now, expected) => {
    expect(isSameDevice(before, now)).toBe(expected)
  })

  test('that cannot be read is an error and never silently another one', async () => {
    const device = new DeviceUnderTest(3)
    await device.identity()
    device.disk.flipBit(`${FOLDER}/node-key`, 0)
    await expect(device.identity()).rejects.toMatchObject({ code: 'IDENTITY_DAMAGED' })
  })
})

describe('a room', () => {
  test('is founded once, and is there after a restart', async () => {
    const device = new DeviceUnderTest(4)
    const room = await device.found()
    const again = await device.open()
    expect(again).toMatchObject({ id: room.id, name: 'Hall', chain: Uint8Array.from(room.chain) })
    expect(again?.keyRing.keys()).toEqual(room.keyRing.keys())
    await expect(device.found()).rejects.toMatchObject({ code: 'ROOM_EXISTS' })
  })

  test('is joined with an invitation by a device that nobody is near to; a second time changes nothing', async () => {
    const founder = new DeviceUnderTest(5)
    const invitation = invite(await founder.found(), await founder.identity())
    const device = new DeviceUnderTest(6)
    const room = await device.join(invitation)
    expect(room).toMatchObject({ id: (await founder.open())?.id, name: 'Hall', addresses: ['/ip4/10.0.0.1/tcp/4001'] })
    expect(decodeChain(room.chain).links.map(({ kind }) => kind)).toEqual(['node', 'token', 'node'])
    expect(room.keyRing.current().key).toEqual((await founder.open())?.keyRing.current().key)
    expect((await device.join(invitation)).chain).toEqual(Uint8Array.from(room.chain))
  })

  test('is joined anew with another invitation only when that is asked for', async () => {
    const founder = new DeviceUnderTest(7)
    const [room, identity] = [await founder.found(), await founder.identity()]
    const device = new DeviceUnderTest(8)
    const first = await device.join(invite(room, identity, 1, 'one'))
    const second = invite(room, identity, 1, 'two')
    expect((await device.join(second)).chain).toEqual(Uint8Array.from(first.chain))
    expect((await device.join(second, { renew: true })).chain).not.toEqual(first.chain)
  })

  test('gives a cloud peer no right to admit', async () => {
    const founder = new DeviceUnderTest(9)
    const room = await new DeviceUnderTest(10).join(invite(await founder.found(), await founder.identity()), {
      role: 'cloud'
    })
    expect(decodeChain(room.chain).links.at(-1)?.rights).toBe(0)
  })

  test('refuses invitations that are mistyped, forged, or of another room, and keeps what was there', async () => {
    const [founder, other] = [new DeviceUnderTest(11), new DeviceUnderTest(12)]
    const room = await founder.found()
    const invitation = invite(room, await founder.identity())
    const device = new DeviceUnderTest(13)
    await expect(device.join(invitation.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))).rejects.toMatchObject({
      code: 'INVITATION_MISTYPED'
    })
    // Signed by somebody else than the last device of the chain.
    await expect(device.join(invite(room, await other.identity()))).rejects.toMatchObject({ code: 'INVITATION_FORGED' })
    // A chain of this room with a token that is not the one in it.
    const { epoch, key } = room.keyRing.current()
    const wrongSeed = encodeInvitation({
      roomName: 'x',
      chain: chainOf('a', 'token'),
      tokenSeed: keyOf('not it').seed,
      ringKey: { epoch, key },
      addresses: []
    })
    await expect(device.join(wrongSeed)).rejects.toMatchObject({ code: 'INVITATION_FORGED' })
    expect(await device.open()).toBeUndefined()
    await other.found()
    await expect(other.join(invitation)).rejects.toMatchObject({ code: 'INVITATION_OTHER_ROOM' })
    expect((await other.open())?.id).not.toBe(room.id)
  })

  test('takes a granted device in, and nobody else with its grant', async () => {
    const founder = new DeviceUnderTest(14)
    const [room, identity] = [await founder.found(), await founder.identity()]
    const device = new DeviceUnderTest(15)
    const asking = await device.identity()
    const link = { kind: 'node', subject: asking.key.publicKey, rights: 1, uses: null } as const
    const chain = encodeChain(extendChain(decodeChain(room.chain), link, (message) => identity.key.sign(message)))
    const grant = { room: room.id, roomName: 'Hall', chain, ringKeys: room.keyRing.keys() }
    expect(await joinGranted(device, { folder: FOLDER, identity: asking, grant })).toMatchObject({ id: room.id })
    const thief = new DeviceUnderTest(16)
    await expect(joinGranted(thief, { folder: FOLDER, identity: await thief.identity(), grant })).rejects.toMatchObject(
      { code: 'INVITATION_FORGED' }
    )
  })

  test('is left for good', async () => {
    const device = new DeviceUnderTest(17)
    await device.found()
    await leaveRoom(device, { folder: FOLDER })
    expect(await device.open()).toBeUndefined()
    expect([...device.disk.files().keys()]).toEqual([`${FOLDER}/node-key`])
  })

  test('that is damaged on the disk is an error and no new room', async () => {
    for (const file of ['room', 'key-ring']) {
      const device = new DeviceUnderTest(18)
      await device.found()
      device.disk.flipBit(`${FOLDER}/${file}`, 0)
      await expect(device.open()).rejects.toMatchObject({ code: 'ROOM_FILE_DAMAGED' })
    }
  })

  test('survives a power cut at any moment as all or nothing, and the key of a device that was said to be there is there', async () => {
    let cutBefore = 0
    let cutAfter = 0
    for (let seed = 100; seed < 220; seed++) {
      const device = new DeviceUnderTest(seed)
      const { node } = await device.identity()
      let operations = 0
      const failAt = device.random.below(24)
      device.disk.faults = { fail: () => (operations++ === failAt ? 'EIO' : undefined) }
      const founded = await device.found().then(
        () => true,
        () => false
      )
      device.disk.faults = {}
      device.disk.cutPower()
      expect((await device.identity()).node).toBe(node)
      const room = await device.open()
      if (founded) {
        cutAfter++
        expect(room?.name).toBe('Hall')
      } else if (!room) {
        cutBefore++
        expect((await device.found()).name).toBe('Hall')
      }
    }
    expect(Math.min(cutBefore, cutAfter)).toBeGreaterThan(5)
  })
})

describe('the key ring', () => {
  const ring = async (): Promise<{ device: DeviceUnderTest; ring: KeyRing }> => {
    const device = new DeviceUnderTest(20)
    return { device, ring: (await device.found()).keyRing }
  }
  const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString()

  test('opens what it sealed, also after new keys, and nothing else', async () => {
    const { device, ring: own } = await ring()
    const sealed = own.seal(Buffer.from('secret'))
    await own.rotate([nodeOf('removed')])
    const later = own.seal(Buffer.from('secret'))
    expect([text(own.open(sealed)), text(own.open(later))]).toEqual(['secret', 'secret'])
    expect(own.current()).toMatchObject({ epoch: 1, without: [nodeOf('removed')] })
    for (let bit = 0; bit < later.length * 8; bit += 7) {
      const changed = later.slice()
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(own.open(changed)).toBeUndefined()
    }
    expect(own.open(new Uint8Array())).toBeUndefined()
    const other = (await new DeviceUnderTest(21).found()).keyRing
    expect(other.open(sealed)).toBeUndefined()
    // On the disk before anybody used it.
    device.disk.cutPower()
    const reread = await KeyRing.open(device, { folder: FOLDER })
    expect(text(reread?.open(sealed))).toBe('secret')
  })

  test('never seals twice with one nonce', async () => {
    const { ring: own } = await ring()
    const nonces = new Set(
      Array.from({ length: 1000 }, () => Buffer.from(own.seal(new Uint8Array(4)).subarray(9, 21)).toString('hex'))
    )
    expect(nonces.size).toBe(1000)
  })

  test('joins what different members say of who must not get a key', async () => {
    const { ring: own } = await ring()
    const { key, epoch } = own.current()
    const [a, b] = [nodeOf('a'), nodeOf('b')]
    expect(await own.add([{ epoch, key, without: [b] }])).toBe(true)
    expect(await own.add([{ epoch, key, without: [a] }])).toBe(true)
    expect(await own.add([{ epoch, key, without: [a, b] }])).toBe(false)
    expect(own.current().without).toEqual([a, b].sort())
  })

  test('holds 64 keys and forgets the oldest', async () => {
    const { ring: own } = await ring()
    const first = own.seal(Buffer.from('old'))
    for (let i = 0; i < 64; i++) await own.rotate([])
    expect(own.keys()).toHaveLength(64)
    expect(own.current().epoch).toBe(64)
    expect(own.open(first)).toBeUndefined()
  })
})
