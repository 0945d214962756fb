import { JoineryError } from '../../protocols/errors.ts'
import { diskError } from './errors.ts'

/** Whether the store may still be written to. After a failed sync it may not: the system may have dropped what it could not write and say so only once. */
export class StoreFault {
  readonly #onFault: (cause: unknown) => void
  cause: unknown
  closed = false

  constructor(onFault: (cause: unknown) => void) {
    this.#onFault = onFault
  }

  /** @throws JoineryError `STOPPED`, `READ_ONLY` */
  checkWritable(): void {
    if (this.closed) throw new JoineryError('STOPPED', 'the store is closed')
    if (this.cause)
      throw new JoineryError('READ_ONLY', 'a sync failed, nothing is written any more', { cause: this.cause })
  }

  failed(error: unknown): void {
    if (this.cause) return
    this.cause = error ?? new Error('unknown')
    this.#onFault(error)
  }

  /** A failed write as whoever asked for it should see it. */
  refused(error: unknown): JoineryError {
    if (this.cause) return new JoineryError('READ_ONLY', 'saving failed, nothing is written any more', { cause: error })
    return diskError(error, 'storing a blob')
  }
}
