/** What the front door needs of the repositories: those of the room that the device is in just now. */
import type { ObjectId, RepositoryDirectory, RepositoryId } from '../../protocols/git.ts'
import type { CommitLine, CommitView } from '../../web-client/repositories/commits-page.ts'
import type { FolderEntry } from '../../web-client/repositories/files-page.ts'

export interface RepositoryDoor {
  /** Undefined while the device belongs to no room. */
  current(): RepositoryHost | undefined
}

export interface RepositoryHost {
  readonly directory: RepositoryDirectory
  readonly reading: RepositoryReading
}

/** Looks into the bare repositories of this device. Undefined: there is no such thing. A path has no slash at its ends; the top is empty. */
export interface RepositoryReading {
  folder(
    repository: RepositoryId,
    commit: ObjectId,
    path: string
  ): Promise<{ entries: FolderEntry[]; cut: boolean } | undefined>
  /** `bytes` are the first `mostBytes` of it. */
  file(
    repository: RepositoryId,
    commit: ObjectId,
    path: string,
    mostBytes: number
  ): Promise<{ sizeBytes: number; bytes: Uint8Array } | undefined>
  /** Newest first, from `commit` on. */
  commits(repository: RepositoryId, commit: ObjectId, limit: number): Promise<CommitLine[]>
  commit(repository: RepositoryId, commit: ObjectId): Promise<CommitView | undefined>
}
