import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  NOTE_NAME_INVALID: {
    status: 400,
    next: 'Use small letters, digits and hyphens in a note’s address, and at least one letter in its title.'
  },
  NOTE_FULL: { status: 413, next: 'Copy what is missing into a new note; your browser still has it.' },
  NOTE_FOREIGN_TEXT: {
    status: 403,
    next: 'Reload the page. Text that seemed to be written by somebody else was set aside on the device.'
  },
  NOTE_TOO_MANY_AUTHORS: { status: 429, next: 'Close other tabs of this note and reload the page.' },
  NOTE_REMOVED: { status: 410, next: 'Begin a new note. Your browser may still have the text of this one.' },
  NOTES_TOO_MANY: { status: 507, next: 'Ask the facilitator to remove notes that nobody needs.' },
  NOTES_BUSY: { status: 503, next: 'Too many people are on this device; open the note on another one.' },
  NOTES_FOREIGN_PAGE: { status: 403, next: 'Open the note from the room’s own page.' },
  NOTES_NOT_BUILT: { status: 500, next: 'Run `npm run build`, then start again.' },
  NOTES_TOKEN_INVALID: { status: 400, next: 'Reload the page.' }
})

/**
 * WebSocket close codes. 4400 to 4499 tell a stock client not to come back, others that it may try again
 * (the convention of y-websocket 3).
 */
export const CLOSE_MALFORMED = 4400
export const CLOSE_REMOVED = 4410
export const CLOSE_TOO_LARGE = 4413
export const CLOSE_BUSY = 4503
export const CLOSE_RESET = 4505
export const CLOSE_STOPPING = 1001
