/**
 * One id for all that happens because of one request, on whichever device: it stands in each line of the log, and goes along to the device
 * that is asked on the way.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

/** HTTP header, as many programs use it. */
export const REQUEST_ID_HEADER = 'X-Request-Id'
/** What a visitor or a device may call its request; anything else gets an id of our own. */
const SHAPE = /^[A-Za-z0-9-]{8,64}$/

const current = new AsyncLocalStorage<string | undefined>()

export function isRequestId(text: unknown): text is string {
  return typeof text === 'string' && SHAPE.test(text)
}

/** 64 random bits: enough to tell the requests of a day apart. */
export function newRequestId(): string {
  return randomBytes(8).toString('hex')
}

/** @returns undefined outside of any request */
export function requestId(): string | undefined {
  return current.getStore()
}

/** @param id undefined: work of our own, whoever happened to set it off */
export function withRequestId<Result>(id: string | undefined, work: () => Result): Result {
  return current.run(id, work)
}
