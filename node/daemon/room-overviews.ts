import type { NodeId } from '../../protocols/message-stream.ts'
import type { ContentsOverview, DeviceOverview, FetchingOverview, RoomOverview } from '../../protocols/room-overview.ts'
import type { WantFetchingStatus } from '../control/want-operations.ts'
import type { PeerStatus } from '../mesh/index.ts'
import type { Member } from '../room/index.ts'
import { ContentsSummary } from './contents-overview.ts'
import type { Asking } from './device-operations.ts'
import { pagesOf } from './pages-of.ts'
import type { RoomRuntime } from './room-runtime.ts'
import type { RoomSlot } from './room-slot.ts'
import type { RoomWants } from './room-wants.ts'
import { unplugWords } from './unplug-words.ts'

const NOTHING: ContentsOverview = {
  lessons: [],
  python: { count: 0, sizeBytes: 0, names: [] },
  r: { count: 0, sizeBytes: 0, names: [] },
  installers: []
}

export interface RoomOverviewsInit {
  /** Set while this device asks a room to be let in. */
  asking(): Asking | undefined
  wants: Pick<RoomWants, 'overview'>
  /** Absent: nothing is fetched here. */
  fetching?: { status(): Promise<WantFetchingStatus> }
}

/** A facilitator brings the most wanted first; a longer list is for nobody. */
const MAX_SHOWN_WANTS = 50
const MEGABYTE = 1e6

/** The room as pages, API and command line show it. */
export class RoomOverviews {
  readonly #slot: RoomSlot
  readonly #init: RoomOverviewsInit
  #contents: { of: RoomRuntime; summary: ContentsSummary } | undefined

  constructor(slot: RoomSlot, init: RoomOverviewsInit) {
    this.#slot = slot
    this.#init = init
  }

  async overview(): Promise<RoomOverview> {
    const { current, mesh } = this.#slot
    const asking = this.#init.asking()
    return {
      ...(current
        ? { room: { id: current.room.id, name: current.membership.view().roomName ?? current.room.name } }
        : {}),
      devices: current ? await deviceOverviews(this.#slot, current) : [],
      neighbours: (mesh?.neighbours() ?? []).map(({ room, name, devices }) => ({
        roomId: room,
        ...(name === '' ? {} : { name }),
        devices
      })),
      waiting: (mesh?.asks() ?? []).map(({ node, name, code }) => ({ id: node, name, code })),
      ...(asking ? { asking } : {}),
      contents: current ? this.#summary(current).overview() : NOTHING,
      wanted: await this.#init.wants.overview(MAX_SHOWN_WANTS),
      ...(current && this.#init.fetching ? { fetching: fetchingOverview(await this.#init.fetching.status()) } : {})
    }
  }

  #summary(runtime: RoomRuntime): ContentsSummary {
    if (this.#contents?.of !== runtime) {
      this.#contents = { of: runtime, summary: new ContentsSummary(runtime.collections.index) }
    }
    return this.#contents.summary
  }
}

function fetchingOverview({ automatic, isRunning, usedBytes, budgetBytes }: WantFetchingStatus): FetchingOverview {
  // The pages follow it: not each byte is news.
  const used = Math.floor(usedBytes / MEGABYTE) * MEGABYTE
  return { automatic, isRunning, usedBytes: used, ...(budgetBytes === null ? {} : { budgetBytes }) }
}

async function deviceOverviews(slot: RoomSlot, runtime: RoomRuntime): Promise<DeviceOverview[]> {
  const self = slot.device.identity.node
  const peers = new Map((runtime.network?.mesh.peers() ?? []).map((peer): [NodeId, PeerStatus] => [peer.node, peer]))
  // A member still, so that it can be linked again, and nobody's business until then.
  const unlinked = runtime.uplink.clouds.unlinked()
  const members = [...runtime.membership.view().members.values()].filter(({ node }) => !unlinked.includes(node))
  const devices = members.map((member) =>
    deviceOverview(runtime, member, member.node === self ? 'self' : peers.get(member.node))
  )
  const own = devices.find((device) => device.self)
  if (own && own.missingBytes > 0) {
    const { remainingMs } = await runtime.blobs.status()
    if (remainingMs !== undefined) own.remainingMs = remainingMs
  }
  return devices.sort(
    (a, b) => Number(b.self) - Number(a.self) || a.name.localeCompare(b.name, 'en') || (a.id < b.id ? -1 : 1)
  )
}

function deviceOverview(runtime: RoomRuntime, member: Member, peer: PeerStatus | 'self' | undefined): DeviceOverview {
  const self = peer === 'self'
  const linked = self || peer?.linked === true
  const files = runtime.blobs.device(member.node)
  const unplug = unplugWords(runtime, member.node, linked)
  const address = self || !peer?.linked ? undefined : pagesOf(peer)[0]
  const capacity = member.settings.capacityBytes
  return {
    id: member.node,
    name: member.name === '' ? member.node.slice(-8) : member.name,
    role: member.role,
    self,
    connected: linked,
    ...(address === undefined ? {} : { address }),
    capacityBytes: typeof capacity === 'number' ? capacity : 0,
    usedBytes: self ? runtime.blobs.store.space.usedBytes : (files?.heldBytes ?? 0),
    heldFiles: files?.heldFiles ?? 0,
    wantedFiles: files?.wantedFiles ?? 0,
    missingBytes: files?.missingBytes ?? 0,
    safeToUnplug: unplug.safe,
    ...(unplug.code !== undefined && { unplugCode: unplug.code }),
    ...(unplug.reason !== undefined && { unplugReason: unplug.reason }),
    leaving: member.settings.drained === true,
    needsUpdate: self && !runtime.journal.mayDecide()
  }
}
