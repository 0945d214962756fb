import { JoineryError } from '../../protocols/errors.ts'
import type { Disk } from '../platform/disk.ts'

/** After so many claimed bytes the file system is asked again what it has left. */
const RECHECK_BYTES = 64 * 2 ** 20

/**
 * What may still be written: a quota for blobs and a reserve of the disk that blobs never touch.
 * Bytes are claimed before they are written and given back when the write failed or the blob is removed.
 */
export class Space {
  readonly #disk: Disk
  readonly #directory: string
  #quotaBytes: number
  readonly #reserveBytes: number
  #claimedBytes = 0
  #freeBytes = 0
  #sinceCheckBytes = Number.POSITIVE_INFINITY

  constructor(
    components: { disk: Disk },
    init: { directory: string; quotaBytes: number; reserveBytes: number; usedBytes: number }
  ) {
    this.#disk = components.disk
    this.#directory = init.directory
    this.#quotaBytes = init.quotaBytes
    this.#reserveBytes = init.reserveBytes
    this.#claimedBytes = init.usedBytes
  }

  get quotaBytes(): number {
    return this.#quotaBytes
  }

  get usedBytes(): number {
    return this.#claimedBytes
  }

  /** What fits by the quota; the disk is asked by `claim`. */
  get leftBytes(): number {
    return Math.max(0, this.#quotaBytes - this.#claimedBytes)
  }

  offer(quotaBytes: number): void {
    this.#quotaBytes = quotaBytes
  }

  async diskLeftBytes(): Promise<number> {
    return Math.max(0, (await this.#disk.freeBytes(this.#directory)) - this.#reserveBytes)
  }

  /** @throws JoineryError `QUOTA_FULL` or `DISK_FULL`; then nothing is claimed */
  async claim(bytes: number): Promise<void> {
    if (this.#claimedBytes + bytes > this.#quotaBytes)
      throw new JoineryError('QUOTA_FULL', `this device offers ${this.#quotaBytes} bytes for files, and they are used`)
    this.#claimedBytes += bytes
    this.#sinceCheckBytes += bytes
    if (this.#sinceCheckBytes <= RECHECK_BYTES && this.#freeBytes - this.#sinceCheckBytes > this.#reserveBytes) return
    try {
      this.#freeBytes = await this.#disk.freeBytes(this.#directory)
      this.#sinceCheckBytes = 0
      if (this.#freeBytes - bytes < this.#reserveBytes)
        throw new JoineryError('DISK_FULL', `${this.#freeBytes} bytes are free and ${this.#reserveBytes} are kept free`)
      this.#sinceCheckBytes = bytes
    } catch (error) {
      this.release(bytes)
      throw error
    }
  }

  release(bytes: number): void {
    this.#claimedBytes = Math.max(0, this.#claimedBytes - bytes)
    this.#sinceCheckBytes = Number.POSITIVE_INFINITY
  }
}
