/** The line to the cloud peers of a room, or, at a cloud peer, to the devices of a room: who is linked, what goes first, what it may cost. */

import { RIGHT_ADMIT } from '../../protocols/certificate.ts'
import type { CloudState } from '../../protocols/cloud-state.ts'
import type { NodeId, PeerLinks } from '../../protocols/message-stream.ts'
import { type BlobSource, type Blobs, createHttpSource, createPeerSource, createStreamSource } from '../blobs/index.ts'
import { answerState, BudgetBook, CloudLinks, CloudStates, LineWatch, meterLinks, paceSource } from '../cloud/index.ts'
import type { Journal, JournalSync } from '../journal/index.ts'
import type { Mesh } from '../mesh/index.ts'
import type { Membership } from '../room/index.ts'
import { type Device, FOLDERS } from './device.ts'

export interface RoomUplink {
  readonly clouds: CloudLinks
  /** What cloud peers say of themselves. */
  readonly states: CloudStates
  /** How the blobs fetch. */
  readonly source: BlobSource
  /** What the blobs serve over. */
  readonly links: PeerLinks
  /** Files that went over the line to and from a cloud peer since its count began. */
  used(node: NodeId): { bytes: number; minutes: number; spent: boolean }
  /** Files over the line just now. */
  bytesPerSecond(node: NodeId): number
  /**
   * The internet for what is fetched from elsewhere. It is one line: what is used counts against the limits of the room's cloud peers as well.
   *
   * @param count names the count, as for a cloud peer. @param limitBytes null: no limit
   */
  elsewhere(
    count: Uint8Array,
    limitBytes: number | null
  ): { leftBytes(): number; usedBytes(): number; use(bytes: number): void }
  /** How the connection of this device with a cloud peer is, since its start. */
  line(node: NodeId): { breaks: number; awayMs?: number }
  /** Files at a cloud peer; as they were last while it is away. Undefined: nothing is known since the start. */
  files(node: NodeId): CloudFiles | undefined
  /** Batches of the journal that a cloud peer has not confirmed; undefined when it has not said what it has. */
  leftChanges(node: NodeId): number | undefined
  /** Repositories that this device lacks something of; files wait for them. */
  followCommits(lacking: () => number): void
  followBlobs(blobs: Blobs): void
  start(mesh: Mesh): void
  stop(): Promise<void>
}

export interface CloudFiles {
  heldFiles: number
  heldBytes: number
  /** Those that are half there included. */
  arrivedBytes: number
  leftFiles: number
  leftBytes: number
}

export interface RoomUplinkComponents {
  device: Device
  journal: Journal
  membership: Membership
  clouds: CloudLinks
  sync: JournalSync
  links: PeerLinks
  onProblem(problem: { code: string; message: string; cause?: unknown }): void
}

/** The room's cloud peers; before the mesh, which asks whether one of them was unlinked. */
export async function openCloudLinks(device: Device, journal: Journal, membership: Membership): Promise<CloudLinks> {
  const { clock, identity, random } = device
  return await CloudLinks.open({
    ...{ journal, clock, random },
    members: {
      self: identity.node,
      mayAdmit: (node) => ((membership.view().members.get(node)?.rights ?? 0) & RIGHT_ADMIT) !== 0,
      isMember: (node) => membership.view().members.has(node),
      isRemoved: (node) => membership.view().removed.has(node),
      certify: (node) => membership.certify({ node, role: 'cloud' }),
      remove: async (node) => void (await membership.remove(node, { stolen: false })),
      onChange: (listener) => membership.onChange(listener)
    }
  })
}

