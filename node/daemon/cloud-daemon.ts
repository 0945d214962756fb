/** A running cloud peer: one port for the devices of all rooms, one page that says that it is there, and the local socket. */
import { CLOUD_LINK_PROTOCOL } from '../../protocols/cloud-link.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { formatMeshAddress, ipMeshAddress } from '../../protocols/mesh-address.ts'
import { CLOUD_LINK_LIMITS, LinkDesk } from '../cloud/index.ts'
import { PROGRAM_VERSION } from '../config/version.ts'
import { createControlServer } from '../control/control-server.ts'
import type { Operations } from '../control/operations.ts'
import { probeSocket } from '../control/probe-socket.ts'
import { controlSocketPath } from '../control/socket-path.ts'
import { roomAddresses } from '../http/room-addresses.ts'
import { SharedHost } from '../mesh/index.ts'
import { temporaryDirectory } from '../platform/computer.ts'
import { networkAddresses } from '../platform/network-interfaces.ts'
import { cloudOperations } from './cloud-operations.ts'
import { openCloudPage } from './cloud-page.ts'
import { CloudRooms } from './cloud-rooms.ts'
import type { Device } from './device.ts'
import { nodeOperations } from './node-operations.ts'
import { RoomOverviews } from './room-overviews.ts'
import { RoomSlot } from './room-slot.ts'
import type { Undoing } from './undoing.ts'

/** Learners ask the devices of their room. */
const NO_WANTS = { list: async () => [], overview: async () => [] }
const refuse = async (): Promise<never> => {
  throw new JoineryError('IS_A_CLOUD_PEER', 'this device is a cloud peer')
}
const NO_FETCHING = { fetch: refuse, status: refuse, set: refuse }

export async function startCloudPeer(
  device: Device,
  undo: Undoing
): Promise<{ readonly address: string; readonly operations: Operations; stop(): Promise<void> }> {
  const { clock, config, disk, identity, log, random } = device
  const startedMs = clock.monotonicMs()
  const socketPath = controlSocketPath(config.dataDirectory, temporaryDirectory())
  if (await probeSocket(socketPath)) {
    throw new JoineryError('ALREADY_RUNNING', `another joinery runs on ${config.dataDirectory}`)
  }
  const rooms = await CloudRooms.find(device)
  const desk = await LinkDesk.open(
    { disk, random, rooms },
    { folder: config.dataDirectory, publicKey: identity.key.publicKey }
  )
  const page = await openCloudPage({ port: config.httpPort, host: config.httpHost })
  undo.add(() => page.stop())

  const host = await SharedHost.create(
    { clock, random },
    {
      key: identity.key,
      meshPort: config.meshPort,
      bootId: identity.bootId,
      openRoom: async (room) => (await rooms.open(room)) !== undefined
    }
  )
  undo.add(() => host.stop())
  await host.handleStrangers(CLOUD_LINK_PROTOCOL, CLOUD_LINK_LIMITS, (stream, peer) => desk.serve(stream, peer))
  undo.add(() => rooms.stop())
  // Before the first device calls; the port that rooms are told is known after the start.
  rooms.start(host)
  await host.start()

  // No room of its own: what every device can answer, it answers.
  const slot = new RoomSlot(device, {})
  const addresses = (): string[] =>
    roomAddresses(undefined, networkAddresses(), page.port).origins.map((origin) => `${origin}/`)
  const base = nodeOperations(slot, {
    overviews: new RoomOverviews(slot, { asking: () => undefined, wants: NO_WANTS }),
    wants: NO_WANTS,
    fetching: NO_FETCHING,
    addresses,
    httpPort: () => page.port,
    uptimeMs: () => clock.monotonicMs() - startedMs,
    onAsking: () => undefined
  })
  const operations = cloudOperations(
    { device, desk, rooms, base, slot },
    {
      meshPort: () => host.meshPort,
      addresses: () => networkAddresses().map(({ address }) => formatMeshAddress(ipMeshAddress(address, host.meshPort)))
    }
  )
  const control = createControlServer({ operations, disk, clock, log }, { socketPath, version: PROGRAM_VERSION })
  await control.start()
  undo.add(() => control.stop())
  return {
    get address() {
      return addresses()[0] ?? `http://127.0.0.1:${page.port}/`
    },
    operations,
    stop: () => undo.run()
  }
}
