/** Invitations for the page: made by the operation of `joinery invite`; which ones are open is read from the room's record. */
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Operations } from '../control/operations.ts'
import type { InvitationsDoor } from '../http/room-door.ts'
import type { GivenProgram } from './program-handout.ts'
import type { RoomSlot } from './room-slot.ts'

export interface RoomInvitationsInit {
  operations: Pick<Operations, 'invite'>
  handout: Pick<GivenProgram, 'line'>
}

export function roomInvitations(slot: RoomSlot, { operations, handout }: RoomInvitationsInit): InvitationsDoor {
  return {
    open() {
      const { members, tokens } = slot.runtime.membership.view()
      const nameOf = (node: NodeId): string => members.get(node)?.name || node.slice(-8)
      return [...tokens.values()].flatMap(({ token, uses, usedBy, revoked, invitedBy }) => {
        const usesLeft = (uses ?? Number.POSITIVE_INFINITY) - usedBy.length
        if (revoked || usesLeft <= 0) return []
        return [{ id: token, by: invitedBy ? nameOf(invitedBy) : '', usesLeft, usedBy: usedBy.map(nameOf) }]
      })
    },
    make: (uses) => operations.invite({ uses }),
    revoke: (id) => slot.runtime.membership.revoke(id),
    line: (address, text) => handout.line(address, text)
  }
}