export async function openRoomUplink({
  device,
  journal,
  clouds,
  sync,
  links,
  onProblem
}: RoomUplinkComponents): Promise<RoomUplink> {
  const { clock, config, disk, identity } = device
  const isCloud = config.role === 'cloud'
  const book = await BudgetBook.open({ disk, clock }, { path: FOLDERS.uplinkUsed(config), onProblem })
  let lackingCommits = (): number => 0

  const budgetSpent = (node: NodeId): boolean => {
    const link = isCloud ? undefined : clouds.get(node)
    if (!link) return false
    return book.of(node, link.count).isSpent({ bytes: link.budgetBytes, minutes: link.budgetMinutes })
  }
  const use = (node: NodeId, bytes: number): void => {
    // Only cloud peers of the room have one: a bounded number.
    const link = isCloud ? undefined : clouds.get(node)
    if (link) book.use(node, link.count, bytes)
  }
  const lines = new LineWatch(clock, links)
  const stream = createStreamSource({ clock })
  const states = new CloudStates({ clock, links })
  let followed: Blobs | undefined
  const lastFiles = new Map<NodeId, CloudFiles>()
  if (isCloud) {
    answerState(links, async () => {
      const files = await followed?.status()
      const own = followed?.device(identity.node)
      const holdsAll = own === undefined || own.wantedFiles >= own.roomFiles
      return {
        journalOpen: journal.state() === 'open',
        // It is to hold everything: what it offers is too little, or its disk does not keep what it offers.
        full: files !== undefined && (!holdsAll || files.readOnly || files.missingBytes > files.freeBytes),
        missingFiles: files?.missing ?? 0,
        missingBytes: files?.missingBytes ?? 0,
        lackingRepositories: lackingCommits()
      }
    })
  }
  return {
    clouds,
    states,
    source: paceSource(
      {
        clock,
        // Over the internet the HTTP port of a device is not in reach, or is somebody else's.
        source: isCloud ? stream : createPeerSource({ clock, http: createHttpSource({ clock }), stream })
      },
      {
        overUplink: ({ profile }) => isCloud || profile.role === 'cloud',
        journalQuiet: (peer) =>
          lackingCommits() === 0 && (sync.status().find((status) => status.peer === peer)?.quiet ?? false),
        budgetSpent,
        fetched: use
      }
    ),
    links: meterLinks(links, { budgetSpent, served: use }),
    used: (node) => {
      const link = clouds.get(node)
      const budget = link && book.of(node, link.count)
      return { bytes: budget?.usedBytes ?? 0, minutes: budget?.usedMinutes ?? 0, spent: budgetSpent(node) }
    },
    bytesPerSecond: (node) => {
      const link = clouds.get(node)
      return link ? book.of(node, link.count).bytesPerSecond(clock.monotonicMs()) : 0
    },
    elsewhere: (count, limitBytes) => ({
      leftBytes() {
        const lefts = clouds.list().map((link) => {
          if (budgetSpent(link.node)) return 0
          return (link.budgetBytes ?? Number.MAX_SAFE_INTEGER) - book.of(link.node, link.count).usedBytes
        })
        const { usedBytes } = book.of(identity.node, count)
        return Math.max(0, Math.min((limitBytes ?? Number.MAX_SAFE_INTEGER) - usedBytes, ...lefts))
      },
      usedBytes: () => book.of(identity.node, count).usedBytes,
      use(bytes) {
        book.use(identity.node, count, bytes)
        for (const { node } of clouds.list()) use(node, bytes)
      }
    }),
    files(node) {
      const found = filesAt(followed?.device(node), states.last(node))
      if (!found) return lastFiles.get(node)
      // Of cloud peers of the room: a bounded number.
      if (clouds.get(node)) lastFiles.set(node, found)
      return found
    },
    line: (node) => lines.of(node),
    leftChanges: (node) => leftChanges(journal, node),
    followBlobs(blobs) {
      followed = blobs
    },
    followCommits(lacking) {
      lackingCommits = lacking
    },
    start: (mesh) => {
      // Who is a cloud peer itself links no others.
      if (!isCloud) clouds.start(mesh)
    },
    async stop() {
      lines.stop()
      states.stop()
      clouds.stop()
      if (!isCloud) await book.close()
    }
  }
}

/** Its inventory is certain; its own word also knows of files that are half there. */
function filesAt(held: ReturnType<Blobs['device']>, said: CloudState | undefined): CloudFiles | undefined {
  if (!held) return undefined
  const leftFiles = Math.max(0, held.wantedFiles - held.heldFiles)
  const leftBytes =
    said?.missingFiles === leftFiles ? Math.min(said.missingBytes, held.missingBytes) : held.missingBytes
  const { heldFiles, heldBytes } = held
  return { heldFiles, heldBytes, arrivedBytes: heldBytes + held.missingBytes - leftBytes, leftFiles, leftBytes }
}

/** What the peer confirmed is less than what is on our medium by so many batches. */
function leftChanges({ exchange }: Journal, node: NodeId): number | undefined {
  const known = exchange.knowledgeOf(node)
  if (known.size === 0) return undefined
  let left = 0
  for (const { bucket } of exchange.bucketHashes()) {
    for (const { writer, tips } of exchange.rowsOf(bucket)) {
      const last = Math.max(-1, ...tips.map(({ number }) => number))
      left += Math.max(0, last - (known.get(Buffer.from(writer).toString('hex')) ?? -1))
    }
  }
  return left
}
