/** The room's repositories, as the journal tells them. */
import { JoineryError } from '../../../protocols/errors.ts'
import type { ObjectId, RefName, Repository, RepositoryDirectory, RepositoryId } from '../../../protocols/git.ts'
import {
  COLLABORATOR_KIND,
  encodeCollaboratorSet,
  encodeHomeClaimed,
  encodeRepositoryMade,
  encodeRepositoryRemoved,
  GIT_FACT_VERSION,
  HOME_CLAIMED_KIND,
  REPOSITORIES_TOPIC,
  REPOSITORY_MADE_KIND,
  REPOSITORY_REMOVED_KIND,
  repositoryTopic
} from '../../../protocols/git-facts.ts'
import { isRepositoryName } from '../../../protocols/git-names.ts'
import { compareStamps, type FoldView, type JournalAccess } from '../../../protocols/journal.ts'
import type { NodeId } from '../../../protocols/message-stream.ts'
import type { PersonId } from '../../../protocols/people.ts'
import type { Random } from '../../platform/random.ts'
import '../errors.ts'
import { type RefLogs, type RepositoryLog, refFold } from './ref-fold.ts'
import { listRepositories, type RepositoryFacts, repositoryFold } from './repository-fold.ts'
import { type VisibleRef, visibleRefs } from './visible-refs.ts'

/** A learner makes a handful. */
export const MAX_REPOSITORIES_PER_PERSON = 100
/** 100 people with some each; every device keeps them all. */
export const MAX_REPOSITORIES = 2_000
export const MAX_COLLABORATORS = 100
/** Overwritten and deleted values of one repository that every device keeps, the newest. A class that forces every push makes some hundred. */
export const MAX_KEPT_OBJECTS = 1_000

export interface DirectoryComponents {
  journal: JournalAccess
  random: Random
  self: NodeId
}

export class Directory implements RepositoryDirectory {
  readonly #components: DirectoryComponents
  readonly #facts: FoldView<RepositoryFacts>
  readonly #logs: FoldView<RefLogs>
  readonly #listeners = new Set<(id: RepositoryId) => void>()
  readonly #visible = new Map<RepositoryId, Map<RefName, VisibleRef>>()
  readonly #stopListening: (() => void)[]
  #listed: Map<RepositoryId, Repository> | undefined
  /** Names that are being given right now. */
  readonly #promised = new Set<string>()

