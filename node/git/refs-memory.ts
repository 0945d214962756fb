/**
 * Branches and tags as they are on the disk, so that most requests need no git. This program is the only one that changes them; whatever
 * might have changed them otherwise (a git that failed) makes it forget.
 */
import type { ObjectId, RefName, RepositoryId } from '../../protocols/git.ts'
import { MAX_REMEMBERED_REFS } from './limits.ts'

export interface KnownRef {
  object: ObjectId
  /** What an annotated tag stands for. */
  peeled?: ObjectId
}

export type KnownRefs = ReadonlyMap<RefName, KnownRef>

export class RefsMemory {
  readonly #most: number
  /** The one that was used last stands last. */
  readonly #kept = new Map<RepositoryId, KnownRefs>()
  #refs = 0

  constructor(most = MAX_REMEMBERED_REFS) {
    this.#most = most
  }

  get(id: RepositoryId): KnownRefs | undefined {
    const found = this.#kept.get(id)
    if (!found) return undefined
    this.#kept.delete(id)
    this.#kept.set(id, found)
    return found
  }

  set(id: RepositoryId, refs: KnownRefs): void {
    this.forget(id)
    this.#kept.set(id, refs)
    this.#refs += weight(refs)
    for (const [oldest] of this.#kept) {
      if (this.#refs <= this.#most || oldest === id) break
      this.forget(oldest)
    }
  }

  forget(id: RepositoryId): void {
    const found = this.#kept.get(id)
    if (!found) return
    this.#kept.delete(id)
    this.#refs -= weight(found)
  }
}

/** An empty repository counts too. */
function weight(refs: KnownRefs): number {
  return refs.size + 1
}

export function isSame(known: KnownRefs, wanted: ReadonlyMap<RefName, ObjectId>): boolean {
  if (known.size !== wanted.size) return false
  for (const [ref, object] of wanted) if (known.get(ref)?.object !== object) return false
  return true
}
