/** Pushes that wait until another device has them: its journal has the entry, and its disk the objects. */
import type { ObjectId, RepositoryId } from '../../../protocols/git.ts'
import type { JournalAccess, Position } from '../../../protocols/journal.ts'
import type { Clock } from '../../platform/clock.ts'

interface Waiting {
  repository: RepositoryId
  position: Position
  /** What nobody else is known to have yet. */
  objects: Set<ObjectId>
  check(): void
  giveUp(): void
}

export class CopyWaits {
  readonly #components: { journal: JournalAccess; clock: Clock }
  readonly #waiting = new Set<Waiting>()
  readonly #stopListening: () => void

  constructor(components: { journal: JournalAccess; clock: Clock }) {
    this.#components = components
    this.#stopListening = components.journal.onConfirmed(() => {
      for (const one of this.#waiting) one.check()
    })
  }

  stop(): void {
    this.#stopListening()
    for (const one of [...this.#waiting]) one.giveUp()
  }

  /** A device told that these are on its disk. */
  noteHeld(repository: RepositoryId, objects: readonly ObjectId[]): void {
    for (const one of this.#waiting) {
      if (one.repository !== repository) continue
      for (const object of objects) one.objects.delete(object)
      one.check()
    }
  }

  /** Resolves with true once another device has it all, with false after `mostMs`. */
  wait(repository: RepositoryId, position: Position, objects: readonly ObjectId[], mostMs: number): Promise<boolean> {
    const { journal, clock } = this.#components
    return new Promise((resolve) => {
      const end = (held: boolean): void => {
        cancel()
        this.#waiting.delete(one)
        resolve(held)
      }
      const one: Waiting = {
        repository,
        position,
        objects: new Set(objects),
        check: () => {
          if (one.objects.size === 0 && journal.copiesElsewhere(position) > 0) end(true)
        },
        giveUp: () => end(false)
      }
      const cancel = clock.after(mostMs, () => end(false))
      this.#waiting.add(one)
      one.check()
    })
  }
}
