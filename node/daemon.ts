/**
 * The composition root: a running node from its parts. The order is written out: the front door (peers are told its port), the room,
 * and the local socket last: commands are answered by a node that is whole.
 */
import { join } from 'node:path'
import { JoineryError } from '../protocols/errors.ts'
import type { Config } from './config/config.ts'
import { PROGRAM_VERSION } from './config/version.ts'
import { createControlServer } from './control/control-server.ts'
import type { Operations } from './control/operations.ts'
import { probeSocket } from './control/probe-socket.ts'
import { controlSocketPath } from './control/socket-path.ts'
import { startCloudPeer } from './daemon/cloud-daemon.ts'
import { type Device, FOLDERS, openDevice } from './daemon/device.ts'
import type { Asking } from './daemon/device-operations.ts'
import { nodeOperations } from './daemon/node-operations.ts'
import { programHandout } from './daemon/program-handout.ts'
import { ReadyCheck } from './daemon/ready/ready-check.ts'
import { roomActions } from './daemon/room-actions.ts'
import { roomCopies } from './daemon/room-copies.ts'
import { roomBlobServer, roomDownloads, roomGitHost, roomMirrors, roomRepositories } from './daemon/room-doors.ts'
import { RoomGlances } from './daemon/room-glances.ts'
import { roomHearing } from './daemon/room-hearing.ts'
import { roomInvitations } from './daemon/room-invitations.ts'
import { roomNotes, roomSite } from './daemon/room-notes.ts'
import { RoomOverviews } from './daemon/room-overviews.ts'
import { roomSearch } from './daemon/room-search.ts'
import { RoomSlot } from './daemon/room-slot.ts'
import { startRoomSsh } from './daemon/room-ssh.ts'
import { roomTakeHome } from './daemon/room-take-home.ts'
import { RoomWants } from './daemon/room-wants.ts'
import { Undoing } from './daemon/undoing.ts'
import { isLinked, WantFetching } from './daemon/want-fetching.ts'
import { Wants } from './daemon/wants.ts'
import { createFrontDoor } from './http/front-door.ts'
import { roomAddresses } from './http/room-addresses.ts'
import { temporaryDirectory } from './platform/computer.ts'
import { networkAddresses } from './platform/network-interfaces.ts'
import { openRoom } from './room/index.ts'

const PROGRAM_DIRECTORY = join(import.meta.dirname, '..')

export interface Daemon {
  /** For people: `http://192.168.1.20:8080/`. */
  readonly address: string
  readonly operations: Operations
  /** Ends everything in order and waits for it; the local socket is gone afterwards. */
  stop(): Promise<void>
}

export async function hasRoom(config: Config): Promise<boolean> {
  // A cloud peer keeps rooms of others and needs none of its own.
  if (config.role === 'cloud') return true
  const device = await openDevice(config)
  return (await openRoom(device, { folder: FOLDERS.room(config), identity: device.identity })) !== undefined
}

/** Starts mesh, front door and local socket. A device without a room runs too: it can only look around and ask. */
export async function startDaemon(config: Config): Promise<Daemon> {
  const undo = new Undoing()
  try {
    const device = await openDevice(config)
    return await (config.role === 'cloud' ? startCloudPeer(device, undo) : start(device, undo))
  } catch (error) {
    await undo.run()
    throw error
  }
}

