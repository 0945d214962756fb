/** Brings the objects of every repository here, from whoever has them, and then shows the branches that the ref log names. */
import { JoineryError } from '../../../protocols/errors.ts'
import type { ObjectId, RefName, RepositoryId } from '../../../protocols/git.ts'
import { MAX_TOLD_OBJECTS } from '../../../protocols/git-stream.ts'
import type { NodeId, PeerLink, PeerLinks } from '../../../protocols/message-stream.ts'
import type { Clock } from '../../platform/clock.ts'
import { MAX_REPOSITORY_BYTES } from '../limits.ts'
import type { LocalRepositories } from '../local-repositories.ts'
import { asError, askPeer, bytesOf } from './peer-streams.ts'

/** Each fetch is two git processes on two devices. */
const REPOSITORIES_AT_ONCE = 3
/** Of them such that were never whole here: a new device that copies everything leaves room for what is pushed just now. */
const NEW_AT_ONCE = 2
const FIRST_RETRY_MS = 500
const MOST_RETRY_MS = 30_000
/** The other side looks at its disk before it answers, perhaps behind pushes. */
const FETCH_HEAD_TIMEOUT_MS = 30_000

export interface WantedRepository {
  refs: ReadonlyMap<RefName, ObjectId>
  /** Out of sight: what somebody overwrote or deleted. */
  kept: readonly ObjectId[]
  /** Who made the tips: they have them. */
  makers: readonly NodeId[]
}

export interface ReplicationComponents {
  links: PeerLinks
  clock: Clock
  repositories: LocalRepositories
  /** What the ref log says now; undefined for a repository that was removed. */
  wanted(id: RepositoryId): WantedRepository | undefined
  /** All objects of these branches are on this disk. */
  onHeld(id: RepositoryId, refs: ReadonlyMap<RefName, ObjectId>): void
  /** And git clients see them. */
  onShown(id: RepositoryId, refs: ReadonlyMap<RefName, ObjectId>): void
  onProblem(problem: { code: string; message: string; cause?: unknown }): void
}

export class Replication {
  readonly #components: ReplicationComponents
  /** In the order in which they are looked at. */
  readonly #queue = new Set<RepositoryId>()
  readonly #running = new Set<RepositoryId>()
  readonly #again = new Set<RepositoryId>()
  /** Were whole here at least once since the start, and what was kept of each then. */
  readonly #whole = new Map<RepositoryId, string>()
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

  forget(id: RepositoryId): void {
    this.#lacking.get(id)?.cancel()
    this.#lacking.delete(id)
    this.#whole.delete(id)
    this.#queue.delete(id)
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
    for (let id = this.#pick(); id !== undefined; id = this.#pick()) {
      const one = id
      this.#queue.delete(one)
      this.#running.add(one)
      void this.#work(one).finally(() => {
        this.#running.delete(one)
        if (this.#again.delete(one)) this.look(one)
        if (this.#running.size === 0) for (const ended of this.#ended.splice(0)) ended()
        this.#next()
      })
    }
  }

  #pick(): RepositoryId | undefined {
    if (this.#running.size >= REPOSITORIES_AT_ONCE) return undefined
    const isNew = (id: RepositoryId): boolean => !this.#whole.has(id)
    for (const id of this.#queue) if (!isNew(id)) return id
    const [first] = this.#queue
    return [...this.#running].filter(isNew).length < NEW_AT_ONCE ? first : undefined
  }

  async #work(id: RepositoryId): Promise<void> {
    const { repositories, wanted, onHeld, onShown, onProblem } = this.#components
    try {
      const now = wanted(id)
      if (!now) return
      await repositories.ensure(id)
      const tips = new Set(now.refs.values())
      // The newest stands first.
      const keptMark = `${now.kept.length} ${now.kept[0] ?? ''}`
      const keeps = this.#whole.get(id) === keptMark ? [] : now.kept
      const lacking = await repositories.missing(id, [...new Set([...tips, ...keeps])])
      const left = await this.#fetch(id, lacking, now.makers)
      const isWhole = !left.some((object) => tips.has(object))
      // Somebody may wait for a second copy.
      if (isWhole) onHeld(id, now.refs)
      // Before a branch moves away from them.
      if (keeps.length > 0) await repositories.keep(id, keeps)
      // Readers see what is complete; the rest follows.
      await repositories.applyRefs(id, now.refs)
      if (isWhole) onShown(id, now.refs)
      if (left.length > 0) {
        this.#later(id)
        return
      }
      this.#lacking.get(id)?.cancel()
      this.#lacking.delete(id)
      this.#whole.set(id, keptMark)
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
    const { links } = this.#components
    const { signal } = this.#stop
    const rank = (link: PeerLink): number => {
      const at = makers.indexOf(link.peer)
      return at < 0 ? makers.length : at
    }
    const missing = new Set(objects)
    for (const link of [...links.links()].sort((a, b) => rank(a) - rank(b))) {
      for (const asked of slices([...missing], MAX_TOLD_OBJECTS)) {
        try {
          for (const object of await this.#fetchFrom(link, id, asked)) missing.delete(object)
        } catch (error) {
          signal.throwIfAborted()
          // Not there, broken off, or not what it said: git has checked every object. The next one may have it.
          const cause = asError(error)
          this.#components.onProblem({ code: 'GIT_FAILED', message: `fetching from ${link.peer}`, cause })
          break
        }
      }
      if (missing.size === 0) break
    }
    return [...missing]
  }

  /** @returns those that are here now */
  async #fetchFrom(link: PeerLink, id: RepositoryId, objects: ObjectId[]): Promise<ObjectId[]> {
    const { clock, repositories } = this.#components
    const { signal } = this.#stop
    const options = { clock, mostMs: FETCH_HEAD_TIMEOUT_MS, signal }
    const { head, stream } = await askPeer(link, { do: 'fetch', repository: id, objects }, options)
    try {
      const lacks = new Set(head.lacks)
      const there = objects.filter((object) => !lacks.has(object))
      const channel = bytesOf(stream, { mostBytes: MAX_REPOSITORY_BYTES })
      if (there.length > 0) await repositories.fetch(id, there, channel, signal)
      return there
    } finally {
      stream.abort(new JoineryError('CLOSED', 'the fetch has ended'))
    }
  }

  #later(id: RepositoryId): void {
    const tries = (this.#lacking.get(id)?.tries ?? 0) + 1
    this.#lacking.get(id)?.cancel()
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(tries - 1, 10), MOST_RETRY_MS)
    const cancel = this.#components.clock.after(delayMs, () => this.look(id))
    this.#lacking.set(id, { tries, cancel })
  }
}

function slices<Item>(items: readonly Item[], most: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, at) => items.slice(at * most, (at + 1) * most))
}
