/** The membership of several devices in a simulated network: journals that meet, links that come and go. */
import { describe, expect, test } from 'vitest'
import { writeDurably } from '../../../node/platform/durable-file.ts'
import { leaveRoom, openRoom } from '../../../node/room/index.ts'
import { RemovalNote } from '../../../node/room/removal-note.ts'
import { decodeInvitation } from '../../../protocols/invitation.ts'
import { settle } from '../../kit/simulated-clock.ts'
import { type Device, FOLDER, invitationOf, membersOf, verdict, World } from './membership-world.ts'

describe('coming in', () => {
  test('whom a member meets is written down once, and both sides know', async () => {
    const world = new World()
    const a = await world.device('a')
    const invitation = await invitationOf(a, 2)
    const b = await world.device('b', { invitation })
    expect([a.membership.standing(), b.membership.standing()]).toEqual(['member', 'waiting'])
    await world.pass()
    await world.pass()
    expect([membersOf(a), membersOf(b)]).toEqual([
      ['a', 'b'],
      ['a', 'b']
    ])
    expect(b.membership.standing()).toBe('member')
    const ofA = a.journal.entries.filter(({ kind, node }) => kind === 'admitted' && node === a.identity.node)
    expect(ofA).toHaveLength(1)
    expect(decodeInvitation(invitation).addresses).toEqual(['/ip4/10.0.0.1/tcp/4001'])
  })

  test('two invited devices admit each other although no member is near', async () => {
    const world = new World()
    const a = await world.device('a')
    const invitation = await invitationOf(a, 2)
    world.leave(a)
    const [b, c] = [await world.device('b', { invitation }), await world.device('c', { invitation })]
    expect([verdict(b, c), verdict(c, b)]).toEqual(['OK', 'OK'])
    // They share the keys that only nodes have.
    expect(c.room.keyRing.open(b.room.keyRing.seal(Uint8Array.of(1)))).toEqual(Uint8Array.of(1))
    await world.pass()
    expect([b.membership.standing(), c.membership.standing()]).toEqual(['waiting', 'waiting'])
    world.comeBack(a)
    await world.pass()
    await world.pass()
    expect(membersOf(c)).toEqual(['a', 'b', 'c'])
  })

  test('of two that used an invitation for one device on two sides, one stays, the other is told why, and what it wrote counts for nothing', async () => {
    const world = new World()
    const a = await world.device('a')
    const forB = await invitationOf(a)
    const b = await world.device('b', { invitation: forB })
    await world.pass()
    await world.pass()
    const once = await invitationOf(a)
    await world.pass()
    world.leave(b)
    const x = await world.device('x', { invitation: once })
    world.network.cut(x.identity.node, b.identity.node)
    await world.pass()
    world.leave(x)
    world.comeBack(b)
    expect(membersOf(a)).toEqual(['a', 'b', 'x'])
    await world.pass()
    const y = await world.device('y', { invitation: once })
    world.network.cut(y.identity.node, x.identity.node)
    await world.pass()
    expect(verdict(a, y)).toBe('INVITATION_USED_UP')
    expect(verdict(b, y)).toBe('INVITATION_USED_UP')
    expect(membersOf(a)).toEqual(['a', 'b', 'x'])
  })

  test('a device that was approved is a member at once', async () => {
    const world = new World()
    const a = await world.device('a')
    const b = await world.device('b', { grantFrom: a })
    expect(membersOf(a)).toContain('')
    await world.pass()
    expect(membersOf(a)).toEqual(['a', 'b'])
    expect(b.membership.standing()).toBe('member')
  })

  test('a cloud peer is admitted and may not admit, invite or remove', async () => {
    const world = new World()
    const a = await world.device('a')
    const cloud = await world.device('cloud', { invitation: await invitationOf(a), role: 'cloud' })
    expect(a.membership.policy.admits(cloud.identity.node, cloud.room.chain, 'cloud')).toBe('OK')
    await world.pass()
    await world.pass()
    const refused = { code: 'NOT_ALLOWED_TO_ADMIT' }
    await expect(invitationOf(cloud)).rejects.toMatchObject(refused)
    await expect(cloud.membership.grant({ node: a.identity.node, name: 'x', role: 'node' })).rejects.toMatchObject(
      refused
    )
    await expect(cloud.membership.remove(a.identity.node, { stolen: false })).rejects.toMatchObject(refused)
    // And nobody who may admit passes as a cloud peer.
    expect(cloud.membership.policy.admits(a.identity.node, a.room.chain, 'cloud')).toBe('NOT_A_MEMBER')
  })

  test('nobody gets in with a chain of somebody else, of another room, or with noise', async () => {
    const [world, elsewhere] = [new World(), new World(2000)]
    const a = await world.device('a')
    const b = await world.device('b', { invitation: await invitationOf(a) })
    const stranger = await elsewhere.device('stranger')
    expect(a.membership.policy.admits(stranger.identity.node, b.room.chain, 'node')).toBe('NOT_A_MEMBER')
    expect(a.membership.policy.admits(stranger.identity.node, stranger.room.chain, 'node')).toBe('NOT_A_MEMBER')
    expect(a.membership.policy.admits(stranger.identity.node, new Uint8Array(100), 'node')).toBe('NOT_A_MEMBER')
  })

  test('a device that does not understand the others admits nobody new, and goes on with those it knows', async () => {
    const world = new World()
    const a = await world.device('a')
    const b = await world.device('b', { invitation: await invitationOf(a) })
    await world.pass()
    await world.pass()
    const c = await world.device('c', { invitation: await invitationOf(b) })
    a.journal.decides = false
    expect(a.membership.mayDecide()).toBe(false)
    expect([verdict(a, b), verdict(a, c)]).toEqual(['OK', 'UPDATE_NEEDED'])
    await expect(invitationOf(a)).rejects.toMatchObject({ code: 'UPDATE_NEEDED' })
    await expect(a.membership.remove(b.identity.node, { stolen: false })).rejects.toMatchObject({
      code: 'UPDATE_NEEDED'
    })
  })
})

