import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  JOURNAL_READ_ONLY: {
    status: 503,
    next: 'The disk refused a write, so nothing more is accepted here. What is there can still be read. Restart the device; replace its card if it happens again.'
  },
  JOURNAL_FULL: {
    status: 507,
    next: 'The disk is full. Free some space on this device, then restart it; nothing that was accepted is lost.'
  },
  JOURNAL_DAMAGED: {
    status: 500,
    next: 'Run `joinery verify`: what is damaged here is fetched from other devices.'
  },
  JOURNAL_NEWER: {
    status: 500,
    next: 'This data folder was written by a newer version. Update this device.'
  },
  ENTRY_REFUSED: {
    status: 400,
    next: 'Nothing was written. See which limit the message names.'
  },
  ERASE_NOT_ALLOWED: {
    status: 403,
    next: 'This device may not let others in, and so may not erase either. Ask on another device of the room.'
  },
  BATCH_UNSIGNED: {
    status: 400,
    next: 'A device sent facts with a wrong signature. They were refused; see which device in `joinery peers`.'
  },
  BATCH_UNCERTIFIED: {
    status: 403,
    next: 'A device sent facts of somebody who is not in this room. They were refused.'
  },
  BATCH_NOT_ALLOWED: {
    status: 403,
    next: 'A cloud peer sent facts that it may not write. They were refused: `joinery cloud unlink`, and ask its administrator.'
  },
  BATCH_UNCHAINED: {
    status: 400,
    next: 'A device sent facts that do not follow from what it sent before. They were refused.'
  },
  WRITER_FORKED: {
    status: 409,
    next: 'A device was copied together with its keys. Remove it from the room and let it join again.'
  },
  SYNC_MISBEHAVED: {
    status: 400,
    next: 'A device does not keep to the rules of the exchange. Update it, or remove it from the room.'
  }
})
