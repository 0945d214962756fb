import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  TAKE_HOME_NOT_READY: {
    status: 503,
    next: 'This device is still fetching what others wrote. Wait until `/room` says that everything is copied, or ask another device.'
  },
  TAKE_HOME_TOO_MANY: {
    status: 413,
    next: 'These are too many files for one archive. Ask a facilitator for a stick: `joinery export --learner-sticks FOLDER`.'
  },
  CLASS_CHANGED: {
    status: 409,
    next: 'Somebody worked after the archive was made. Nothing was removed: ask everybody to stop, then do it again.'
  },
  CLASS_PARTLY_KEPT: {
    status: 409,
    next: 'What somebody changed meanwhile is still there, because it is in no archive. Ask everybody to stop, and do it again with a new archive.'
  }
})
