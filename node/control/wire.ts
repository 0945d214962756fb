/** What goes over the local socket: HTTP/1.1, `POST /v1/<operation>` with the options as JSON. */
import { defineErrors, errorCatalogue, JoineryError } from '../../protocols/errors.ts'
import { OPERATION_KINDS, type Operations } from './operations.ts'

/** Of this protocol and of the operations behind it; a command of another version is refused before it does something else than it says. */
export const VERSION_HEADER = 'joinery-version'
export const PATH_PREFIX = '/v1/'

export type OperationName = keyof Operations

export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATION_KINDS, name)
}

/** An error as JSON. Both sides are one person's: the message goes along. */
export interface WireError {
  code: string
  text: string
  status: number
  /** What to do next: the side that asks has not loaded the part that knows it. */
  next: string
}

export function toWire(error: unknown): WireError {
  const known =
    error instanceof JoineryError
      ? error
      : new JoineryError('INTERNAL', error instanceof Error ? error.message : String(error))
  const { code, message, status, next } = known
  return { code, text: message, status, next }
}

export function fromWire({ code, text, status, next }: WireError): JoineryError {
  if (!errorCatalogue().has(code)) defineErrors({ [code]: { status, next } })
  return new JoineryError(code, text)
}

/** One line of a stream: an item, the end, or why it ended early. A stream without its last line was cut off. */
export type StreamLine = { item: unknown } | { end: true } | { error: WireError }
