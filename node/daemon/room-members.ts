/** Members of the room, as placement and policies count them. */
import type { PlacementMembers, PlacementNode } from '../blobs/index.ts'
import type { CollectionsComponents } from '../collections/index.ts'
import type { Member, Membership } from '../room/index.ts'

/** @param newcomer this device, as it counts for itself until a member has seen it: who comes in with only the cloud peer in reach copies at once */
export function placementMembers(membership: Membership, newcomer?: PlacementNode): PlacementMembers {
  return {
    members: () => {
      const members = [...membership.view().members.values()].map(placementNode)
      return newcomer && membership.standing() === 'waiting' ? [...members, newcomer] : members
    },
    onChange: (listener) => membership.onChange(listener)
  }
}

export function countedCapacities(membership: Membership): CollectionsComponents['capacities'] {
  return {
    bytes: () =>
      [...membership.view().members.values()]
        .map(placementNode)
        .filter(({ counts, drained }) => counts && !drained)
        .map(({ capacityBytes }) => capacityBytes),
    isOtherLeaving: () => {
      const { members } = membership.view()
      return membership.policy.members().some((node) => members.get(node)?.settings.drained === true)
    },
    onChange: (listener) => membership.onChange(listener)
  }
}

/** A laptop goes home with its owner and a cloud peer is seldom in reach: what they hold does not count unless somebody said so. */
function placementNode({ node, role, settings }: Member): PlacementNode {
  const { capacityBytes, countsAsCopy, drained } = settings
  return {
    node,
    capacityBytes: typeof capacityBytes === 'number' ? capacityBytes : 0,
    counts: countsAsCopy === true || (role === 'node' && countsAsCopy !== false),
    keepsAll: role === 'cloud',
    drained: drained === true
  }
}
