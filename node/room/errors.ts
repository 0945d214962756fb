import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  ROOM_EXISTS: {
    status: 409,
    next: 'This device belongs to a room already: `joinery leave` first, or use another data folder.'
  },
  ROOM_FILE_DAMAGED: {
    status: 500,
    next: 'Move the file named above away and join again with an invitation; lessons and packages stay.'
  },
  IDENTITY_DAMAGED: {
    status: 500,
    next: 'Move the file named above away: the device makes a new key and joins again with an invitation.'
  },
  INVITATION_OTHER_ROOM: { status: 409, next: 'Use an invitation of this room, or `joinery leave` first.' },
  WIFI_NAME_INVALID: { status: 400, next: 'Type the name of the network as it shows on a phone: at most 32 letters.' },
  WIFI_PASSWORD_INVALID: {
    status: 400,
    next: 'A Wi-Fi password has 8 to 63 characters; leave it empty for an open network.'
  },
  INVITATION_FORGED: { status: 403, next: 'Ask a facilitator for a new invitation.' },
  NOT_ALLOWED_TO_ADMIT: {
    status: 403,
    next: 'Do it on another device of the room: a cloud peer cannot let devices in or out.'
  },
  REMOVED_FROM_ROOM: {
    status: 403,
    next: 'This device was taken out of the room. `joinery leave`, then join again with a new invitation.'
  },
  MEMBER_UNKNOWN: { status: 404, next: '`joinery peers` lists the devices of the room.' },
  CANNOT_REMOVE_SELF: { status: 400, next: 'Use `joinery leave` on this device.' },
  UPDATE_NEEDED: {
    status: 409,
    next: 'Update Joinery on this device: another one wrote something that it does not understand.'
  },
  CHAIN_TOO_LONG: {
    status: 409,
    next: 'Make the invitation on a device that was invited earlier, such as the first one.'
  }
})
