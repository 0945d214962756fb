import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  GIT_MISSING: {
    status: 503,
    next: 'Install git on this device: `apt-get install git`. Everything else works without it.'
  },
  GIT_TOO_OLD: {
    status: 503,
    next: 'Update git on this device: older ones have known holes. Everything else works without it.'
  },
  GIT_BUSY: { status: 503, next: 'Many people are pushing just now; try again in a moment.' },
  GIT_FAILED: { status: 500, next: 'Try again; run `joinery doctor` on the device if it happens again.' },
  GIT_TIMED_OUT: { status: 504, next: 'Nothing was changed. Try again, closer to the device if the Wi-Fi is weak.' },
  REPOSITORY_UNKNOWN: { status: 404, next: 'Check the address: it is /person/repository.git.' },
  REPOSITORY_NAME_WRONG: {
    status: 400,
    next: 'Use letters, digits, dots, hyphens and underscores, and let it begin with a letter or digit.'
  },
  REPOSITORY_NAME_TAKEN: { status: 409, next: 'Choose another name.' },
  REPOSITORY_UNTIDY: {
    status: 500,
    next: 'It works, but takes more of the disk with each push. Look whether the disk has room; if it has, run `joinery verify` and look at the log of this device.'
  },
  REPOSITORIES_FULL: { status: 507, next: 'Remove a repository that nobody needs.' },
  PUSH_MALFORMED: { status: 400, next: 'Nothing was changed. Update git on your computer and push again.' },
  PUSH_REFUSED: { status: 403, next: 'Nothing was changed; the reason stands behind the branch.' },
  NOT_YOUR_REPOSITORY: { status: 403, next: 'Ask its owner to add you as a collaborator.' },
  HOME_UNREACHABLE: {
    status: 503,
    next: 'The device that keeps this repository cannot be reached just now; try again in a moment.'
  }
})
