import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  CLOUD_SECRET_UNKNOWN: {
    status: 403,
    next: 'The cloud peer does not know this link text. Ask its administrator for a new one: `joinery cloud invite` there.'
  },
  CLOUD_LINK_USED_UP: {
    status: 409,
    next: 'This link text has let in as many rooms as it was made for. Ask the administrator of the cloud peer for a new one.'
  },
  CLOUD_LINK_REFUSED: {
    status: 403,
    next: 'The cloud peer does not take this room. Ask its administrator; a cloud peer that was unlinked for good needs a new key to come back.'
  },
  CLOUD_FULL: {
    status: 507,
    next: 'The cloud peer has no room left. Ask its administrator for more, or link another one.'
  },
  CLOUD_BUDGET_LOST: {
    status: 500,
    next: 'Look at the disk of this device. Until then what it used of the internet is counted from its last start.'
  },
  CLOUD_UNKNOWN: { status: 404, next: '`joinery cloud status` lists the cloud peers of this room.' },
  NOT_A_CLOUD_PEER: {
    status: 409,
    next: 'Do it on the cloud peer: the device that was started with `joinery start --role cloud`.'
  },
  IS_A_CLOUD_PEER: {
    status: 409,
    next: 'Do it on a device of the room: a cloud peer keeps rooms and does not run them.'
  }
})
