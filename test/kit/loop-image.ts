/**
 * Power cuts without a power switch: an ext4 file system in a file, mounted through a loop device. Stopping the writer and copying the
 * file is the state that the medium has at this moment; mounting the copy is what the device finds when it starts again. A killed process
 * never shows a missing sync, this does. Needs root.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './child.ts'
import { temporaryFolder } from './temporary-folder.ts'

export class LoopImage implements AsyncDisposable {
  readonly #folder = temporaryFolder()
  readonly #image = join(this.#folder.path, 'disk.img')
  /** Where it is mounted. */
  readonly path = join(this.#folder.path, 'disk')
  #copies = 0

  private constructor() {}

  static async make(megabytes: number): Promise<LoopImage> {
    const image = new LoopImage()
    mkdirSync(image.path)
    await run(['truncate', '-s', `${megabytes}M`, image.#image])
    // A short commit interval is not set: 5 s is what devices have.
    await run(['mkfs.ext4', '-q', '-F', image.#image])
    await run(['mount', '-o', 'loop', image.#image, image.path])
    return image
  }

  /**
   * What would be on the medium if the power failed now, mounted (the journal is replayed as at a start). Stop the writer before
   * (SIGSTOP), so that what it has acknowledged so far is known.
   *
   * @param from what an earlier cut left and the writer went on with
   */
  async cutPower(from?: MountedCopy): Promise<MountedCopy> {
    const number = ++this.#copies
    const image = join(this.#folder.path, `copy${number}.img`)
    const path = join(this.#folder.path, `copy${number}`)
    // What was never written is a hole and takes no time.
    await run(['cp', '--sparse=always', from?.image ?? this.#image, image])
    mkdirSync(path)
    await run(['mount', '-o', 'loop', image, path])
    return {
      path,
      image,
      async [Symbol.asyncDispose]() {
        await run(['umount', path])
        rmSync(image, { force: true })
        rmSync(path, { recursive: true, force: true })
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(['umount', this.path])
    this.#folder[Symbol.dispose]()
  }
}

export interface MountedCopy extends AsyncDisposable {
  readonly path: string
  /** The file with the file system, where there is one. */
  readonly image?: string
}

/** A small file system in memory, to be filled up. Needs root. */
export async function smallFileSystem(kilobytes: number): Promise<MountedCopy> {
  const folder = temporaryFolder()
  await run(['mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder.path])
  return {
    path: folder.path,
    async [Symbol.asyncDispose]() {
      await run(['umount', folder.path])
      folder[Symbol.dispose]()
    }
  }
}
