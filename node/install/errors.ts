import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  NOT_ROOT: { status: 403, next: 'Type the same line with `sudo` in front of it.' },
  NOT_INSTALLABLE: {
    status: 400,
    next: 'Use a 64-bit Linux with systemd (Raspberry Pi OS 64-bit, Debian, Ubuntu), or run it by hand with `joinery start`.'
  },
  NOT_COMPILED: { status: 409, next: 'Run `npm install && npm run build` in the folder of Joinery, then again.' },
  INSTALL_NO_SPACE: { status: 507, next: 'Delete what is not needed or use a bigger card, then run it again.' },
  INSTALL_PORT_TAKEN: { status: 409, next: 'Stop that program, or choose another port with `--port`.' },
  INSTALL_STEP_FAILED: {
    status: 500,
    next: 'Nothing that ran before was changed for good; running it again continues.'
  },
  INSTALL_ROLLED_BACK: {
    status: 500,
    next: 'The version before it runs again with all its data. `journalctl -u joinery -n 100` says why the new one did not.'
  },
  NOT_HEALTHY: { status: 500, next: '`journalctl -u joinery -n 100` says why; running it again continues.' }
})
