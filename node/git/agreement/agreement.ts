/** Repositories that all devices of a room agree on: finds who decides, records what was decided, and brings objects to every device. */
import { hasCode, JoineryError } from '../../../protocols/errors.ts'
import type {
  GitAnswer,
  GitRequest,
  GitService,
  ObjectId,
  PushRecorder,
  RefChange,
  RepositoryId
} from '../../../protocols/git.ts'
import {
  type Covered,
  encodeHomeClaimed,
  encodeRefsChanged,
  GIT_FACT_VERSION,
  HOME_CLAIMED_KIND,
  REFS_CHANGED_KIND,
  repositoryTopic
} from '../../../protocols/git-facts.ts'
import { GIT_PROTOCOL, MAX_HOPS, MAX_TOLD_OBJECTS } from '../../../protocols/git-stream.ts'
import type { JournalAccess } from '../../../protocols/journal.ts'
import type { NodeId, PeerLinks } from '../../../protocols/message-stream.ts'
import type { PersonId } from '../../../protocols/people.ts'
import { type Clock, sleep } from '../../platform/clock.ts'
import { sha256 } from '../../platform/hash.ts'
import type { Random } from '../../platform/random.ts'
import '../errors.ts'
import type { LocalRepositories } from '../local-repositories.ts'
import { CopyWaits } from './copy-waits.ts'
import { Directory } from './directory.ts'
import { type HomeMembers, Homes } from './homes.ts'
import { askPeer, bytesOf, GIT_STREAM_LIMITS } from './peer-streams.ts'
import { openTips } from './ref-fold.ts'
import { Replication } from './replication.ts'
import { answerPeers } from './serving.ts'

/** A learner waits no longer for a second copy; then they are told that there is one. */
const COPY_WAIT_MS = 2_000
/** Between two looks for a home that is out of reach. */
const SEARCH_PAUSE_MS = 500
/** Longer than a home may be lost before somebody else decides. */
const MAX_SEARCHES = 40
/** A copy that was just told of arrives within a moment; otherwise the home answers. */
const FRESH_WAIT_MS = 2_000

export interface AgreementComponents {
  journal: JournalAccess & { mayDecide(): boolean }
  links: PeerLinks
  clock: Clock
  random: Random
  repositories: LocalRepositories
  members: HomeMembers & {
    /** This device's name as it stands in names of branches. */
    slug(): string
  }
  onProblem(problem: { code: string; message: string; cause?: unknown }): void
}

export class GitAgreement implements GitService, PushRecorder {
  readonly directory: Directory
  readonly #components: AgreementComponents
  readonly #homes: Homes
  readonly #waits: CopyWaits
  readonly #replication: Replication
  readonly #stopListening: (() => void)[] = []
  /** What a repository's branches were when they were last shown here. */
  readonly #shown = new Map<RepositoryId, Uint8Array>()
  readonly #onShown = new Set<(id: RepositoryId) => void>()
  /** Repositories that changed while we run: only then somebody may wait for a word from us. */
  readonly #live = new Set<RepositoryId>()
  #local: GitService | undefined

