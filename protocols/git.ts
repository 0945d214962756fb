/**
 * Hosted repositories as the parts of the git host see each other. One device's half (bare repositories, system git, smart HTTP, browsing)
 * is node/git; what devices agree on (names, refs, homes, healing) is node/git/agreement.
 */
import type { PersonId } from './people.ts'

/** Random, 16 bytes in hex: the folder on disk is named by it and never by text that a person wrote. */
export type RepositoryId = string

/** 40 hex digits. */
export type ObjectId = string

/** A full name: `refs/heads/main`, `refs/tags/v1`. */
export type RefName = string

export interface RefChange {
  ref: RefName
  /** undefined: it was not there. */
  old: ObjectId | undefined
  /** undefined: it is deleted. */
  new: ObjectId | undefined
}

export interface Repository {
  readonly id: RepositoryId
  readonly owner: PersonId
  /** As in the address: letters, digits, `.`, `_`, `-`; at most 64; never ends with `.git`. */
  readonly name: string
  /** May push, beside the owner. */
  readonly collaborators: readonly PersonId[]
}

/** The room's repositories: a fold of the journal. */
export interface RepositoryDirectory {
  repository(id: RepositoryId): Repository | undefined
  find(owner: PersonId, name: string): Repository | undefined
  ofOwner(owner: PersonId): Repository[]
  /** @throws JoineryError `REPOSITORY_NAME_TAKEN`, `REPOSITORY_NAME_WRONG`, `REPOSITORIES_FULL` */
  create(owner: PersonId, name: string): Promise<Repository>
  setCollaborator(id: RepositoryId, person: PersonId, may: boolean): Promise<void>
  /** Gone on every device, for good. */
  remove(id: RepositoryId): Promise<void>
  /** Heads and tags as everybody should see them. Pure fold of the ref log. */
  refs(id: RepositoryId): ReadonlyMap<RefName, ObjectId>
  onChange(listener: (id: RepositoryId) => void): () => void
}

/** One request of a git client over smart HTTP, after sign-in and checks. */
export interface GitRequest {
  service: 'git-upload-pack' | 'git-receive-pack'
  /** `advertise` is `GET info/refs`, `run` is `POST git-upload-pack` or `git-receive-pack`. */
  step: 'advertise' | 'run'
  /** The client's `Git-Protocol`, when it is one of `version=0|1|2`. */
  protocol?: 'version=0' | 'version=1' | 'version=2'
  /** Who asks; undefined for somebody who is not signed in (reading only). */
  person: PersonId | undefined
  /** Already gunzipped and bounded; empty for `advertise`. */
  body: AsyncIterable<Uint8Array>
}

export interface GitAnswer {
  /** Whole pkt-line bytes for the client. An error after the first byte ends the connection. */
  body: AsyncIterable<Uint8Array>
}

/** Answers git clients. The agreement gives one that finds the home; the local half gives one for this device's own repositories. */
export interface GitService {
  /** @throws JoineryError before the first byte */
  answer(repository: RepositoryId, request: GitRequest, signal: AbortSignal): Promise<GitAnswer>
}

/** What the local half asks of the agreement during a push that is decided on this device. */
export interface PushRecorder {
  /**
   * Called under the repository's lock after receive-pack has stored the objects and before its report goes to the client.
   * Resolves when the ref log entry is on the medium (and, where a peer is linked, on one peer's too or after a short wait): the commit point.
   *
   * @returns lines for the person who pushes (`remote: …`)
   * @throws JoineryError the push is refused and the refs go back
   */
  record(repository: RepositoryId, changes: readonly RefChange[], by: PersonId): Promise<string[]>
}
