import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  NOT_ADMITTED: { status: 403, next: 'The other device is not in this room: invite or approve it first.' },
  MESH_PORT_BUSY: {
    status: 503,
    next: 'Another program or another Joinery uses this port: choose one with --mesh-port, or 0 for any.'
  },
  NOT_LINKED: { status: 503, next: 'The device is not reachable now; `joinery peers` shows when it is.' },
  ASK_NOT_FOUND: { status: 404, next: 'The question is gone; ask again on the new device.' },
  ASK_NOT_ALLOWED: { status: 403, next: 'This device may not let others in; approve on another one.' },
  ASK_REFUSED: { status: 403, next: 'Ask a facilitator of the room, or use an invitation.' }
})
