import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  CLOCK_NOT_FORWARD: {
    status: 409,
    next: 'The clock of a room only goes forwards. Check the clock of the computer you are using.'
  },
  SIGNALS_TOO_FAST: { status: 429, next: 'Wait a few seconds.' },
  SIGNALS_FULL: { status: 503, next: 'Ask a facilitator to take all stickies down.' }
})
