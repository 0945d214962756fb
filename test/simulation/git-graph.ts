/**
 * A git in memory: commits that know their parents, branches, and the answers to clients, behind the same interfaces as the real one. What is in
 * `GitDisk` outlives the process; a step takes time, so that a device can die between two.
 */
import type { ByteChannel, LocalRepositories } from '../../node/git/index.ts'
import type { Clock } from '../../node/platform/clock.ts'
import { sleep } from '../../node/platform/clock.ts'
import { sha256 } from '../../node/platform/hash.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type {
  GitAnswer,
  GitRequest,
  GitService,
  ObjectId,
  PushRecorder,
  RefChange,
  RefName,
  RepositoryId
} from '../../protocols/git.ts'

/** Commits by their id, each with its parents. */
export type Commits = Map<ObjectId, readonly ObjectId[]>

export interface StoredRepository {
  commits: Commits
  refs: Map<RefName, ObjectId>
  kept: Set<ObjectId>
}

export type GitDisk = Map<RepositoryId, StoredRepository>

export interface PushMessage {
  changes: RefChange[]
  commits: [ObjectId, readonly ObjectId[]][]
  force: boolean
}

export interface PushReport {
  accepted: RefChange[]
  refused: string | undefined
  lines: string[]
}

export interface FetchReport {
  refs: [RefName, ObjectId][]
  commits: [ObjectId, readonly ObjectId[]][]
}

export function commitId(parents: readonly ObjectId[], text: string): ObjectId {
  return Buffer.from(sha256(Buffer.from(`${parents.join(' ')} ${text}`)))
    .toString('hex')
    .slice(0, 40)
}

export function historyOf(commits: Commits, tips: Iterable<ObjectId>): Set<ObjectId> {
  const seen = new Set<ObjectId>()
  const rest = [...tips]
  for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
    const parents = commits.get(one)
    if (!parents || seen.has(one)) continue
    seen.add(one)
    rest.push(...parents)
  }
  return seen
}

/** What git gc would leave. */
export function tidy({ commits, refs, kept }: StoredRepository): void {
  const stays = historyOf(commits, [...refs.values(), ...kept])
  for (const one of [...commits.keys()]) if (!stays.has(one)) commits.delete(one)
}

export class GraphRepositories implements LocalRepositories {
  readonly #disk: GitDisk
  readonly #clock: Clock
  readonly #stepMs: () => number
  readonly #last = new Map<RepositoryId, Promise<unknown>>()

  constructor(disk: GitDisk, clock: Clock, stepMs: () => number) {
    this.#disk = disk
    this.#clock = clock
    this.#stepMs = stepMs
  }