async function start(device: Device, undo: Undoing): Promise<Daemon> {
  const { clock, config, disk, log } = device
  const startedMs = clock.monotonicMs()
  let httpPort = 0
  let sshPort: number | undefined
  let asking: Asking | undefined
  const hostNames = new Set(
    [config.name, `${config.name}.local`, ...config.hostNames].map((name) => name.toLowerCase())
  )
  const slot: RoomSlot = new RoomSlot(device, {
    network: { httpPort: () => httpPort, site: roomSite(hostNames, { mesh: () => slot.mesh }) }
  })
  const addresses = (): string[] =>
    roomAddresses(undefined, networkAddresses(), httpPort).origins.map((origin) => `${origin}/`)
  const wants = new Wants()
  await wants.keepIn({ disk, clock, onProblem: (err) => log.warn({ err }, 'wants') }, FOLDERS.wants(config))
  undo.add(() => wants.stop())
  const roomWants = new RoomWants(
    {
      ...{ clock, own: wants, current: () => slot.current },
      isLinked: (node) => isLinked(slot, node),
      onProblem: (err) => log.warn({ err }, 'wants')
    },
    { self: device.identity.node }
  )
  const fetching = new WantFetching(slot, { wants: roomWants, environment: process.env, networkAddresses })
  const overviews = new RoomOverviews(slot, { asking: () => asking, wants: roomWants, fetching })
  const glances = new RoomGlances(slot, () => overviews.overview())
  const check = new ReadyCheck(slot, {
    overview: () => overviews.overview(),
    ownAddress: () => addresses()[0] ?? `http://127.0.0.1:${httpPort}`
  })
  const operations = nodeOperations(slot, {
    overviews,
    glances,
    check,
    wants: roomWants,
    fetching,
    addresses,
    httpPort: () => httpPort,
    uptimeMs: () => clock.monotonicMs() - startedMs,
    onAsking: (now) => {
      asking = now
    }
  })

  const socketPath = controlSocketPath(config.dataDirectory, temporaryDirectory())
  if (await probeSocket(socketPath)) {
    throw new JoineryError('ALREADY_RUNNING', `another joinery runs on ${config.dataDirectory}`)
  }

  const search = roomSearch(slot)
  const handout = programHandout(disk, PROGRAM_DIRECTORY)
  const frontDoor = await createFrontDoor(
    {
      clock,
      disk,
      log,
      blobs: roomBlobServer(slot),
      mirrors: roomMirrors(slot),
      room: overviews,
      notes: await roomNotes(device, slot, { programDirectory: PROGRAM_DIRECTORY }),
      people: {
        current: () => slot.current?.people,
        wifi: () => slot.current?.wifi,
        seen: (person) => slot.current?.live?.presence.seen(person),
        signalOf: (person) => slot.current?.live?.signalOf(person)
      },
      dashboard: {
        current: () => slot.current?.live,
        glance: () => glances.glance(),
        actions: roomActions(slot, operations, check),
        copies: roomCopies(slot, operations),
        invitations: roomInvitations(slot, { operations, handout })
      },
      git: { current: () => roomGitHost(slot) },
      repositories: { current: () => roomRepositories(slot) },
      takeHome: roomTakeHome(slot),
      uplink: { status: () => operations.cloudStatus() },
      sshPort: () => sshPort,
      handout,
      wants: () => roomWants.list(),
      fetching,
      search,
      onMissing: (missing, asker) => wants.add(missing, asker),
      hearing: roomHearing(slot),
      downloads: roomDownloads(slot),
      addresses: networkAddresses
    },
    {
      port: config.httpPort,
      host: config.httpHost,
      hostNames: [...hostNames],
      version: PROGRAM_VERSION,
      assetsDirectory: join(PROGRAM_DIRECTORY, 'web-client', 'assets')
    }
  )
  undo.add(() => frontDoor.stop())
  httpPort = (await frontDoor.start()).port
  sshPort = await startRoomSsh(device, slot, undo)

  undo.add(() => slot.stop())
  undo.add(() => search.stop())
  roomWants.start()
  undo.add(() => roomWants.stop())
  fetching.start()
  undo.add(() => fetching.stop())
  await slot.start()

  const control = createControlServer({ operations, disk, clock, log }, { socketPath, version: PROGRAM_VERSION })
  await control.start()
  undo.add(() => control.stop())
  return {
    get address() {
      return addresses()[0] ?? `http://127.0.0.1:${httpPort}/`
    },
    operations,
    stop: () => undo.run()
  }
}

/** The parts of a node without mesh and front door, for work on a folder that no node has open. */
export async function openOffline(config: Config): Promise<{ operations: Operations; close(): Promise<void> }> {
  const device = await openDevice(config)
  const slot = new RoomSlot(device, {})
  await slot.start()
  const startedMs = device.clock.monotonicMs()
  const wants = new Wants()
  const onProblem = (err: unknown): void => device.log.warn({ err }, 'wants')
  await wants.keepIn({ disk: device.disk, clock: device.clock, onProblem }, FOLDERS.wants(config))
  const roomWants = new RoomWants(
    { clock: device.clock, own: wants, current: () => slot.current, onProblem },
    { self: device.identity.node }
  )
  const operations = nodeOperations(slot, {
    overviews: new RoomOverviews(slot, { asking: () => undefined, wants: roomWants }),
    wants: roomWants,
    fetching: new WantFetching(slot, { wants: roomWants, environment: process.env, networkAddresses }),
    addresses: () => [],
    httpPort: () => 0,
    uptimeMs: () => device.clock.monotonicMs() - startedMs,
    onAsking: () => undefined
  })
  return { operations, close: () => slot.stop() }
}
