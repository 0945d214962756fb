import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  NOT_RUNNING: { status: 503, next: 'Start the device with `joinery start`, or name its folder with `--data DIR`.' },
  ALREADY_RUNNING: { status: 409, next: 'Use the one that runs, or stop it first; `joinery status` shows it.' },
  OTHER_VERSION: {
    status: 409,
    next: 'Stop the running device and start it again, so that both are the same version.'
  },
  UNKNOWN_OPERATION: {
    status: 404,
    next: 'The device runs an older program than this command: stop it and start it again.'
  },
  NO_ACCESS: { status: 403, next: 'Run the command as the user that runs the device (try `sudo`).' },
  CANCELLED: { status: 499, next: 'What was finished stays; run it again to go on.' }
})