  step(): Promise<void> {
    return sleep(this.#clock, this.#stepMs())
  }

  async hold<Result>(id: RepositoryId, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(id)
    const mine = (async () => {
      await before?.catch(() => undefined)
      return await work()
    })()
    this.#last.set(id, mine)
    return await mine
  }

  stored(id: RepositoryId): StoredRepository {
    const known = this.#disk.get(id)
    if (known) return known
    const made: StoredRepository = { commits: new Map(), refs: new Map(), kept: new Set() }
    this.#disk.set(id, made)
    return made
  }

  async ensure(id: RepositoryId): Promise<void> {
    this.stored(id)
  }

  async refs(id: RepositoryId): Promise<Map<RefName, ObjectId>> {
    return new Map(this.#disk.get(id)?.refs)
  }

  applyRefs(id: RepositoryId, wanted: ReadonlyMap<RefName, ObjectId>): Promise<void> {
    return this.hold(id, async () => {
      const { refs, kept, commits } = this.stored(id)
      await this.step()
      for (const [ref, object] of [...refs]) {
        if (wanted.get(ref) === object) continue
        kept.add(object)
        if (!wanted.has(ref)) refs.delete(ref)
      }
      for (const [ref, object] of wanted) if (commits.has(object)) refs.set(ref, object)
    })
  }

  async missing(id: RepositoryId, objects: readonly ObjectId[]): Promise<ObjectId[]> {
    const { commits } = this.stored(id)
    return objects.filter((object) => !commits.has(object))
  }

  async isAncestor(id: RepositoryId, older: ObjectId, newer: ObjectId): Promise<boolean> {
    return historyOf(this.stored(id).commits, [newer]).has(older)
  }

  async newCommits(id: RepositoryId, tip: ObjectId, known: readonly ObjectId[], most: number): Promise<ObjectId[]> {
    const { commits } = this.stored(id)
    const old = historyOf(commits, known)
    return [...historyOf(commits, [tip])].filter((one) => one !== tip && !old.has(one)).slice(0, most)
  }

  async keep(id: RepositoryId, objects: readonly ObjectId[]): Promise<void> {
    const { commits, kept } = this.stored(id)
    for (const object of objects) if (commits.has(object)) kept.add(object)
  }

  async serve(id: RepositoryId, channel: ByteChannel): Promise<void> {
    const asked = JSON.parse(await textOf(channel.read())) as { wants: ObjectId[]; haves: ObjectId[] }
    const { commits } = this.stored(id)
    for (const want of asked.wants) if (!commits.has(want)) throw new JoineryError('GIT_FAILED', 'not our ref')
    const haves = new Set(asked.haves)
    const sent = [...historyOf(commits, asked.wants)].filter((one) => !haves.has(one))
    await channel.write(bytesOf(sent.map((one) => [one, commits.get(one)])))
    await channel.end()
  }

  async fetch(id: RepositoryId, objects: readonly ObjectId[], channel: ByteChannel): Promise<void> {
    const { commits, kept } = this.stored(id)
    await channel.write(bytesOf({ wants: objects, haves: [...commits.keys()] }))
    await channel.end()
    const sent = new Map(JSON.parse(await textOf(channel.read())) as [ObjectId, ObjectId[]][])
    await this.step()
    store(commits, sent)
    for (const object of objects) kept.add(object)
  }

  async remove(id: RepositoryId): Promise<void> {
    this.#disk.delete(id)
  }
}

/** As receive-pack and upload-pack behind the real service: the objects, the branch, the ref log, the report. */
export class GraphService implements GitService {
  readonly #repositories: GraphRepositories
  readonly #recorder: PushRecorder

  constructor(repositories: GraphRepositories, recorder: PushRecorder) {
    this.#repositories = repositories
    this.#recorder = recorder
  }

  async answer(id: RepositoryId, request: GitRequest): Promise<GitAnswer> {
    const run = request.service === 'git-receive-pack' ? this.#receive(id, request) : this.#upload(id)
    return { body: run }
  }

  async *#upload(id: RepositoryId): AsyncGenerator<Uint8Array> {
    await this.#repositories.step()
    const { refs, commits } = this.#repositories.stored(id)
    const shown = historyOf(commits, refs.values())
    const report: FetchReport = {
      refs: [...refs],
      commits: [...shown].map((one) => [one, commits.get(one) ?? []])
    }
    yield bytesOf(report)
  }

  async *#receive(id: RepositoryId, { body, person }: GitRequest): AsyncGenerator<Uint8Array> {
    const push = JSON.parse(await textOf(body)) as PushMessage
    const report = await this.#repositories.hold(id, () => this.#receiveHeld(id, push, person ?? ''))
    yield bytesOf(report)
  }

  async #receiveHeld(id: RepositoryId, push: PushMessage, person: string): Promise<PushReport> {
    const { refs, commits } = this.#repositories.stored(id)
    for (const { ref, old, new: now } of push.changes) {
      if (refs.get(ref) !== (old ?? undefined)) return { accepted: [], refused: 'fetch first', lines: [] }
      if (old && now && !push.force) {
        const known = new Map([...commits, ...push.commits])
        if (!historyOf(known, [now]).has(old)) return { accepted: [], refused: 'non-fast-forward', lines: [] }
      }
    }
    store(commits, new Map(push.commits))
    await this.#repositories.step()
    const changes = push.changes.map(({ ref, old, new: now }) => ({
      ref,
      old: old ?? undefined,
      new: now ?? undefined
    }))
    for (const { ref, new: now } of changes) {
      if (now === undefined) refs.delete(ref)
      else refs.set(ref, now)
    }
    await this.#repositories.step()
    try {
      const lines = await this.#recorder.record(id, changes, person)
      await this.#repositories.step()
      return { accepted: changes, refused: undefined, lines }
    } catch (error) {
      for (const { ref, old } of changes) {
        if (old === undefined) refs.delete(ref)
        else refs.set(ref, old)
      }
      return { accepted: [], refused: error instanceof Error ? error.message : 'not saved', lines: [] }
    }
  }
}

/** As index-pack does: nothing whose parents are not here too. */
function store(commits: Commits, sent: ReadonlyMap<ObjectId, readonly ObjectId[]>): void {
  for (const parents of sent.values())
    for (const parent of parents)
      if (!commits.has(parent) && !sent.has(parent)) throw new JoineryError('GIT_FAILED', 'a commit without its parent')
  for (const [one, parents] of sent) commits.set(one, parents)
}

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

export async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}
