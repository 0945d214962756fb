import { dirname } from 'node:path'
import type { Cid } from '../../protocols/cid.ts'
import type { Disk, DiskFile } from '../platform/disk.ts'
import type { BlobIndex } from './blob-index.ts'
import type { BlobLayout } from './layout.ts'
import { COMMIT_GROUP_FILES, COMMIT_SYNCS } from './limits.ts'

/** A file whose bytes are written and verified, and that waits to be made durable under its own name. */
export interface Finished {
  cid: Cid
  sizeBytes: number
  pieces: Cid | undefined
  file: DiskFile
  path: string
}

interface Waiting extends Finished {
  resolve(): void
  reject(error: unknown): void
}

/**
 * Makes finished files durable: data sync of each, rename, one sync per directory, then the index; only then is anybody told.
 * What arrives while a group is under way makes the next group, so that many small files share their directory syncs and nobody waits for company.
 */
export class GroupCommit {
  readonly #components: { disk: Disk; layout: BlobLayout; index: BlobIndex }
  readonly #onFault: (error: unknown) => void
  #waiting: Waiting[] = []
  #running = false

  /** @param init.onFault called when a sync failed: after that nothing may be acknowledged any more */
  constructor(
    components: { disk: Disk; layout: BlobLayout; index: BlobIndex },
    init: { onFault: (error: unknown) => void }
  ) {
    this.#components = components
    this.#onFault = init.onFault
  }

  /** Resolves when the blob survives a power cut. Closes `file` in any case; on failure the file at `path` is removed. */
  add(finished: Finished): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...finished, resolve, reject })
      if (!this.#running) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, COMMIT_GROUP_FILES))
    this.#running = false
  }

  async #commit(group: Waiting[]): Promise<void> {
    const { disk, layout, index } = this.#components
    const synced: Waiting[] = []
    for (let i = 0; i < group.length; i += COMMIT_SYNCS) {
      await Promise.all(
        group.slice(i, i + COMMIT_SYNCS).map(async (one) => {
          try {
            await closing(one.file, () => one.file.sync())
            synced.push(one)
          } catch (error) {
            this.#onFault(error)
            await this.#drop(one, error)
          }
        })
      )
    }
    const renamed: Waiting[] = []
    await Promise.all(
      synced.map(async (one) => {
        try {
          await disk.rename(one.path, layout.fileOf(one.cid))
          renamed.push(one)
        } catch (error) {
          await this.#drop(one, error)
        }
      })
    )
    try {
      const folders = new Set(renamed.flatMap((one) => [layout.folderOf(one.cid), dirname(one.path)]))
      // The folder that a file left need not be durable: a name that comes back there is removed or hashed again at the next start.
      folders.delete(layout.incoming)
      folders.delete(layout.partials)
      await Promise.all([...folders].map((folder) => disk.syncDirectory(folder)))
    } catch (error) {
      this.#onFault(error)
      for (const one of renamed) one.reject(error)
      return
    }
    await index.add(renamed)
    for (const one of renamed) one.resolve()
  }

  async #drop(one: Waiting, error: unknown): Promise<void> {
    await this.#components.disk.remove(one.path).catch(() => undefined)
    one.reject(error)
  }
}

async function closing(file: DiskFile, action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } finally {
    await file.close()
  }
}
