import { JoineryError } from '../../protocols/errors.ts'

/** For what somebody may remove while it is read. */
export function ifGone(error: unknown): undefined {
  if (error instanceof JoineryError && error.code === 'NOT_FOUND') return undefined
  throw error
}
