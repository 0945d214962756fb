/** Repositories that all devices of a room agree on: finds who decides, records what was decided, and brings objects to every device. */
import { hasCode, JoineryError } from '../../../protocols/errors.ts'
import type {
  GitAnswer,
  GitRequest,
  GitService,
  ObjectId,
  PushRecorder,
  RefChange,
  RefName,
  RepositoryId
} from '../../../protocols/git.ts'
import {
  encodeHomeClaimed,
  encodeRefsChanged,
  GIT_FACT_VERSION,
  HOME_CLAIMED_KIND,
  REFS_CHANGED_KIND,
  repositoryTopic
} from '../../../protocols/git-facts.ts'
import { GIT_PROTOCOL, MAX_HOPS, MAX_TOLD_OBJECTS } from '../../../protocols/git-stream.ts'
import type { JournalAccess, NewEntry, Stamp } from '../../../protocols/journal.ts'
import type { NodeId, PeerLinks } from '../../../protocols/message-stream.ts'
import type { PersonId } from '../../../protocols/people.ts'
import { type Clock, sleep } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import '../errors.ts'
import type { LocalRepositories } from '../local-repositories.ts'
import { CopyWaits } from './copy-waits.ts'
import { Directory } from './directory.ts'
import { digestOf, Freshness } from './freshness.ts'
import { type HomeMembers, Homes } from './homes.ts'
import { askPeer, GIT_STREAM_LIMITS } from './peer-streams.ts'
import { PING_TIMEOUT_MS } from './peer-watch.ts'
import { describePush } from './push-facts.ts'
import { Replication, type WantedRepository } from './replication.ts'
import { answerPeers } from './serving.ts'
import { tunnel } from './tunnel.ts'

/** A learner waits no longer for a second copy; then they are told that there is one. */
const COPY_WAIT_MS = 2_000
/** Between two looks for a home that is out of reach. */
const SEARCH_PAUSE_MS = 500
/** Looks take longer than a home may be lost before somebody else decides. */
const MAX_SEARCHES = 40

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
  /** A device asks for something, under the id of the request that it is for. */
  onAsked?(by: NodeId, what: string): void
}

export class GitAgreement implements GitService, PushRecorder {
  readonly directory: Directory
  readonly #components: AgreementComponents
  readonly #homes: Homes
  readonly #waits: CopyWaits
  readonly #freshness: Freshness
  readonly #replication: Replication
  readonly #stopListening: (() => void)[] = []
  readonly #stop = new AbortController()
  /** Repositories that changed while we run: only then somebody may wait for a word from us. */
  readonly #live = new Set<RepositoryId>()
  /** Repositories whose branches on the disk were made those of the log since the start. */
  readonly #reconciled = new Set<RepositoryId>()
  #local: GitService | undefined

  private constructor(components: AgreementComponents, directory: Directory) {
    this.#components = components
    this.directory = directory
    this.#homes = new Homes(components)
    this.#waits = new CopyWaits(components)
    this.#freshness = new Freshness(components)
    this.#replication = new Replication({
      ...components,
      wanted: (id) => this.#wanted(id),
      onHeld: (id, refs) => this.#noteHeld(id, refs),
      onShown: (id, refs) => this.#freshness.noteShown(id, refs)
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
    const { links, repositories, onAsked } = this.#components
    this.#stopListening.push(
      this.directory.onChange((id) => {
        if (this.directory.isRemoved(id)) this.#remove(id)
        else {
          this.#live.add(id)
          this.#replication.look(id)
        }
      }),
      links.onLink(() => this.#replication.retry())
    )
    links.handle(GIT_PROTOCOL, GIT_STREAM_LIMITS, (stream, { peer }) =>
      answerPeers(stream, {
        repositories,
        answer: (id, request, hops, signal) => this.#answer(id, request, hops, signal),
        heads: (id, hops, signal) => this.#headsFor(id, hops, signal),
        reaches: (node, signal) => this.#homes.reaches(node, signal),
        noteHeld: (id, objects) => this.#waits.noteHeld(id, objects),
        isKnown: (id) => this.directory.repository(id) !== undefined,
        onAsked: (what) => onAsked?.(peer, what)
      })
    )
    // What was pushed last is wanted first.
    for (const id of this.directory.newestFirst()) this.#replication.look(id)
    for (const id of this.directory.removed()) this.#remove(id)
  }

