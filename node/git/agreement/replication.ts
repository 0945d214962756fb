/** Brings the objects of every repository here, from whoever has them, and then shows the branches that the ref log names. */
import { JoineryError } from '../../../protocols/errors.ts'
import type { ObjectId, RefName, RepositoryId } from '../../../protocols/git.ts'
import type { NodeId, PeerLink, PeerLinks } from '../../../protocols/message-stream.ts'
import type { Clock } from '../../platform/clock.ts'
import type { LocalRepositories } from '../local-repositories.ts'
import { asError, askPeer, bytesOf } from './peer-streams.ts'

/** Repositories at once: each fetch is two git processes on two devices. */
const REPOSITORIES_AT_ONCE = 2
const FIRST_RETRY_MS = 500
const MOST_RETRY_MS = 30_000

export interface WantedRepository {
  refs: ReadonlyMap<RefName, ObjectId>
  /** Who made the tips, the newest first: they have them. */
  makers: readonly NodeId[]
}

export interface ReplicationComponents {
  links: PeerLinks
  clock: Clock
  repositories: LocalRepositories
  /** What the ref log says now; undefined for a repository that was removed. */
  wanted(id: RepositoryId): WantedRepository | undefined
  /** All objects that the ref log names are here, and the branches are shown. */
  onComplete(id: RepositoryId, fetched: readonly ObjectId[]): void
  onProblem(problem: { code: string; message: string; cause?: unknown }): void
}

export class Replication {
  readonly #components: ReplicationComponents
  /** In the order in which they are looked at. */
  readonly #queue = new Set<RepositoryId>()
  readonly #running = new Set<RepositoryId>()
  readonly #again = new Set<RepositoryId>()
  /** Those that lack something, and how often it was tried. */
  readonly #lacking = new Map<RepositoryId, { tries: number; cancel(): void }>()
  readonly #stop = new AbortController()
  readonly #ended: (() => void)[] = []

  constructor(components: ReplicationComponents) {
    this.#components = components
  }

  look(id: RepositoryId): void {
    if (this.#stop.signal.aborted) return
    if (this.#running.has(id)) this.#again.add(id)
    else this.#queue.add(id)
    this.#next()
  }

  /** A device that came may have what is lacking. */
  retry(): void {
    for (const [id, lack] of [...this.#lacking]) {
      lack.cancel()
      this.#lacking.delete(id)
      this.look(id)
    }
  }

  get lacking(): number {
    return this.#lacking.size + this.#queue.size + this.#running.size
  }

  async stop(): Promise<void> {
    this.#stop.abort(new JoineryError('STOPPED', 'the device is stopping'))
    for (const { cancel } of this.#lacking.values()) cancel()
    this.#queue.clear()
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#ended.push(resolve))
  }

  #next(): void {
    while (this.#running.size < REPOSITORIES_AT_ONCE) {
      const [id] = this.#queue
      if (id === undefined) return
      this.#queue.delete(id)
      this.#running.add(id)
      void this.#work(id).finally(() => {
        this.#running.delete(id)
        if (this.#again.delete(id)) this.look(id)
        if (this.#running.size === 0) for (const ended of this.#ended.splice(0)) ended()
        this.#next()
      })
    }
  }

  async #work(id: RepositoryId): Promise<void> {
    const { repositories, wanted, onComplete, onProblem } = this.#components
    try {
      const now = wanted(id)
      if (!now) return
      await repositories.ensure(id)
      const tips = [...new Set(now.refs.values())]
      const lacking = await repositories.missing(id, tips)
      const left = lacking.length > 0 ? await this.#fetch(id, lacking, now.makers) : []
      // Readers see what is complete; the rest follows.
      await repositories.applyRefs(id, now.refs)
      if (left.length > 0) this.#later(id)
      else {
        this.#lacking.get(id)?.cancel()
        this.#lacking.delete(id)
        onComplete(id, lacking)
      }
    } catch (cause) {
      if (this.#stop.signal.aborted) return
      onProblem({ code: 'GIT_FAILED', message: 'a repository could not be brought up to date', cause })
      this.#later(id)
    }
  }

  /** @returns what nobody had */
  async #fetch(
    id: RepositoryId,
    objects: readonly ObjectId[],
    makers: readonly NodeId[]
  ): Promise<readonly ObjectId[]> {
    const { clock, links, repositories } = this.#components
    const { signal } = this.#stop
    const after = clock.after.bind(clock)
    const rank = (link: PeerLink): number => {
      const at = makers.indexOf(link.peer)
      return at < 0 ? makers.length : at
    }
    let left = objects
    for (const link of [...links.links()].sort((a, b) => rank(a) - rank(b))) {
      try {
        const { stream } = await askPeer(link, { do: 'fetch', repository: id }, after, signal)
        try {
          await repositories.fetch(id, left, bytesOf(stream), signal)
        } finally {
          stream.abort(new JoineryError('CLOSED', 'the fetch has ended'))
        }
      } catch (error) {
        signal.throwIfAborted()
        // Not there, broken off, or not what it said: git has checked every object. The next one may have it.
        this.#components.onProblem({ code: 'GIT_FAILED', message: `fetching from ${link.peer}`, cause: asError(error) })
      }
      left = await repositories.missing(id, left)
      if (left.length === 0) break
    }
    return left
  }

  #later(id: RepositoryId): void {
    const tries = (this.#lacking.get(id)?.tries ?? 0) + 1
    this.#lacking.get(id)?.cancel()
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(tries - 1, 10), MOST_RETRY_MS)
    const cancel = this.#components.clock.after(delayMs, () => this.look(id))
    this.#lacking.set(id, { tries, cancel })
  }
}
