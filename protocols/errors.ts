/**
 * One kind of error for everything that a person, a peer or a test may see: a stable code, an HTTP status,
 * what happened and what to do next. Each area lists its codes in a table like the one below (`errors.ts` of its folder)
 * and adds it with `defineErrors`; the command line and the front door know only this file.
 */

export interface ErrorKind {
  /** HTTP status of an answer that carries this error. */
  status: number
  /** What the person should do next: one sentence in plain words. */
  next: string
}

const catalogue = new Map<string, ErrorKind>()

/** Adds codes. A code is defined once in the whole program. */
export function defineErrors<Code extends string>(kinds: Record<Code, ErrorKind>): void {
  for (const [code, kind] of Object.entries<ErrorKind>(kinds)) {
    if (catalogue.has(code)) throw new Error(`error code ${code} is defined twice`)
    catalogue.set(code, kind)
  }
}

defineErrors({
  MALFORMED: { status: 400, next: 'Nothing was changed. If it happens again, update both devices.' },
  TOO_LARGE: { status: 413, next: 'Send less at once.' },
  TIMED_OUT: { status: 504, next: 'Try again; run `joinery doctor` if it happens often.' },
  BUSY: { status: 503, next: 'Wait a little and try again.' },
  NOT_FOUND: { status: 404, next: 'Check the spelling.' },
  BAD_REQUEST: { status: 400, next: 'See `joinery help` for what is expected.' },
  NO_ROOM: {
    status: 409,
    next: 'Make a room with `joinery init`, join one with `joinery start --join INVITATION`, or ask one nearby with `joinery start --ask`.'
  },
  STOPPED: { status: 503, next: 'The device is stopping; ask another one.' },
  CLOSED: { status: 503, next: 'The connection ended; try again.' },
  INTERNAL: { status: 500, next: 'Run `joinery doctor`, and tell us what it printed.' }
})

export class JoineryError extends Error {
  readonly code: string
  /** For a person beside the device; never sent to a peer (see `toPeer`). */
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'JoineryError'
    this.code = code
    if (!catalogue.has(code)) throw new Error(`error code ${code} is not in the catalogue`)
  }

  get status(): number {
    return catalogue.get(this.code)?.status ?? 500
  }

  get next(): string {
    return catalogue.get(this.code)?.next ?? ''
  }

  /** What another device may know of it: the code, never a local path or message. */
  toPeer(): { code: string } {
    return { code: this.code }
  }
}

export function hasCode(error: unknown, code: string): error is JoineryError {
  return error instanceof JoineryError && error.code === code
}

/** The whole catalogue, for the documentation and for the test that every code is documented. */
export function errorCatalogue(): ReadonlyMap<string, ErrorKind> {
  return catalogue
}