describe('going out', () => {
  async function four(): Promise<{ world: World; a: Device; b: Device; c: Device; d: Device }> {
    const world = new World()
    const a = await world.device('a')
    const invitation = await invitationOf(a, 5)
    const [b, c] = [await world.device('b', { invitation }), await world.device('c', { invitation })]
    await world.pass()
    await world.pass()
    const d = await world.device('d', { invitation: await invitationOf(c, 3) })
    await world.pass()
    await world.pass()
    expect(membersOf(d)).toEqual(['a', 'b', 'c', 'd'])
    return { world, a, b, c, d }
  }

  test('a removed device is refused by everybody, learns it, and the journal hides what it writes from then on', async () => {
    const { world, a, b, c } = await four()
    const report = await a.membership.remove(c.identity.node, { stolen: false })
    expect(report.name).toBe('c')
    expect(report.toCheck.map(({ name }) => name).sort()).toEqual(['b', 'd'])
    await world.pass()
    expect([verdict(a, c), verdict(b, c)]).toEqual(['REMOVED', 'REMOVED'])
    expect(b.journal.removed.get(c.identity.node)).toEqual(report.cuts)
    expect(membersOf(b)).toEqual(['a', 'b', 'd'])
    await expect(a.membership.grant({ node: c.identity.node, name: 'c', role: 'node' })).rejects.toMatchObject({
      code: 'REMOVED_FROM_ROOM'
    })
    // Told by a member that refuses it; a stranger's word is nothing.
    c.membership.noteRemoval('12D3KooWstranger')
    expect(c.membership.standing()).toBe('member')
    c.membership.noteRemoval(a.identity.node)
    expect(c.membership.standing()).toBe('removed')
    // And told by its own journal, should it get that far.
    c.journal.take(a.journal.entries)
    expect(c.membership.standing()).toBe('removed')
    await expect(invitationOf(c)).rejects.toMatchObject({ code: 'REMOVED_FROM_ROOM' })
  })

  test('what it was told outlives its next start, until a member links to it again or it leaves', async () => {
    const { world, a, c, d } = await four()
    const init = { folder: FOLDER, identity: c.identity }
    const reopened = async (): Promise<string | undefined> =>
      (await openRoom({ disk: c.disk, random: world.random }, init))?.removal.by
    world.leave(c)
    expect(await reopened()).toBeUndefined()
    c.membership.noteRemoval(a.identity.node)
    await settle()
    expect(await reopened()).toBe(a.identity.node)
    // It was a mistake, or has been put right: d lets it in.
    world.comeBack(c)
    await world.pass()
    expect([c.membership.standing(), await reopened()]).toEqual(['member', undefined])
    c.membership.noteRemoval(d.identity.node)
    await settle()
    await leaveRoom({ disk: c.disk, random: world.random }, init)
    expect(await c.disk.list(FOLDER)).not.toContainEqual(expect.objectContaining({ name: 'told-removed' }))
    expect(c.problems).toEqual([])
  })

  test('a note that is damaged or of another room says nothing', async () => {
    const { a, c } = await four()
    c.membership.noteRemoval(a.identity.node)
    await settle()
    const { disk, room } = c
    expect((await RemovalNote.open(disk, FOLDER, room.id)).by).toBe(a.identity.node)
    expect((await RemovalNote.open(disk, FOLDER, 'a'.repeat(32))).by).toBeUndefined()
    await writeDurably(disk, `${FOLDER}/told-removed`, Uint8Array.of(0x83, 1, 2))
    expect((await RemovalNote.open(disk, FOLDER, room.id)).by).toBeUndefined()
  })

  test('stolen: new keys for all but the thief, and the invitations that it knew are listed and dead', async () => {
    const { world, a, b, c, d } = await four()
    world.leave(c)
    world.leave(d)
    const report = await a.membership.remove(c.identity.node, { stolen: true })
    // c made one for d (2 of 3 left), and knew the one that it came in with (3 of 5 left).
    expect(report.revoked.map(({ uses, usedBy }) => [uses, usedBy.length]).sort()).toEqual([
      [3, 1],
      [5, 2]
    ])
    expect(report.toCheck.map(({ name }) => name).sort()).toEqual(['b', 'd'])
    await world.pass()
    const secret = a.room.keyRing.seal(Buffer.from('new secret'))
    expect(b.room.keyRing.open(secret)).toBeDefined()
    // d was switched off meanwhile: it comes back without help.
    expect(d.room.keyRing.open(secret)).toBeUndefined()
    world.comeBack(d)
    await world.pass()
    await world.pass()
    expect(d.room.keyRing.open(secret)).toBeDefined()
    expect(membersOf(d)).toEqual(['a', 'b', 'd'])
    expect(d.membership.standing()).toBe('member')
    // The thief calls d, which has heard of it by now, and then everybody.
    expect([verdict(a, c), verdict(b, c), verdict(d, c)]).toEqual(['REMOVED', 'REMOVED', 'REMOVED'])
    world.comeBack(c)
    await world.pass()
    expect(c.room.keyRing.open(secret)).toBeUndefined()
    expect(world.devices.flatMap(({ problems }) => problems)).toEqual([])
  })

  test('a member that has the new key and not yet the news does not hand it to the thief', async () => {
    const { world, a, b, c } = await four()
    await a.membership.remove(c.identity.node, { stolen: true })
    // Keys travel, the journal does not: b still takes c for a member.
    await world.time.run(world.time.nowMs + 5_000)
    const secret = a.room.keyRing.seal(Buffer.from('new secret'))
    expect(b.room.keyRing.open(secret)).toBeDefined()
    expect(membersOf(b)).toContain('c')
    world.network.cut(b.identity.node, c.identity.node)
    world.network.heal(b.identity.node, c.identity.node)
    await world.time.run(world.time.nowMs + 5_000)
    expect(c.room.keyRing.open(secret)).toBeUndefined()
  })

  test('what a removed device forges while it is away changes nothing when it meets a device that has not heard', async () => {
    const { world, a, b, c, d } = await four()
    world.leave(d)
    await a.membership.remove(c.identity.node, { stolen: true })
    await world.pass()
    // The thief, alone with d, removes everybody, renames the room and invites a friend.
    await c.membership.remove(a.identity.node, { stolen: false })
    await c.membership.rename('Mine')
    const friend = await invitationOf(c, null)
    d.journal.meet(c.journal)
    expect(membersOf(d)).not.toContain('a')
    world.leave(c)
    world.comeBack(d)
    a.journal.meet(d.journal)
    b.journal.meet(d.journal)
    expect(membersOf(a)).toEqual(['a', 'b', 'd'])
    expect(membersOf(b)).toEqual(['a', 'b', 'd'])
    expect(b.membership.policy.room()?.name).toBe('Hall')
    const x = await world.device('x', { invitation: friend })
    expect([verdict(a, x), verdict(b, x)]).toEqual(['NOT_A_MEMBER', 'NOT_A_MEMBER'])
  })

  test('an invitation that was taken back lets nobody in, and who used it stays', async () => {
    const { world, a, b } = await four()
    const [state] = [...a.membership.view().tokens.values()].filter(({ uses }) => uses === 5)
    const e = await world.device('e', { invitation: await invitationOf(a) })
    await world.pass()
    await a.membership.revoke(state?.token ?? '')
    await world.pass()
    expect(membersOf(b)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(verdict(b, e)).toBe('OK')
    expect(a.membership.view().tokens.get(state?.token ?? '')?.revoked).toBe(true)
    await expect(a.membership.revoke('0'.repeat(64))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('a device that leaves is gone for the others, and what it wrote stays', async () => {
    const { world, a, d } = await four()
    await d.membership.set(d.identity.node, 'capacityBytes', 5)
    await d.membership.leave()
    await world.pass()
    expect(membersOf(a)).toEqual(['a', 'b', 'c'])
    const cuts = a.journal.removed.get(d.identity.node)
    expect(cuts?.get(d.journal.writer)).toBe(d.journal.lastNumbers(d.identity.node).get(d.journal.writer))
  })

  test('nobody removes itself, a stranger, or more than it may', async () => {
    const { a } = await four()
    await expect(a.membership.remove(a.identity.node, { stolen: false })).rejects.toMatchObject({
      code: 'CANNOT_REMOVE_SELF'
    })
    await expect(a.membership.remove('12D3KooWnobody', { stolen: false })).rejects.toMatchObject({
      code: 'MEMBER_UNKNOWN'
    })
    await expect(a.membership.invite({ uses: 0, addresses: [] })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(a.membership.invite({ uses: 1001, addresses: [] })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })
})

test('settings of a device are registers: the last one written counts everywhere', async () => {
  const world = new World()
  const a = await world.device('a')
  const b = await world.device('b', { invitation: await invitationOf(a) })
  await world.pass()
  await world.pass()
  await a.membership.set(b.identity.node, 'name', 'Shelf')
  await world.pass()
  await b.membership.set(b.identity.node, 'drained', true)
  await a.membership.rename('Big hall')
  await world.pass()
  for (const device of [a, b]) {
    expect(device.membership.view().members.get(b.identity.node)).toMatchObject({
      name: 'Shelf',
      settings: { drained: true }
    })
    expect(device.membership.policy.room()?.name).toBe('Big hall')
  }
})
