/** The id of the request that something is done for; see protocols/request-id.ts. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

const current = new AsyncLocalStorage<string | undefined>()

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
