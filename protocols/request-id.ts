/**
 * One id for all that happens because of one request, on whichever device: it stands in each line of the logs, and goes along to the device that is
 * asked on the way. It is a name and no secret: whoever sends one of this shape only says what the lines of its own request are called.
 */

/** HTTP header, as many programs use it. */
export const REQUEST_ID_HEADER = 'X-Request-Id'
/** A visitor who was sent on brings it along in the address. */
export const REQUEST_ID_PARAMETER = 'request'
export const MAX_REQUEST_ID_CHARACTERS = 64
/** Nothing that could end a line, or that a terminal would follow. */
const SHAPE = /^[A-Za-z0-9-]{8,64}$/

export function isRequestId(value: unknown): value is string {
  return typeof value === 'string' && SHAPE.test(value)
}
