import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  USAGE: { status: 400, next: '`joinery help` shows what there is, `joinery help COMMAND` how it is used.' },
  NO_ROOM: {
    status: 409,
    next: 'Make a room with `joinery init --name "NAME"`, or join one with `joinery start --join INVITATION`.'
  },
  NOT_CONFIRMED: { status: 400, next: 'Add `--yes` when nobody is there to answer.' },
  DEMO_FAILED: {
    status: 500,
    next: 'Run `joinery doctor`; with `--log-level info` the demo says what each device does.'
  }
})
