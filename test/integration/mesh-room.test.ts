/** Mesh, room and journal together, as a node puts them together: coming in, being taken out, thieves, and coming back from a shelf. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createJournalSync, type Journal, openJournal } from '../../node/journal/index.ts'
import { createMesh, type Mesh, type MeshEvent } from '../../node/mesh/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { systemRandom } from '../../node/platform/random.ts'
import {
  createMembership,
  createWriterAuthority,
  foundRoom,
  joinGranted,
  joinRoom,
  type Membership,
  openIdentity,
  openRoom,
  type Room
} from '../../node/room/index.ts'
import type { Grant } from '../../protocols/approval.ts'
import { PATIENCE_MS } from '../kit/child.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const PARTS = { clock: systemClock, disk: nodeDisk, random: systemRandom }
const KINDS = new Map(
  ['joined', 'admitted', 'invited', 'revoked', 'removed', 'node-setting', 'room-named', 'note'].map((kind) => [kind, 1])
)

interface Node {
  name: string
  folder: string
  id: string
  address: string
  room: Room
  mesh: Mesh
  journal: Journal
  membership: Membership
  events: MeshEvent[]
  problems: unknown[]
  stop(): Promise<void>
}

interface StartInit {
  name: string
  folder: string
  invitation?: string
  grant?: Grant
  peers?: string[]
}

async function start(init: StartInit): Promise<Node> {
  const { name, folder, invitation, peers = [] } = init
  const identity = await openIdentity(PARTS, { folder, hardware: { macs: [], machineId: name } })
  const room =
    (await openRoom(PARTS, { folder, identity })) ??
    (init.grant
      ? await joinGranted(PARTS, { folder, identity, grant: init.grant })
      : invitation
        ? await joinRoom(PARTS, { folder, identity, invitation, role: 'node' })
        : await foundRoom(PARTS, { folder, identity, name: 'Hall' }))
  const authority = createWriterAuthority(room, identity.key)
  const problems: unknown[] = []
  const onProblem = (problem: unknown): void => void problems.push(problem)
  const journal = await openJournal(
    { ...PARTS, authority, certify: (key) => authority.certify(key), seal: room.keyRing },
    { folder: join(folder, 'journal'), node: identity.node, understood: KINDS, onProblem }
  )
  const membership = await createMembership({ ...PARTS, journal, room, identity }, { name, role: 'node', onProblem })
  const mesh = await createMesh(
    {
      ...PARTS,
      key: identity.key,
      policy: membership.policy,
      networkAddresses: () => [],
      grant: (device) => membership.grant(device)
    },
    {
      folder: join(folder, 'mesh'),
      meshPort: 0,
      bootId: identity.bootId,
      profile: { name, role: 'node', httpPort: 0, capacityBytes: 1 },
      staticAddresses: peers,
      discovery: false
    }
  )
  const sync = createJournalSync(
    { ...PARTS, journal, links: mesh },
    { onMisbehaviour: (peer, code) => problems.push({ peer, code }) }
  )
  membership.attach(mesh)
  const events: MeshEvent[] = []
  mesh.onEvent((event) => events.push(event))
  await mesh.start()
  sync.start()
  const stop = async (): Promise<void> => {
    sync.stop()
    membership.stop()
    await mesh.stop()
    await journal.close()
  }
  const address = `/ip4/127.0.0.1/tcp/${mesh.meshPort}`
  return { name, folder, id: identity.node, address, room, mesh, journal, membership, events, problems, stop }
}

class Nodes implements AsyncDisposable {
  readonly #running = new Set<Node>()
  readonly #folders: Disposable[] = []

  async start(init: Omit<StartInit, 'folder'> & { folder?: string }): Promise<Node> {
    const fresh = temporaryFolder()
    this.#folders.push(fresh)
    const node = await start({ folder: fresh.path, ...init })
    this.#running.add(node)
    return node
  }

  async stop(node: Node): Promise<void> {
    this.#running.delete(node)
    await node.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((node) => node.stop()))
    for (const folder of this.#folders) folder[Symbol.dispose]()
  }
}

async function until(what: string, holds: () => boolean, timeoutMs = PATIENCE_MS): Promise<void> {
  for (const endMs = performance.now() + timeoutMs; !holds(); ) {
    if (performance.now() > endMs) throw new Error(`${what}: not so after ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const membersOf = (node: Node): string =>
  [...node.membership.view().members.values()]
    .map(({ name }) => name)
    .sort()
    .join()
const invite = async (node: Node, uses: number | null = 1): Promise<string> =>
  (await node.membership.invite({ uses, addresses: [node.address] })).text

describe('a room', () => {
  test('grows by invitations; each device learns of all others, also of those that it never met', async () => {
    await using nodes = new Nodes()
    const a = await nodes.start({ name: 'a' })
    const b = await nodes.start({ name: 'b', invitation: await invite(a), peers: [a.address] })
    await until('b is a member', () => membersOf(a) === 'a,b' && membersOf(b) === 'a,b')
    const c = await nodes.start({ name: 'c', invitation: await invite(b), peers: [b.address] })
    await until('all know all', () => [a, b, c].every((node) => membersOf(node) === 'a,b,c'))
    expect([a, b, c].flatMap(({ problems }) => problems)).toEqual([])
  })

  test('an invitation that is used up lets nobody in, and says so on both sides', async () => {
    await using nodes = new Nodes()
    const a = await nodes.start({ name: 'a' })
    const invitation = await invite(a)
    const b = await nodes.start({ name: 'b', invitation, peers: [a.address] })
    // A member that has not heard yet would let it in, and out again.
    await until('b is a member', () => membersOf(a) === 'a,b' && membersOf(b) === 'a,b')
    const x = await nodes.start({ name: 'x', invitation, peers: [a.address, b.address] })
    const refused = (event: MeshEvent): boolean => event.kind === 'refused' && event.code === 'INVITATION_USED_UP'
    await until('x was told', () => x.events.some(refused) && a.events.some(refused))
    expect(x.mesh.links()).toHaveLength(0)
    expect(membersOf(x)).toBe('')
    expect(membersOf(a)).toBe('a,b')
  })

  test('a thief gets nothing and changes nothing; a device that lay on a shelf meanwhile comes back without help', async () => {
    await using nodes = new Nodes()
    const a = await nodes.start({ name: 'a' })
    const invitation = await invite(a, 5)
    const b = await nodes.start({ name: 'b', invitation, peers: [a.address] })
    const shelf = await nodes.start({ name: 'shelf', invitation, peers: [a.address] })
    const thief = await nodes.start({ name: 'thief', invitation, peers: [a.address] })
    const all = [a, b, shelf, thief]
    await until('all know all', () => all.every((node) => membersOf(node) === 'a,b,shelf,thief'))
    await nodes.stop(shelf)
    await nodes.stop(thief)

    const report = await a.membership.remove(thief.id, { stolen: true })
    expect(report.revoked).toMatchObject([{ uses: 5 }])
    await until('b has heard', () => membersOf(b) === 'a,b,shelf' && b.room.keyRing.current().epoch === 1)
    const secret = a.room.keyRing.seal(Buffer.from('secret'))

    // The thief forges while it is alone, with whatever it knows.
    const alone = await nodes.start({ name: 'thief', folder: thief.folder })
    await alone.membership.remove(a.id, { stolen: false })
    await alone.membership.rename('Mine')
    const friendly = await invite(alone, null)
    for (const node of [a, b]) alone.mesh.addStaticAddress(node.address)
    await until('the thief was told', () => alone.events.some(({ kind }) => kind === 'removed'))
    const friend = await nodes.start({ name: 'friend', invitation: friendly, peers: [a.address, b.address] })
    await until('the friend was refused', () =>
      friend.events.some((event) => event.kind === 'refused' && event.by === 'them')
    )
    expect([alone, friend].map(({ mesh }) => mesh.links().length)).toEqual([0, 0])

    const back = await nodes.start({ name: 'shelf', folder: shelf.folder, peers: [a.address] })
    await until(
      'the shelf is back',
      () => membersOf(back) === 'a,b,shelf' && back.room.keyRing.open(secret) !== undefined
    )
    expect(back.membership.standing()).toBe('member')
    expect(alone.room.keyRing.open(secret)).toBeUndefined()
    for (const node of [a, b, back]) {
      expect(membersOf(node)).toBe('a,b,shelf')
      expect(node.membership.policy.room()?.name).toBe('Hall')
      expect(node.problems).toEqual([])
    }
  })

  test('what was sealed under a key that came later is read once the key is there', async () => {
    await using nodes = new Nodes()
    const a = await nodes.start({ name: 'a' })
    const invitation = await invite(a, 2)
    const b = await nodes.start({ name: 'b', invitation, peers: [a.address] })
    await until('b is a member', () => membersOf(b) === 'a,b')
    await a.room.keyRing.rotate([])
    await a.journal.append([
      { topic: 'people', kind: 'note', version: 1, audience: 'nodes', body: { password: 'hash' } }
    ])
    const bodies = async (): Promise<unknown[]> => {
      const read: unknown[] = []
      for await (const entry of b.journal.entriesOf('people')) read.push(entry.body)
      return read
    }
    let read: unknown[] = []
    const endMs = performance.now() + PATIENCE_MS
    while (read.length === 0 || read[0] === undefined) {
      if (performance.now() > endMs) throw new Error(`never read: ${JSON.stringify(read)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
      read = await bodies()
    }
    expect(read).toEqual([{ password: 'hash' }])
  })
})
