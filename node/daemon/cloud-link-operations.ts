/** What a person can ask of a device about the cloud peers of its room. */
import { JoineryError } from '../../protocols/errors.ts'
import type { CloudLinkState } from '../cloud/index.ts'
import type { CloudPeerStatus, Operations } from '../control/operations.ts'
import type { RoomRuntime } from './room-runtime.ts'
import type { RoomSlot } from './room-slot.ts'

export type CloudLinkOperations = Pick<
  Operations,
  'cloudLink' | 'cloudUnlink' | 'cloudStatus' | 'setCloudBudget' | 'cloudInvite' | 'cloudRooms'
>

export function cloudLinkOperations(slot: RoomSlot): CloudLinkOperations {
  const isCalled = (node: string, said: string): boolean =>
    node === said || (said.length >= 6 && node.endsWith(said)) || nameOf(slot.runtime.membership, node) === said
  const find = (said: string): CloudLinkState => {
    const { uplink } = slot.runtime
    const links = uplink.clouds.list()
    const fits = links.filter(({ node }) => isCalled(node, said))
    const [only] = said === '' && links.length === 1 ? links : fits
    if (!only || fits.length > 1) throw new JoineryError('CLOUD_UNKNOWN', `no cloud peer of the room is called ${said}`)
    return only
  }
  const elsewhere = (): never => {
    throw new JoineryError('NOT_A_CLOUD_PEER', 'this device is no cloud peer')
  }
  return {
    async cloudLink({ text, budgetBytes, budgetMinutes }) {
      const link = await slot.runtime.uplink.clouds.link({
        text,
        ...(budgetBytes === undefined ? {} : { budgetBytes }),
        ...(budgetMinutes === undefined ? {} : { budgetMinutes })
      })
      return await cloudPeerStatus(slot.runtime, link)
    },
    async cloudUnlink({ cloud, forGood = false }) {
      const { clouds } = slot.runtime.uplink
      // Out of the members too, after it was unlinked: it stands in no list of links any more.
      const gone = forGood ? clouds.unlinked().find((node) => isCalled(node, cloud)) : undefined
      const link = gone === undefined ? find(cloud) : unlinkedState(gone)
      const before = await cloudPeerStatus(slot.runtime, link)
      await clouds.unlink(link.node, { forGood })
      return before
    },
    async cloudStatus() {
      if (!slot.current) return []
      const { current } = slot
      return await Promise.all(current.uplink.clouds.list().map((link) => cloudPeerStatus(current, link)))
    },
    async setCloudBudget({ cloud, budgetBytes, budgetMinutes, again = false }) {
      const { node } = find(cloud)
      const { clouds } = slot.runtime.uplink
      await clouds.setBudget(node, { budgetBytes, budgetMinutes, again })
      return await cloudPeerStatus(slot.runtime, clouds.get(node) ?? find(node))
    },
    cloudInvite: async () => elsewhere(),
    cloudRooms: async () => elsewhere()
  }
}

/** For the last word about one that the room is not linked with any more. */
function unlinkedState(node: string): CloudLinkState {
  return {
    ...{ node, addresses: [], budgetBytes: null, budgetMinutes: null, count: new Uint8Array(), failures: 0 },
    state: 'member'
  }
}

function nameOf(membership: RoomRuntime['membership'], node: string): string {
  return membership.view().members.get(node)?.name || node.slice(-8)
}

async function cloudPeerStatus(runtime: RoomRuntime, link: CloudLinkState): Promise<CloudPeerStatus> {
  const { uplink, membership, blobs, network } = runtime
  const { node } = link
  const isLinked = network?.mesh.links().some(({ peer }) => peer === node) ?? false
  const said = await uplink.states.now(node)
  const leftChanges = uplink.leftChanges(node)
  const { bytes, minutes, spent } = uplink.used(node)
  const here = await blobs.status()
  const files = uplink.files(node)
  const leftBytes = files?.leftBytes ?? said?.missingBytes ?? 0
  const bytesPerSecond = uplink.bytesPerSecond(node)
  return {
    id: node,
    name: nameOf(membership, node),
    addresses: link.addresses,
    state: isLinked ? 'linked' : link.state === 'member' ? 'away' : link.state,
    ...(link.code === undefined ? {} : { code: link.code }),
    ...uplink.line(node),
    journalDone: leftChanges === 0,
    ...(leftChanges === undefined ? {} : { leftChanges }),
    full: said !== undefined && (said.full || !said.journalOpen),
    heldFiles: files?.heldFiles ?? 0,
    heldBytes: files?.heldBytes ?? 0,
    arrivedBytes: files?.arrivedBytes ?? 0,
    leftFiles: files?.leftFiles ?? said?.missingFiles ?? 0,
    leftBytes,
    leftRepositories: said?.lackingRepositories ?? 0,
    wantedHereBytes: here.missingBytes,
    usedBytes: bytes,
    usedMinutes: minutes,
    bytesPerSecond,
    ...(bytesPerSecond > 0 && leftBytes > 0 ? { remainingMs: Math.round((leftBytes / bytesPerSecond) * 1000) } : {}),
    budgetBytes: link.budgetBytes,
    budgetMinutes: link.budgetMinutes,
    budgetSpent: spent
  }
}
