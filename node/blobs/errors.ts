import { defineErrors, JoineryError } from '../../protocols/errors.ts'

defineErrors({
  DISK_FULL: {
    status: 507,
    next: 'Make room on this device, or let it keep less with `joinery policy`; what is stored stays readable.'
  },
  QUOTA_FULL: {
    status: 507,
    next: 'Give this device more room for files in its configuration, or plug in another device.'
  },
  READ_ONLY: {
    status: 503,
    next: 'The disk failed to save. Copy what you need to another device, then replace the card or disk and restart.'
  },
  BLOB_MISSING: { status: 404, next: 'No device that can be reached has this file; plug in one that does.' },
  BLOB_ROTTEN: { status: 503, next: 'This copy was damaged and is being fetched again; try again in a moment.' },
  BLOB_MISMATCH: {
    status: 422,
    next: 'The bytes are not those that were named; nothing was stored. Import the file again.'
  },
  BLOB_TOO_LARGE: { status: 413, next: 'Split the file: at most 64 GiB are kept as one.' }
})

/** A failed disk operation as the person should see it. */
export function diskError(error: unknown, doing: string): JoineryError {
  if (error instanceof JoineryError) return error
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new JoineryError('DISK_FULL', `the disk is full while ${doing}`, { cause: error })
  return new JoineryError('INTERNAL', `${doing} failed: ${code ?? 'unknown'}`, { cause: error })
}
