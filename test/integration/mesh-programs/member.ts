/**
 * A device with a mesh and a room and nothing else, for tests in network namespaces: settings as JSON in the first argument, commands as
 * JSON lines on stdin, what happens as JSON lines on stdout.
 */
import { createInterface } from 'node:readline'
import { createMesh } from '../../../node/mesh/index.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { networkAddresses } from '../../../node/platform/network-interfaces.ts'
import { systemRandom } from '../../../node/platform/random.ts'
import { createMembership, foundRoom, joinRoom, openIdentity, openRoom } from '../../../node/room/index.ts'
import { MemoryJournal } from '../../unit/room/shared-journal.ts'

export interface MemberSettings {
  folder: string
  name: string
  /** Founds a room of this name. */
  found?: string
  invitation?: string
  static?: string[]
  hidden?: string[]
  meshPort?: number
}

const settings = JSON.parse(process.argv[2] ?? '{}') as MemberSettings
const { folder, name } = settings
const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

const components = { disk: nodeDisk, random: systemRandom, clock: systemClock }
const identity = await openIdentity(components, { folder, hardware: { macs: [], machineId: name } })
let room = await openRoom(components, { folder, identity })
if (!room && settings.invitation)
  room = await joinRoom(components, { folder, identity, invitation: settings.invitation, role: 'node' })
room ??= await foundRoom(components, { folder, identity, name: settings.found ?? name })
const journal = new MemoryJournal(identity.node, Buffer.from(systemRandom.bytes(32)).toString('hex'))
const membership = await createMembership(
  { ...components, journal, room, identity },
  { name, role: 'node', onProblem: (problem) => print({ kind: 'problem', problem }) }
)
const mesh = await createMesh(
  {
    ...components,
    key: identity.key,
    policy: membership.policy,
    networkAddresses,
    grant: (device) => membership.grant(device)
  },
  {
    folder,
    meshPort: settings.meshPort ?? 4001,
    bootId: identity.bootId,
    profile: { name, role: 'node', httpPort: 8080, capacityBytes: 2 ** 30 },
    staticAddresses: [...(settings.static ?? []), ...room.addresses],
    hiddenAddresses: settings.hidden ?? []
  }
)
membership.attach(mesh)
const started = performance.now()
mesh.onEvent((event) => print({ atMs: Math.round(performance.now() - started), ...event }))
await mesh.start()
print({ kind: 'ready', node: mesh.node, addresses: mesh.addresses() })

createInterface(process.stdin).on('line', (line) => {
  const command = JSON.parse(line) as { do: string; uses?: number; node?: string }
  void (async () => {
    if (command.do === 'invite') {
      const addresses = mesh.addresses()
      print({ kind: 'invited', text: (await membership.invite({ uses: command.uses ?? null, addresses })).text })
    } else if (command.do === 'facts') {
      print({
        kind: 'facts',
        facts: mesh.discovery(),
        peers: mesh.peers(),
        neighbours: mesh.neighbours(),
        links: mesh.links().map(({ peer }) => peer)
      })
    } else if (command.do === 'stop') {
      await mesh.stop()
      process.exit(0)
    }
  })()
})
