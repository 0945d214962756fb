import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  USAGE: { status: 400, next: '`joinery help` shows what there is, `joinery help COMMAND` how it is used.' },
  NOT_CONFIRMED: { status: 400, next: 'Add `--yes` when nobody is there to answer.' },
  NO_DATA_FOLDER: {
    status: 404,
    next: 'Check the spelling of `--data` (or JOINERY_DATA), and that the stick or disk is plugged in. A new device begins with `joinery start`.'
  },
  FILE_UNUSABLE: {
    status: 400,
    next: 'Check the spelling, that the stick or disk is plugged in, and that it has room and can be written to.'
  },
  FILE_EXISTS: { status: 409, next: 'Choose another name: nothing is ever overwritten.' },
  DEMO_FAILED: {
    status: 500,
    next: 'Run `joinery doctor`; with `--log-level info` the demo says what each device does.'
  }
})