  private constructor(components: AgreementComponents, directory: Directory) {
    this.#components = components
    this.directory = directory
    this.#homes = new Homes(components)
    this.#waits = new CopyWaits(components)
    this.#replication = new Replication({
      ...components,
      wanted: (id) => this.#wanted(id),
      onComplete: (id) => this.#complete(id)
    })
  }

  static async open(components: AgreementComponents): Promise<GitAgreement> {
    const { journal, random, members } = components
    const directory = await Directory.open({ journal, random, self: members.self })
    return new GitAgreement(components, directory)
  }

  /** @param local answers what this device decides itself */
  start(local: GitService): void {
    this.#local = local
    const { links, repositories, onProblem } = this.#components
    this.#stopListening.push(
      this.directory.onChange((id) => {
        this.#live.add(id)
        if (this.directory.isRemoved(id)) {
          repositories
            .remove(id)
            .catch((cause: unknown) => onProblem({ code: 'GIT_FAILED', message: 'removing a repository', cause }))
        } else this.#replication.look(id)
      }),
      links.onLink(() => this.#replication.retry())
    )
    links.handle(GIT_PROTOCOL, GIT_STREAM_LIMITS, (stream, link) =>
      answerPeers(stream, link, {
        repositories,
        answer: (id, request, hops, signal) => this.#answer(id, request, hops, signal),
        heads: (id) => this.#headsOf(id),
        noteHeld: (id, objects) => this.#waits.noteHeld(id, objects),
        isKnown: (id) => this.directory.repository(id) !== undefined
      })
    )
    for (const { id } of this.directory.all()) this.#replication.look(id)
  }

  async stop(): Promise<void> {
    for (const stop of this.#stopListening) stop()
    this.#homes.stop()
    this.#waits.stop()
    await this.#replication.stop()
    this.directory.stop()
  }

  /** Repositories that are not complete on this device. */
  get lacking(): number {
    return this.#replication.lacking
  }

  answer(id: RepositoryId, request: GitRequest, signal: AbortSignal): Promise<GitAnswer> {
    return this.#answer(id, request, MAX_HOPS, signal)
  }

  /** Called with the repository locked; see `PushRecorder`. */
  async record(id: RepositoryId, changes: readonly RefChange[], by: PersonId): Promise<string[]> {
    const { journal, links, members } = this.#components
    if (!journal.mayDecide())
      throw new JoineryError('PUSH_REFUSED', 'this device needs an update before it can take pushes')
    const home = this.directory.log(id)?.home
    const side = home?.node === members.self ? 'home' : 'local'
    const told = await this.#settle(id, changes)
    const fact = { ...told, by, epoch: home?.epoch ?? 0, side, from: members.slug() } as const
    const [stamp] = await journal.append([
      {
        topic: repositoryTopic(id),
        kind: REFS_CHANGED_KIND,
        version: GIT_FACT_VERSION,
        critical: true,
        audience: 'room',
        body: encodeRefsChanged(fact)
      }
    ])
    const lines: string[] = []
    if (side === 'local') {
      lines.push('The device that keeps this repository cannot be reached.')
      lines.push('Saved on this side only; others get it when the devices see each other again.')
    }
    const objects = changes.flatMap(({ new: now }) => (now === undefined ? [] : [now]))
    const copied =
      stamp !== undefined && links.links().length > 0 && (await this.#waits.wait(id, stamp, objects, COPY_WAIT_MS))
    if (!copied) lines.push('Saved on this device only, so far.')
    return lines
  }

  async #answer(id: RepositoryId, request: GitRequest, hops: number, signal: AbortSignal): Promise<GitAnswer> {
    if (!this.directory.repository(id)) throw new JoineryError('REPOSITORY_UNKNOWN', 'no such repository')
    return request.service === 'git-receive-pack'
      ? await this.#decide(id, request, hops, signal)
      : await this.#read(id, request, hops, signal)
  }

  async #decide(id: RepositoryId, request: GitRequest, hops: number, signal: AbortSignal): Promise<GitAnswer> {
    const { clock, journal, members } = this.#components
    for (let search = 0; search < MAX_SEARCHES; search++) {
      signal.throwIfAborted()
      const home = this.directory.log(id)?.home
      if (home && home.node !== members.self) await this.#homes.probe(home.node, signal)
      const route = this.#homes.route(id, home)
      switch (route.kind) {
        case 'here':
          return await this.#here(id, request, signal)
        case 'take': {
          if (!journal.mayDecide())
            throw new JoineryError('PUSH_REFUSED', 'this device needs an update before it can take pushes')
          const body = encodeHomeClaimed({ epoch: route.epoch, node: members.self })
          await journal.append([
            {
              topic: repositoryTopic(id),
              kind: HOME_CLAIMED_KIND,
              version: GIT_FACT_VERSION,
              critical: true,
              audience: 'room',
              body
            }
          ])
          return await this.#here(id, request, signal)
        }
        case 'tunnel': {
          if (hops === 0) throw new JoineryError('HOME_UNREACHABLE', 'further away than one device')
          const answer = await this.#tunnel(route.to, id, request, hops - 1, signal)
          if (answer) return answer
          break
        }
        case 'search': {
          if (hops < MAX_HOPS || !home)
            throw new JoineryError('HOME_UNREACHABLE', 'the home cannot be reached from here')
          for (const link of this.#homes.others([home.node])) {
            const answer = await this.#tunnel(link.peer, id, request, 1, signal)
            if (answer) return answer
          }
          await sleep(clock, SEARCH_PAUSE_MS, signal)
          break
        }
        case 'nobody':
          throw new JoineryError('HOME_UNREACHABLE', 'no device here may decide')
      }
    }
    throw new JoineryError('HOME_UNREACHABLE', 'no device answered')
  }

  async #here(id: RepositoryId, request: GitRequest, signal: AbortSignal): Promise<GitAnswer> {
    if (!this.#local) throw new JoineryError('STOPPED', 'not started')
    // What came over the journal a moment ago is shown before somebody builds on it.
    await this.#components.repositories.applyRefs(id, this.directory.refs(id))
    return await this.#local.answer(id, request, signal)
  }

  async #read(id: RepositoryId, request: GitRequest, hops: number, signal: AbortSignal): Promise<GitAnswer> {
    const local = this.#local
    if (!local) throw new JoineryError('STOPPED', 'not started')
    const home = this.directory.log(id)?.home
    if (!home || home.node === this.#components.members.self || hops < MAX_HOPS)
      return await local.answer(id, request, signal)
    // The capabilities are the same everywhere; what matters is asked in the next request.
    if (request.step === 'advertise' && request.protocol === 'version=2') return await local.answer(id, request, signal)
    if (await this.#isFresh(id, home.node, signal)) return await local.answer(id, request, signal)
    const answer = await this.#tunnel(home.node, id, request, 0, signal)
    return answer ?? (await local.answer(id, request, signal))
  }

  /** Whether what this device shows is what the home has, or the home cannot be asked. */
  async #isFresh(id: RepositoryId, home: NodeId, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#components
    await this.#homes.probe(home, signal)
    const route = this.#homes.route(id, { node: home, epoch: 0 })
    const link = this.#homes.linkTo(home)
    if (!link || route.kind !== 'tunnel' || route.to !== home) return true
    let heads: Uint8Array | undefined
    try {
      const { head, stream } = await askPeer(link, { do: 'heads', repository: id }, clock.after.bind(clock), signal)
      stream.abort(new JoineryError('CLOSED', 'answered'))
      heads = head.heads
    } catch (error) {
      signal.throwIfAborted()
      if (hasCode(error, 'TIMED_OUT')) this.#homes.noteSilence(home)
      return true
    }
    if (!heads) return true
    const expected = heads
    const isShown = (): boolean => {
      const shown = this.#shown.get(id)
      return shown !== undefined && Buffer.compare(shown, expected) === 0
    }
    if (isShown()) return true
    return await new Promise<boolean>((resolve) => {
      const end = (fresh: boolean): void => {
        cancel()
        this.#onShown.delete(look)
        resolve(fresh)
      }
      const look = (shown: RepositoryId): void => {
        if (shown === id && isShown()) end(true)
      }
      const cancel = clock.after(FRESH_WAIT_MS, () => end(false))
      this.#onShown.add(look)
    })
  }

  /** @returns undefined when that device did not take it: then nothing of the request was read */
  async #tunnel(
    to: NodeId,
    repository: RepositoryId,
    request: GitRequest,
    hops: number,
    signal: AbortSignal
  ): Promise<GitAnswer | undefined> {
    const link = this.#homes.linkTo(to)
    if (!link) return undefined
    const { body, ...asked } = request
    const { clock } = this.#components
    try {
      const { stream } = await askPeer(
        link,
        { do: 'answer', repository, hops, ...asked },
        clock.after.bind(clock),
        signal
      )
      this.#homes.noteAnswer(to)
      const channel = bytesOf(stream)
      const stop = (): void => stream.abort(new JoineryError('CLOSED', 'the learner has left'))
      signal.addEventListener('abort', stop, { once: true })
      const sending = (async () => {
        for await (const bytes of body) await channel.write(bytes)
        await channel.end()
      })()
      sending.catch((error: unknown) =>
        stream.abort(error instanceof Error ? error : new JoineryError('CLOSED', 'broke off'))
      )
      return {
        body: (async function* () {
          try {
            yield* channel.read()
          } finally {
            signal.removeEventListener('abort', stop)
            stop()
          }
        })()
      }
    } catch (error) {
      signal.throwIfAborted()
      const away = hasCode(error, 'TIMED_OUT') || hasCode(error, 'CLOSED')
      if (away) this.#homes.noteSilence(to)
      if (away || hasCode(error, 'HOME_UNREACHABLE') || hasCode(error, 'REPOSITORY_UNKNOWN')) return undefined
      throw error
    }
  }

  /** Names that stand for tips of another branch become what they stand for; tips that the new ones contain are taken in. */
  async #settle(id: RepositoryId, changes: readonly RefChange[]): Promise<{ changes: RefChange[]; covers: Covered[] }> {
    const visible = this.directory.visible(id)
    const log = this.directory.log(id)
    const covers: Covered[] = []
    const settled: RefChange[] = []
    for (const change of changes) {
      const stands = visible.get(change.ref)
      const isOther = stands !== undefined && stands.branch !== change.ref
      if (isOther) covers.push({ ref: stands.branch, object: stands.object })
      settled.push(isOther ? { ...change, old: undefined } : change)
      const now = change.new
      const branch = log?.branches.get(change.ref)
      if (now === undefined || !branch) continue
      for (const { object } of openTips(branch)) {
        if (object === change.old || object === now) continue
        if (await this.#components.repositories.isAncestor(id, object, now)) covers.push({ ref: change.ref, object })
      }
    }
    return { changes: settled, covers }
  }

  #wanted(id: RepositoryId): { refs: ReadonlyMap<string, ObjectId>; makers: NodeId[] } | undefined {
    if (!this.directory.repository(id)) return undefined
    const visible = this.directory.visible(id)
    const makers = new Set([...visible.values()].map(({ tip }) => tip.node))
    return { refs: this.directory.refs(id), makers: [...makers] }
  }

  #complete(id: RepositoryId): void {
    this.#shown.set(id, this.#headsOf(id))
    for (const listener of [...this.#onShown]) listener(id)
    if (!this.#live.delete(id)) return
    const visible = this.directory.visible(id)
    for (const link of this.#components.links.links()) {
      const objects = new Set<ObjectId>()
      for (const { tip } of visible.values())
        if (tip.node === link.peer && objects.size < MAX_TOLD_OBJECTS) objects.add(tip.object)
      if (objects.size > 0) void this.#tell(link.peer, id, [...objects])
    }
  }

  async #tell(peer: NodeId, repository: RepositoryId, objects: ObjectId[]): Promise<void> {
    const { clock } = this.#components
    const link = this.#homes.linkTo(peer)
    if (!link) return
    try {
      const { stream } = await askPeer(link, { do: 'have', repository, objects }, clock.after.bind(clock))
      stream.abort(new JoineryError('CLOSED', 'told'))
    } catch {
      // Whoever pushed is told "on this device only" then; nothing is lost.
    }
  }

  #headsOf(id: RepositoryId): Uint8Array {
    const lines = [...this.directory.refs(id)].map(([ref, object]) => `${object} ${ref}\n`).sort()
    return sha256(Buffer.from(lines.join('')))
  }
}
