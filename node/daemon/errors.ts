import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  CODE_DIFFERS: {
    status: 403,
    next: 'It may be somebody else: look at the code on the new device again, and let it ask once more.'
  },
  NOBODY_TO_DRAIN_TO: {
    status: 409,
    next: 'Let another device in first, or use `joinery leave` without --drain: what only this device has is then missed.'
  },
  ASK_DECLINED: { status: 403, next: 'Ask a facilitator of the room, or use an invitation.' }
})
