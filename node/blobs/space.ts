import { JoineryError } from '../../protocols/errors.ts'
import type { Disk } from '../platform/disk.ts'

/** After so many claimed bytes the file system is asked again what it has left. */
const RECHECK_BYTES = 64 * 2 ** 20
/** What a file costs its folder: a name of 64 characters takes 72 bytes on ext4, and up to 224 on a stick with FAT. */
const ENTRY_BYTES = 256

/**
 * What may still be written: a quota for blobs and a reserve of the disk that blobs never touch. Files are claimed before they are written and given
 * back when the write failed or the blob is removed. Counted is what the disk gives away: a file takes whole blocks, and 100,000 files of
 * 500 bytes fill a stick with blocks of 32 KiB with 3 GB.
 */
export class Space {
  readonly #disk: Disk
  readonly #directory: string
  #quotaBytes: number
  readonly #reserveBytes: number
  readonly #blockBytes: number
  #claimedBytes = 0
  #freeBytes = 0
  #sinceCheckBytes = Number.POSITIVE_INFINITY

  private constructor(
    components: { disk: Disk },
    init: { directory: string; quotaBytes: number; reserveBytes: number; blockBytes: number }
  ) {
    this.#disk = components.disk
    this.#directory = init.directory
    this.#quotaBytes = init.quotaBytes
    this.#reserveBytes = init.reserveBytes
    this.#blockBytes = init.blockBytes
  }

  /** @param init.files sizes of the files that are there already */
  static async open(
    components: { disk: Disk },
    init: { directory: string; quotaBytes: number; reserveBytes: number; files: Iterable<number> }
  ): Promise<Space> {
    const blockBytes = (await components.disk.blockBytes?.(init.directory)) ?? 0
    const space = new Space(components, { ...init, blockBytes })
    for (const sizeBytes of init.files) space.#claimedBytes += space.#onDisk(sizeBytes)
    return space
  }

  get quotaBytes(): number {
    return this.#quotaBytes
  }

  /** Of the disk; more than the files have, since they take whole blocks. */
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

  /**
   * Room for a file of this size.
   *
   * @throws JoineryError `QUOTA_FULL` or `DISK_FULL`; then nothing is claimed
   */
  claim(sizeBytes: number): Promise<void> {
    return this.#take(this.#onDisk(sizeBytes))
  }

  /** A file that was claimed with one size gets another. @throws like `claim`; then it keeps the first */
  grow(fromBytes: number, toBytes: number): Promise<void> {
    return this.#take(this.#onDisk(toBytes) - this.#onDisk(fromBytes))
  }

  release(sizeBytes: number): void {
    this.#giveBack(this.#onDisk(sizeBytes))
  }

  /** A disk that has no blocks (a simulated one) counts bytes. */
  #onDisk(sizeBytes: number): number {
    if (this.#blockBytes === 0) return sizeBytes
    return Math.ceil(sizeBytes / this.#blockBytes) * this.#blockBytes + ENTRY_BYTES
  }

  async #take(bytes: number): Promise<void> {
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
      this.#giveBack(bytes)
      throw error
    }
  }

  #giveBack(bytes: number): void {
    this.#claimedBytes = Math.max(0, this.#claimedBytes - bytes)
    this.#sinceCheckBytes = Number.POSITIVE_INFINITY
  }
}