  async stop(): Promise<void> {
    this.#stop.abort(new JoineryError('STOPPED', 'the device is stopping'))
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
  async record(id: RepositoryId, asked: readonly RefChange[], by: PersonId): Promise<string[]> {
    const { links, members, repositories } = this.#components
    // Git takes a change of a value to itself.
    const changes = asked.filter(({ old, new: now }) => old !== now)
    if (changes.length === 0) return []
    this.#requireSay()
    const log = this.directory.log(id)
    const home = log?.home
    const side = home?.node === members.self ? 'home' : 'local'
    const visible = this.directory.visible(id)
    const facts = await describePush(id, changes, { repositories, log, visible })
    const body = encodeRefsChanged({ ...facts, by, epoch: home?.epoch ?? 0, side, from: members.slug() })
    const stamp = await this.#append(id, REFS_CHANGED_KIND, body)
    const lines: string[] = []
    if (side === 'local') {
      lines.push('Saved on this side only: the device that keeps this repository cannot be reached.')
      lines.push('The others get it when the devices see each other again.')
    }
    const objects = changes.flatMap(({ new: now }) => (now === undefined ? [] : [now]))
    const copied =
      stamp !== undefined && links.links().length > 0 && (await this.#waits.wait(id, stamp, objects, COPY_WAIT_MS))
    if (!copied) lines.push('Saved on this device only, so far.')
    return lines
  }

  async #answer(id: RepositoryId, request: GitRequest, hops: number, signal: AbortSignal): Promise<GitAnswer> {
    if (!this.directory.repository(id)) throw new JoineryError('REPOSITORY_UNKNOWN', 'no such repository')
    const both = AbortSignal.any([signal, this.#stop.signal])
    return request.service === 'git-receive-pack'
      ? await this.#decide(id, request, hops, both)
      : await this.#read(id, request, hops, both)
  }

  async #decide(id: RepositoryId, request: GitRequest, hops: number, signal: AbortSignal): Promise<GitAnswer> {
    const { clock, members } = this.#components
    for (let search = 0; search < MAX_SEARCHES; search++) {
      signal.throwIfAborted()
      const home = this.directory.log(id)?.home
      const away = home !== undefined && home.node !== members.self && !(await this.#homes.probe(home.node, signal))
      // Whoever carries a request for others knows its own links only: a way of three devices would be a circle sooner or later.
      const through = away && hops === MAX_HOPS ? await this.#homes.through(home.node, signal) : undefined
      const route = this.#homes.route(id, home, through)
      switch (route.kind) {
        case 'take':
          this.#requireSay()
          if (!(await this.#homes.confirm(signal))) break
          await this.#append(id, HOME_CLAIMED_KIND, encodeHomeClaimed({ epoch: route.epoch, node: members.self }))
          return await this.#here(id, request, signal)
        case 'here':
          return await this.#here(id, request, signal)
        case 'tunnel': {
          if (hops === 0) throw new JoineryError('HOME_UNREACHABLE', 'further away than one device')
          const answer = await this.#tunnel(route.to, id, request, hops - 1, signal)
          if (answer) return answer
          break
        }
        case 'search':
          if (hops < MAX_HOPS) throw new JoineryError('HOME_UNREACHABLE', 'the home cannot be reached from here')
          break
        case 'nobody':
          throw new JoineryError('HOME_UNREACHABLE', 'no device here may decide')
      }
      await sleep(clock, SEARCH_PAUSE_MS, signal)
    }
    throw new JoineryError('HOME_UNREACHABLE', 'no device answered')
  }

  async #here(id: RepositoryId, request: GitRequest, signal: AbortSignal): Promise<GitAnswer> {
    if (!this.#local) throw new JoineryError('STOPPED', 'not started')
    // What came over the journal a moment ago is shown before somebody builds on it.
    await this.#components.repositories.applyRefs(id, this.directory.refs(id))
    this.#reconciled.add(id)
    return await this.#local.answer(id, request, signal)
  }

  async #read(id: RepositoryId, request: GitRequest, hops: number, signal: AbortSignal): Promise<GitAnswer> {
    const { members } = this.#components
    const home = this.directory.log(id)?.home?.node
    // The capabilities are the same everywhere; what matters is asked in the next request.
    const isPreface = request.step === 'advertise' && request.protocol === 'version=2'
    if (home === undefined || home === members.self || hops === 0 || isPreface)
      return await this.#showOwn(id, request, signal)
    const direct = await this.#homes.probe(home, signal)
    const via = direct ? home : hops === MAX_HOPS ? await this.#homes.through(home, signal) : undefined
    if (via === undefined) return await this.#showOwn(id, request, signal)
    if (hops === MAX_HOPS && (await this.#isFresh(via, id, direct ? 0 : 1, signal)))
      return await this.#showOwn(id, request, signal)
    const answer = await this.#tunnel(via, id, request, direct ? 0 : 1, signal)
    return answer ?? (await this.#showOwn(id, request, signal))
  }

  async #showOwn(id: RepositoryId, request: GitRequest, signal: AbortSignal): Promise<GitAnswer> {
    if (!this.#local) throw new JoineryError('STOPPED', 'not started')
    // A push that a kill cut off before its entry was written may have left its branch: nobody shall see it.
    if (!this.#reconciled.has(id)) {
      await this.#components.repositories.applyRefs(id, this.directory.refs(id))
      this.#reconciled.add(id)
    }
    return await this.#local.answer(id, request, signal)
  }

  /** Whether what this device shows is what the home has, or the home cannot be asked. */
  async #isFresh(via: NodeId, id: RepositoryId, hops: number, signal: AbortSignal): Promise<boolean> {
    const link = this.#homes.linkTo(via)
    if (!link) return true
    try {
      const heads = await this.#freshness.ask(link, id, hops, signal)
      return heads === undefined || (await this.#freshness.reaches(id, heads, signal))
    } catch (error) {
      if (!hasCode(error, 'TIMED_OUT')) throw error
      if (hops === 0) this.#homes.noteSilence(via, PING_TIMEOUT_MS)
      return true
    }
  }

  /** The home's heads for somebody else: ours when we are the home or nobody further may be asked. */
  async #headsFor(id: RepositoryId, hops: number, signal: AbortSignal): Promise<Uint8Array> {
    const home = this.directory.log(id)?.home?.node
    const link = home === undefined || hops === 0 ? undefined : this.#homes.linkTo(home)
    const told = link && (await this.#freshness.ask(link, id, 0, signal))
    return told ?? digestOf(this.directory.refs(id))
  }

  async #tunnel(
    to: NodeId,
    id: RepositoryId,
    request: GitRequest,
    hops: number,
    signal: AbortSignal
  ): Promise<GitAnswer | undefined> {
    const link = this.#homes.linkTo(to)
    if (!link) return undefined
    return await tunnel({ homes: this.#homes, clock: this.#components.clock }, link, id, request, hops, signal)
  }

  #wanted(id: RepositoryId): WantedRepository | undefined {
    if (!this.directory.repository(id)) return undefined
    const tips = [...this.directory.visible(id).values()].map(({ tip }) => tip)
    const makers = [...new Set(tips.map(({ node }) => node))]
    return { refs: this.directory.refs(id), kept: this.directory.kept(id), makers }
  }

  /** Tells the makers of tips that there is a second copy. */
  #noteHeld(id: RepositoryId, refs: ReadonlyMap<RefName, ObjectId>): void {
    if (!this.#live.delete(id)) return
    const held = new Set(refs.values())
    const tips = [...this.directory.visible(id).values()].map(({ tip }) => tip)
    for (const { peer } of this.#components.links.links()) {
      const theirs = tips.filter(({ node, object }) => node === peer && held.has(object))
      const objects = [...new Set(theirs.map(({ object }) => object))].slice(0, MAX_TOLD_OBJECTS)
      if (objects.length > 0) void this.#tell(peer, id, objects)
    }
  }

  async #tell(peer: NodeId, repository: RepositoryId, objects: ObjectId[]): Promise<void> {
    const { clock } = this.#components
    const link = this.#homes.linkTo(peer)
    if (!link) return
    try {
      const options = { clock, mostMs: PING_TIMEOUT_MS, signal: this.#stop.signal }
      const { stream } = await askPeer(link, { do: 'have', repository, objects }, options)
      stream.abort(new JoineryError('CLOSED', 'told'))
    } catch {
      // Whoever pushed is told "on this device only" then; nothing is lost.
    }
  }

  #remove(id: RepositoryId): void {
    this.#live.delete(id)
    this.#reconciled.delete(id)
    this.#freshness.forget(id)
    this.#replication.forget(id)
    const { repositories, onProblem } = this.#components
    repositories
      .remove(id)
      .catch((cause: unknown) => onProblem({ code: 'GIT_FAILED', message: 'removing a repository', cause }))
  }

  /** @throws JoineryError when an entry was written here that this program does not understand */
  #requireSay(): void {
    if (!this.#components.journal.mayDecide())
      throw new JoineryError('PUSH_REFUSED', 'this device needs an update before it can take pushes')
  }

  async #append(id: RepositoryId, kind: string, body: NewEntry['body']): Promise<Stamp | undefined> {
    const shared = { version: GIT_FACT_VERSION, critical: true, audience: 'room' } as const
    const [stamp] = await this.#components.journal.append([{ topic: repositoryTopic(id), kind, ...shared, body }])
    return stamp
  }
}
