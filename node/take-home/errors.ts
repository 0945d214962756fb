import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  TAKE_HOME_NOT_READY: {
    status: 503,
    next: 'This device is still fetching what others wrote. Wait until `/room` says that everything is copied, or ask another device.'
  },
  CLASS_NOT_ARCHIVED: { status: 409, next: 'Take the archive of the class first: `joinery new-class FILE` does both.' },
  CLASS_CHANGED: {
    status: 409,
    next: 'Somebody worked after the archive was made. Nothing was removed: ask everybody to stop, then do it again.'
  }
})
