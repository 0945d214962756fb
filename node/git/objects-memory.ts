/**
 * Objects that are known to be on the disk, so that no git is started to find out what a push has just brought: this device looks itself, and each other
 * one asks. Only what a git has said, and only until something may have taken objects away.
 */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { ObjectId, RepositoryId } from '../../protocols/git.ts'
import { MAX_REMEMBERED_REPOSITORIES } from './limits.ts'

/** What is asked for are the newest tips: those of a class's pushes in the last minutes. */
const MAX_OBJECTS = 64

export class ObjectsMemory {
  /** The repository that was used last stands last, and so do its objects. */
  readonly #here = new BoundedMap<RepositoryId, Set<ObjectId>>(MAX_REMEMBERED_REPOSITORIES)

  note(id: RepositoryId, objects: readonly ObjectId[]): void {
    const here = this.#here.get(id) ?? new Set()
    this.#here.set(id, here)
    for (const object of objects.slice(-MAX_OBJECTS)) {
      here.delete(object)
      here.add(object)
    }
    for (const oldest of here) {
      if (here.size <= MAX_OBJECTS) break
      here.delete(oldest)
    }
  }

  has(id: RepositoryId, object: ObjectId): boolean {
    return this.#here.get(id)?.has(object) === true
  }

  forget(id: RepositoryId): void {
    this.#here.delete(id)
  }
}
