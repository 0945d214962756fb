import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  SIGN_IN_FAILED: { status: 401, next: 'Check the name and the code. A facilitator can hand out a new code.' },
  TOO_MANY_TRIES: {
    status: 429,
    next: 'Wait a minute, then try again with care. A facilitator can hand out a new code.'
  },
  NOT_SIGNED_IN: { status: 401, next: 'Sign in first.' },
  NOT_ALLOWED: { status: 403, next: 'Ask a facilitator of the room.' },
  PERSON_NAME_TAKEN: { status: 409, next: 'Choose another name.' },
  PERSON_NAME_INVALID: {
    status: 400,
    next: 'Use at least one letter from a to z or a digit, and not the name of a page of the room.'
  },
  NAME_CHANGES_USED_UP: { status: 409, next: 'Keep the name; it cannot be changed any more often.' },
  SSH_KEY_INVALID: {
    status: 400,
    next: 'Paste the whole line of the file that ends with .pub, such as id_ed25519.pub.'
  },
  ACCESS_KEY_TAKEN: { status: 409, next: 'Make a new key with `ssh-keygen -t ed25519`, and add that one.' },
  ACCESS_KEYS_FULL: { status: 409, next: 'Remove a key or token that you no longer use.' },
  RESET_FILE_UNREADABLE: {
    status: 400,
    next: 'Write a plain text file with one name in it, or an empty one, and put it onto the boot drive again.'
  },
  SIGN_UP_CLOSED: { status: 403, next: 'Ask a facilitator for a card with a name and a code.' },
  NO_SUCH_PERSON: { status: 404, next: 'See who there is with `joinery person list`.' },
  PEOPLE_FULL: { status: 507, next: 'Ask the facilitator to remove accounts that nobody needs.' },
  LAST_FACILITATOR: { status: 409, next: 'Make somebody else facilitator first.' },
  PEOPLE_NEED_UPDATE: { status: 503, next: 'Update this device: another one wrote what it does not understand.' }
})
