import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  CONFIG_UNREADABLE: { status: 400, next: 'Correct the file, or set single keys with `joinery config set KEY VALUE`.' },
  CONFIG_UNKNOWN_KEY: { status: 400, next: '`joinery config list` shows every key with its meaning.' },
  CONFIG_BAD_VALUE: { status: 400, next: '`joinery config list` shows what each key takes.' }
})