  private constructor(components: DirectoryComponents, facts: FoldView<RepositoryFacts>, logs: FoldView<RefLogs>) {
    this.#components = components
    this.#facts = facts
    this.#logs = logs
    this.#stopListening = [
      facts.onChange((entries) => {
        this.#listed = undefined
        for (const { body } of entries) {
          const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : undefined
          if (typeof id === 'string') this.#tell(id)
        }
      }),
      logs.onChange((entries) => {
        const ids = new Set(entries.map(({ topic }) => topic.slice(topic.indexOf('/') + 1)))
        for (const id of ids) {
          this.#visible.delete(id)
          this.#tell(id)
        }
      })
    ]
  }

  static async open(components: DirectoryComponents): Promise<Directory> {
    const { journal } = components
    return new Directory(components, await journal.view(repositoryFold), await journal.view(refFold))
  }

  stop(): void {
    for (const stop of this.#stopListening) stop()
    this.#listeners.clear()
  }

  repository(id: RepositoryId): Repository | undefined {
    return this.#list().get(id)
  }

  find(owner: PersonId, name: string): Repository | undefined {
    const wanted = name.toLowerCase()
    for (const one of this.#list().values()) if (one.owner === owner && one.name.toLowerCase() === wanted) return one
    return undefined
  }

  ofOwner(owner: PersonId): Repository[] {
    return [...this.#list().values()].filter((one) => one.owner === owner).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** By the last push to each. */
  newestFirst(): RepositoryId[] {
    const dated = [...this.#list().keys()].map((id) => {
      let lamport = 0
      for (const { tip } of this.visible(id).values()) lamport = Math.max(lamport, tip.stamp.lamport)
      return { id, lamport }
    })
    return dated.sort((a, b) => b.lamport - a.lamport).map(({ id }) => id)
  }

  removed(): Iterable<RepositoryId> {
    return this.#facts.state.removed
  }

  isRemoved(id: RepositoryId): boolean {
    return this.#facts.state.removed.has(id)
  }

  async create(owner: PersonId, name: string): Promise<Repository> {
    const { journal, random, self } = this.#components
    if (!isRepositoryName(name))
      throw new JoineryError('REPOSITORY_NAME_WRONG', `${name} cannot be the name of a repository`)
    const promise = `${owner}/${name.toLowerCase()}`
    if (this.find(owner, name) || this.#promised.has(promise))
      throw new JoineryError('REPOSITORY_NAME_TAKEN', `there is a repository ${name} already`)
    if (this.ofOwner(owner).length >= MAX_REPOSITORIES_PER_PERSON || this.#list().size >= MAX_REPOSITORIES)
      throw new JoineryError('REPOSITORIES_FULL', 'no more repositories')
    this.#promised.add(promise)
    try {
      const id = Buffer.from(random.bytes(16)).toString('hex')
      const shared = { version: GIT_FACT_VERSION, audience: 'room' as const }
      await journal.append([
        {
          topic: REPOSITORIES_TOPIC,
          kind: REPOSITORY_MADE_KIND,
          ...shared,
          body: encodeRepositoryMade({ id, owner, name })
        },
        // Whoever is asked first decides from then on: that device has the person in front of it.
        {
          topic: repositoryTopic(id),
          kind: HOME_CLAIMED_KIND,
          ...shared,
          body: encodeHomeClaimed({ epoch: 1, node: self })
        }
      ])
      return this.#existing(id)
    } finally {
      this.#promised.delete(promise)
    }
  }

  async setCollaborator(id: RepositoryId, person: PersonId, may: boolean): Promise<void> {
    const known = this.#existing(id)
    if (known.collaborators.includes(person) === may) return
    if (may && known.collaborators.length >= MAX_COLLABORATORS)
      throw new JoineryError('REPOSITORIES_FULL', `at most ${MAX_COLLABORATORS} collaborators`)
    await this.#append(COLLABORATOR_KIND, encodeCollaboratorSet({ id, person, may }))
  }

  async remove(id: RepositoryId): Promise<void> {
    this.#existing(id)
    await this.#append(REPOSITORY_REMOVED_KIND, encodeRepositoryRemoved(id))
  }

  log(id: RepositoryId): RepositoryLog | undefined {
    return this.#logs.state.get(id)
  }

  visible(id: RepositoryId): ReadonlyMap<RefName, VisibleRef> {
    const known = this.#visible.get(id)
    if (known) return known
    const visible = visibleRefs(this.log(id))
    this.#visible.set(id, visible)
    return visible
  }

  refs(id: RepositoryId): ReadonlyMap<RefName, ObjectId> {
    return new Map([...this.visible(id)].map(([ref, { object }]) => [ref, object]))
  }

  /** What was overwritten or deleted, the newest. */
  kept(id: RepositoryId): ObjectId[] {
    const dropped = [...(this.log(id)?.dropped ?? [])].sort(([, a], [, b]) => compareStamps(b, a))
    return dropped.slice(0, MAX_KEPT_OBJECTS).map(([object]) => object)
  }

  /** Whether an object was overwritten or deleted so long ago that no device need have it any more. What the log never named is not. */
  spentOf(id: RepositoryId): (object: ObjectId) => boolean {
    const log = this.log(id)
    const kept = new Set(this.kept(id))
    const branches = [...(log?.branches.values() ?? [])]
    return (object) =>
      log?.dropped.has(object) === true && !kept.has(object) && !branches.some(({ made }) => made.has(object))
  }

  /** The other repositories of its owner. */
  besides(id: RepositoryId): RepositoryId[] {
    const owner = this.repository(id)?.owner
    return [...this.#list().values()].filter((one) => one.owner === owner && one.id !== id).map((one) => one.id)
  }

  onChange(listener: (id: RepositoryId) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #append(kind: string, body: ReturnType<typeof encodeRepositoryRemoved>): Promise<void> {
    await this.#components.journal.append([
      { topic: REPOSITORIES_TOPIC, kind, version: GIT_FACT_VERSION, audience: 'room', body }
    ])
  }

  #existing(id: RepositoryId): Repository {
    const known = this.repository(id)
    if (!known) throw new JoineryError('REPOSITORY_UNKNOWN', 'no such repository')
    return known
  }

  #list(): Map<RepositoryId, Repository> {
    this.#listed ??= listRepositories(this.#facts.state)
    return this.#listed
  }

  #tell(id: RepositoryId): void {
    for (const listener of this.#listeners) listener(id)
  }
}
