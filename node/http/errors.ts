import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  BAD_PATH: { status: 400, next: 'Follow a link of the first page instead of typing the address.' },
  BODY_INVALID: { status: 400, next: 'See /api/openapi.json for what may be sent.' },
  WRONG_CONTENT_TYPE: { status: 415, next: 'Send JSON, and say so in Content-Type.' },
  URL_TOO_LONG: { status: 414, next: 'Use a shorter address.' },
  METHOD_NOT_ALLOWED: { status: 405, next: 'Only reading is possible here.' },
  FOREIGN_HOST: {
    status: 421,
    next: 'Open one of the addresses that `joinery start` printed, or add the name to `host_names`.'
  },
  FOREIGN_ORIGIN: { status: 403, next: 'Do it from a page of this room.' },
  TOO_MANY_DOWNLOADS: { status: 503, next: 'Wait a moment and try again; many are downloading just now.' },
  TOO_MANY_CONNECTIONS: { status: 503, next: 'Wait a second and try again.' },
  NOT_IN_ROOM: { status: 404, next: 'Look at the first page for what is here, or ask the facilitator to add it.' },
  NOT_HEARD_YET: { status: 503, next: 'This device has only just joined the room. Try again in a few seconds.' },
  NAME_DIFFERS: { status: 400, next: 'Go back, and type the name of the device as it stands on the page.' },
  TIME_INVALID: { status: 400, next: 'Write it as 2026-11-24 13:30.' },
  UPLOAD_TOO_LARGE: {
    status: 413,
    next: 'Use a device with more room, or `joinery import` with a stick beside a bigger one.'
  },
  UPLOAD_TYPE: { status: 415, next: 'Send packages, installers, pages or a ZIP of a folder, under their usual names.' },
  TOO_OFTEN: { status: 429, next: 'Wait a few seconds, then try again.' },
  TOO_MANY_STREAMS: { status: 503, next: 'Close other pages of this room, then reload this one.' },
  PORT_TAKEN: { status: 503, next: 'Choose another one with `--port`, or stop the program that has it.' },
  PORT_FORBIDDEN: { status: 503, next: 'Choose a port above 1023 with `--port`, or run it as a service.' }
})
