/** One room on one device: journal, membership, mesh, blobs, collections and mirrors, put together and taken apart in order. */
import type { Mirror } from '../../protocols/content.ts'
import type { JoineryError } from '../../protocols/errors.ts'
import type { Refusal } from '../../protocols/hello.ts'
import type { NodeId, PeerLinks, PeerProfile } from '../../protocols/message-stream.ts'
import { ROOM_REGISTERS } from '../../protocols/registers.ts'
import { BlobStore, type Blobs, createBlobs, openBlobIndex } from '../blobs/index.ts'
import type { CloudLinks } from '../cloud/index.ts'
import { type Collections, openCollections } from '../collections/index.ts'
import { PROGRAM_VERSION } from '../config/version.ts'
import { waitedForGitKinds } from '../git/index.ts'
import { createJournalSync, type Journal, type JournalSync, openJournal } from '../journal/index.ts'
import { RoomClock, type RoomLive } from '../live/index.ts'
import { Load } from '../load/index.ts'
import { createMesh, type Hosting, type Mesh } from '../mesh/index.ts'
import { collectionKinds, createMirrors } from '../mirrors/index.ts'
import { createNoteMerger, createNotes, type Notes, type OwnSite } from '../notes/index.ts'
import { createCodeHasher, People } from '../people/index.ts'
import { openLevel } from '../platform/key-value.ts'
import { freeHeapBytes, totalMemoryBytes } from '../platform/memory.ts'
import { networkAddresses } from '../platform/network-interfaces.ts'
import { nodeSourceFolder } from '../platform/source-folder.ts'
import { createMembership, createWriterAuthority, type Membership, type Room, WifiSetting } from '../room/index.ts'
import { TakeHome } from '../take-home/index.ts'
import { offeredCapacity } from './capacity.ts'
import { type Device, FOLDERS, openStore } from './device.ts'
import { NO_LINKS } from './no-links.ts'
import { cookiesOfTicket } from './note-ticket.ts'
import { openRoomGit, type RoomGit } from './room-git.ts'
import { type OpenRoomHearing, openRoomHearing } from './room-hearing.ts'
import { openRoomLive } from './room-live.ts'
import { countedCapacities, placementMembers } from './room-members.ts'
import { openCloudLinks, openRoomUplink, type RoomUplink } from './room-uplink.ts'
import { UNDERSTOOD_KINDS } from './understood-kinds.ts'
import { Undoing } from './undoing.ts'

/** Boards of 512 MB; those of 1 GB report a little less. */
const SMALL_BOARD_BYTES = 700 * 2 ** 20

/** A nearly full disk offers nothing to the others; a little may still be imported on it, as far as the disk lets it. */
const LEAST_QUOTA_BYTES = 100 * 2 ** 20

/** A few are enough for advice; who refuses need not be of our room. */
const MAX_REFUSALS = 100

export interface RoomRuntime {
  readonly room: Room
  readonly journal: Journal
  readonly membership: Membership
  readonly blobs: Blobs
  readonly collections: Collections
  readonly people: People
  readonly mirrors: ReadonlyMap<string, Mirror>
  /** Absent without a network: nobody could open one. */
  readonly notes?: Notes
  /** Why it cannot be used, where git is missing or too old; absent without a network. */
  readonly git?: RoomGit | JoineryError
  /** Stickies, how devices are, the room's time; absent without a network. */
  readonly live?: RoomLive
  /** Its wall time is what people are shown. */
  readonly roomClock: RoomClock
  /** Absent without a network. */
  readonly load?: Load
  /** Nodes whose key two running devices have, and where the other one is. */
  readonly clones: ReadonlyMap<NodeId, string>
  /** Members that did not let us in, and why; those that did since are gone from it. */
  readonly refusals: ReadonlyMap<NodeId, Refusal>
  readonly uplink: RoomUplink
  readonly takeHome: TakeHome
  readonly wifi: WifiSetting
  readonly hearing: OpenRoomHearing
  /** Absent when the folder is worked on without a network. */
  readonly network?: { mesh: Mesh; sync: JournalSync }
  /** Ends all parts, the last one first, and waits for them. */
  stop(): Promise<void>
}

export interface RoomRuntimeOptions {
  /** Absent: no mesh, for work on a folder that no node has open. */
  network?: {
    httpPort: number
    meshPort: number
    /** Absent: notes are kept and not served. */
    site?: OwnSite
    /** Absent: a host of its own. */
    hosting?: Hosting
  }
}

