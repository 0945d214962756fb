/** Adding content from a page: one thing at a time on a device, in the background, with what came of it for whoever looks. */
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import type { AddedContent, NewContent, RoomActions } from './room-door.ts'

export interface ContentJob {
  /** Name of the file or stick. */
  what: string
  isRunning: boolean
  added?: AddedContent
  /** The page has words for most codes; the others are shown as the program says them. */
  problem?: { code: string; text: string; next: string }
}

export class ContentDesk {
  readonly #actions: Pick<RoomActions, 'add'>
  readonly #onProblem: (cause: unknown) => void
  #job: ContentJob | undefined
  #isTaken = false

  constructor(components: { actions: Pick<RoomActions, 'add'>; onProblem(cause: unknown): void }) {
    this.#actions = components.actions
    this.#onProblem = components.onProblem
  }

  /** The one that runs, or the last one since the start. */
  get job(): ContentJob | undefined {
    return this.#job
  }

  /**
   * Takes the desk while something comes in.
   *
   * @throws JoineryError `BUSY` when somebody has it
   */
  take(): () => void {
    if (this.#isTaken) throw new JoineryError('BUSY', 'something else is being added on this device')
    this.#isTaken = true
    return () => {
      this.#isTaken = false
    }
  }

  /** @param done called at the end, whatever came of it; gives the desk back */
  begin(what: string, content: NewContent, done: () => Promise<void>): void {
    const job: ContentJob = { what, isRunning: true }
    this.#job = job
    this.#actions
      .add(content, new AbortController().signal)
      .then(
        (added) => {
          job.added = added
        },
        (error: unknown) => {
          if (!(error instanceof JoineryError) || hasCode(error, 'INTERNAL')) this.#onProblem(error)
          const known = error instanceof JoineryError ? error : new JoineryError('INTERNAL', 'something went wrong')
          job.problem = { code: known.code, text: known.message, next: known.next }
        }
      )
      .then(done)
      .catch((cause: unknown) => this.#onProblem(cause))
      .finally(() => {
        job.isRunning = false
      })
  }
}