/** Opens everything, or nothing: what was opened before a failure is closed again. */
export async function openRoomRuntime(device: Device, room: Room, options: RoomRuntimeOptions): Promise<RoomRuntime> {
  const undo = new Undoing()
  try {
    return await open(device, room, options, undo)
  } catch (error) {
    await undo.run()
    throw error
  }
}

async function open(device: Device, room: Room, options: RoomRuntimeOptions, undo: Undoing): Promise<RoomRuntime> {
  const { clock, config, disk, identity, log, random } = device
  const onProblem = (problem: { code: string; message: string; cause?: unknown }): void =>
    log.warn({ code: problem.code, err: problem.cause }, problem.message)

  const authority = createWriterAuthority(room, identity.key)
  const journal = await openJournal(
    {
      disk,
      clock,
      random,
      authority,
      certify: (writerKey) => authority.certify(writerKey),
      seal: room.keyRing,
      merger: createNoteMerger(clock),
      registers: ROOM_REGISTERS
    },
    {
      folder: FOLDERS.journal(config),
      node: identity.node,
      understood: UNDERSTOOD_KINDS,
      waitedFor: waitedForGitKinds,
      onProblem
    }
  )
  undo.add(() => journal.close())
  const roomClock = await RoomClock.open({ clock, journal })
  undo.add(() => roomClock.stop())
  const membership = await createMembership(
    { clock, random, journal, room, identity },
    { name: config.name, role: config.role, onProblem }
  )
  undo.add(() => membership.stop())
  const people = await People.open(
    { journal, clock, disk, random, hasher: createCodeHasher() },
    { folder: FOLDERS.people(config), roomId: room.id }
  )
  undo.add(() => people.stop())

  const store = await BlobStore.open(
    { disk, index: await openBlobIndex({ disk, open: openLevel }, FOLDERS.blobIndex(config)), clock },
    { directory: FOLDERS.blobs(config), quotaBytes: config.capacityBytes ?? Number.MAX_SAFE_INTEGER }
  )
  const undoStore = undo.add(() => store.close())
  const capacityBytes = await offeredCapacity(device, store, membership)
  // The others place files by what it offers: it keeps to that itself.
  store.offer(Math.max(capacityBytes, LEAST_QUOTA_BYTES))

  const network = options.network
  const profile: Omit<PeerProfile, 'bootId'> = {
    name: config.name,
    role: config.role,
    httpPort: network?.httpPort ?? 0,
    capacityBytes
  }
  const clouds = await openCloudLinks(device, journal, membership)
  const undoClouds = undo.add(() => clouds.stop())
  const mesh = network && (await createRoomMesh(device, room, { membership, clouds }, profile, network))
  const links: PeerLinks = mesh ?? NO_LINKS
  const sync = createJournalSync(
    { journal, links, clock, random },
    { onMisbehaviour: (peer, code) => log.warn({ peer, code }, 'a device sent entries that do not pass') }
  )
  membership.attach(links)
  const uplink = await openRoomUplink({ device, journal, membership, clouds, sync, links, onProblem })
  undo.replace(undoClouds, () => uplink.stop())

  const blobs = createBlobs(
    { store, links: uplink.links, clock, source: uplink.source },
    {
      self: identity.node,
      // A cloud peer has many rooms open, and a narrow line to each.
      smallBoard: config.role === 'cloud' || totalMemoryBytes() < SMALL_BOARD_BYTES,
      onEvent: (event) =>
        event.kind === 'peer-lied' || event.kind === 'peer-refused'
          ? log.warn(event, 'a device sent what it should not have')
          : log.info(event, 'files')
    }
  )
  undo.replace(undoStore, () => blobs.stop())
  uplink.followBlobs(blobs)
  const load =
    mesh &&
    new Load({
      ...{ clock, links, networkAddresses },
      onAsked: (by, takes) => log.debug({ by, takes }, 'a device asked whether a learner may come'),
      holds: (cid) => store.has(cid),
      holders: (cid) => blobs.holders(cid)
    })
  if (load) undo.add(() => load.stop())
  const memory = await openStore(device, FOLDERS.importMemory(config))
  undo.add(() => memory.close())
  const collections = await openCollections(
    {
      journal,
      blobs: blobs.reader,
      writer: blobs.writing,
      sources: nodeSourceFolder,
      memory,
      random,
      clock,
      shownClock: roomClock,
      capacities: countedCapacities(membership)
    },
    { kinds: collectionKinds(), readerVersion: PROGRAM_VERSION, freeHeapBytes }
  )
  undo.add(() => collections.stop())
  const newcomer = {
    node: identity.node,
    capacityBytes,
    counts: true,
    keepsAll: config.role === 'cloud',
    drained: false
  }
  blobs.follow(collections.catalogue, placementMembers(membership, newcomer), {
    settled: () => collections.pending().length === 0
  })

  const site = network?.site
  const notes =
    site &&
    (await createNotes(
      {
        journal,
        clock,
        random,
        disk,
        links,
        site,
        identify: ({ headers }, ticket) =>
          people.ofSession(headers.cookie) ??
          (ticket === undefined ? undefined : people.ofSession(cookiesOfTicket(room.keyRing, ticket))),
        onProblem
      },
      { directory: FOLDERS.notes(config) }
    ))
  if (notes) undo.add(() => notes.stop())

  const git = network && (await openRoomGit({ device, journal, membership, links, onProblem }))
  if (git && 'stop' in git) {
    undo.add(() => git.stop())
    uplink.followCommits(() => git.agreement.lacking)
  }

  // A cloud peer stands in no classroom.
  const moment =
    mesh &&
    config.role !== 'cloud' &&
    openRoomLive({
      ...{ device, roomClock, blobs, collections, links, onProblem },
      warnings: () => [
        ...mesh.discovery().advice.map(({ code }) => code),
        ...(clones.size > 0 || journal.forks().length > 0 ? ['CARD_COPIED'] : []),
        ...(journal.mayDecide() ? [] : ['UPDATE_NEEDED']),
        ...(store.readOnly ? ['DISK_FAILED'] : []),
        ...(git && 'untidy' in git && git.untidy().length > 0 ? ['REPOSITORY_UNTIDY'] : [])
      ]
    })
  if (moment) undo.add(() => moment.stop())

  const clones = new Map<NodeId, string>()
  const refusals = new Map<NodeId, Refusal>()
  if (mesh) {
    undo.add(
      mesh.onEvent((event) => {
        log.info(event, 'mesh')
        if (event.kind === 'clone') clones.set(event.node, event.where)
        if (event.kind === 'linked') refusals.delete(event.node)
        if (event.kind === 'refused' && event.by === 'them' && refusals.size < MAX_REFUSALS) {
          refusals.set(event.node, event.code)
        }
        if (event.kind === 'removed') membership.noteRemoval(event.by)
      })
    )
    undo.add(links.onLink(() => collections.retry()))
    await mesh.start()
    undo.add(mesh.stop.bind(mesh))
    sync.start()
    undo.add(() => sync.stop())
    uplink.start(mesh)
  }
  const hearing = openRoomHearing({ clock, membership, collections, sync })
  undo.add(() => hearing.stop())
  return {
    room,
    roomClock,
    clones,
    refusals,
    hearing,
    journal,
    membership,
    blobs,
    collections,
    people,
    uplink,
    ...(load ? { load } : {}),
    wifi: await WifiSetting.open(journal),
    takeHome: new TakeHome({
      clock,
      content: collections.index,
      blobs: blobs.reader,
      people,
      ...(notes ? { notes } : {}),
      ...(git && 'taking' in git ? { repositories: git.taking } : {})
    }),
    mirrors: createMirrors({ index: collections.index, blobs: blobs.reader }),
    ...(notes ? { notes } : {}),
    ...(git ? { git } : {}),
    ...(moment ? { live: moment.live } : {}),
    ...(mesh ? { network: { mesh, sync } } : {}),
    stop: () => undo.run()
  }
}

function createRoomMesh(
  { clock, config, disk, identity, random }: Device,
  room: Room,
  { membership, clouds }: { membership: Membership; clouds: CloudLinks },
  profile: Omit<PeerProfile, 'bootId'>,
  { meshPort, hosting }: { meshPort: number; hosting?: Hosting }
): Promise<Mesh> {
  const isCloud = config.role === 'cloud'
  return createMesh(
    {
      clock,
      random,
      disk,
      key: identity.key,
      policy: isCloud ? membership.policy : clouds.guard(membership.policy),
      networkAddresses,
      ...(hosting ? { hosting } : {}),
      ...(isCloud ? {} : { grant: (asking) => membership.grant(asking) })
    },
    {
      folder: FOLDERS.mesh(config),
      meshPort,
      bootId: identity.bootId,
      profile,
      // A cloud peer waits to be called.
      staticAddresses: isCloud ? [] : [...config.staticAddresses, ...room.addresses],
      hiddenAddresses: config.accessPointAddresses,
      discovery: config.discovery && !isCloud
    }
  )
}
