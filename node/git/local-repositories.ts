/**
 * The bare repositories of this device. Folders are named by random ids; what people see of refs (`refs/heads`, `refs/tags`) is put here
 * from the ref log, and whatever was ever a tip stays below `refs/mesh/kept`.
 */

import { join } from 'node:path'
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { ObjectId, RefChange, RefName, RepositoryId } from '../../protocols/git.ts'
import { isObjectId, isRepositoryId, isVisibleRef, NO_OBJECT } from '../../protocols/git-names.ts'
import type { Disk } from '../platform/disk.ts'
import type { GitProgram } from './git-program.ts'
import { faultOfModules } from './gitmodules.ts'
import { KEPT } from './kept-refs.ts'
import { MAX_REMEMBERED_REPOSITORIES } from './limits.ts'
import { ObjectsMemory } from './objects-memory.ts'
import { fetchObjects, serveObjects } from './peer-transfer.ts'
import { keyOf, type PushedCommits, readSurvey, SURVEY_PATHS, SURVEY_WORDS } from './push-survey.ts'
import { isSame, type KnownRef, type KnownRefs, RefsMemory } from './refs-memory.ts'
import { packedBytes, prepareRepositoryFolder, sweepRepositoryFolder } from './repository-folder.ts'
import { RepositoryLocks } from './repository-locks.ts'
import { RepositoryUses } from './repository-uses.ts'

/** What a peer's git and ours say to one another. */
export interface ByteChannel {
  read(): AsyncIterable<Uint8Array>
  write(bytes: Uint8Array): Promise<void>
  /** Ends our side after everything has left. */
  end(): Promise<void>
}

export interface LocalRepositories {
  /** Makes it when it is not there; does nothing otherwise. */
  ensure(id: RepositoryId): Promise<void>
  /** Branches and tags as they are on this disk. Empty for a repository that is not here. */
  refs(id: RepositoryId): Promise<Map<RefName, ObjectId>>
  /** Makes branches and tags what the ref log says, as far as their objects are here. Tips that go are kept. */
  applyRefs(id: RepositoryId, wanted: ReadonlyMap<RefName, ObjectId>): Promise<void>
  /** Those of `objects` that are not here. */
  missing(id: RepositoryId, objects: readonly ObjectId[]): Promise<ObjectId[]>
  isAncestor(id: RepositoryId, older: ObjectId, newer: ObjectId): Promise<boolean>
  /** Commits that `tip` contains and none of `known` does, beside itself; the newest `most`. */
  newCommits(id: RepositoryId, tip: ObjectId, known: readonly ObjectId[], most: number): Promise<ObjectId[]>
  /** Those of `objects` that are here stay here, whatever becomes of branches. */
  keep(id: RepositoryId, objects: readonly ObjectId[]): Promise<void>
  /** Answers a peer that fetches. */
  serve(id: RepositoryId, channel: ByteChannel, signal: AbortSignal): Promise<void>
  /** Fetches objects and all that they need from a peer, checks them, and keeps them. */
  fetch(id: RepositoryId, objects: readonly ObjectId[], channel: ByteChannel, signal: AbortSignal): Promise<void>
  remove(id: RepositoryId): Promise<void>
}

export interface LocalRepositoriesComponents {
  git: GitProgram
  disk: Disk
}

export class DiskRepositories implements LocalRepositories {
  readonly locks = new RepositoryLocks()
  readonly #components: LocalRepositoriesComponents
  readonly #directory: string
  readonly #made = new Map<RepositoryId, Promise<void>>()
  readonly #refs = new RefsMemory()
  /** Of the last push of each: the ref log asks for them while it is recorded. */
  readonly #pushed = new BoundedMap<RepositoryId, PushedCommits>(MAX_REMEMBERED_REPOSITORIES)
  readonly uses = new RepositoryUses((id) =>
    this.locks.hold(id, () => sweepRepositoryFolder(this.#components.disk, this.folder(id)))
  )
  /** Repositories in which a refused push left objects that nothing names. */
  readonly waste = new Set<RepositoryId>()
  /** What is known to be on the disk. Whoever takes objects away makes it forget first. */
  readonly objects = new ObjectsMemory()
  readonly #listeners = new Set<(id: RepositoryId) => void>()

  constructor(components: LocalRepositoriesComponents, init: { directory: string }) {
    this.#components = components
    this.#directory = init.directory
  }

  /** @throws JoineryError `NOT_FOUND` for what is no id: no path is ever made of other text */
  folder(id: RepositoryId): string {
    if (!isRepositoryId(id)) throw new JoineryError('NOT_FOUND', 'not the id of a repository')
    return join(this.#directory, id.slice(0, 2), `${id}.git`)
  }

  async ensure(id: RepositoryId): Promise<void> {
    const made = this.#made.get(id)
    if (made !== undefined) {
      await made
      return
    }
    const making = this.#prepare(id)
    this.#made.set(id, making)
    try {
      await making
    } catch (error) {
      this.#made.delete(id)
      throw error
    }
  }

  async #prepare(id: RepositoryId): Promise<void> {
    const { disk } = this.#components
    const folder = this.folder(id)
    const shard = join(this.#directory, id.slice(0, 2))
    const isNew = (await disk.stat(folder)) === undefined
    await prepareRepositoryFolder(disk, folder)
    if (isNew) for (const directory of [shard, this.#directory]) await disk.syncDirectory(directory)
  }

  async isHere(id: RepositoryId): Promise<boolean> {
    if (this.#made.has(id)) return true
    return (await this.#components.disk.stat(join(this.folder(id), 'HEAD'))) !== undefined
  }

  async refs(id: RepositoryId): Promise<Map<RefName, ObjectId>> {
    return new Map([...(await this.knownRefs(id))].map(([ref, { object }]) => [ref, object]))
  }

  async knownRefs(id: RepositoryId): Promise<KnownRefs> {
    const known = this.#refs.get(id)
    if (known) return known
    if (!(await this.isHere(id))) return new Map()
    await this.ensure(id)
    const words = ['for-each-ref', '--format=%(objectname) %(refname)%00%(*objectname)', 'refs/heads', 'refs/tags']
    const { output } = await this.run(id, words)
    const refs = new Map<RefName, KnownRef>()
    for (const line of output.toString('utf8').split('\n')) {
      const object = line.slice(0, 40)
      const [ref = '', peeled = ''] = line.slice(41).split('\0')
      if (isObjectId(object) && ref !== '') refs.set(ref, isObjectId(peeled) ? { object, peeled } : { object })
    }
    return refs
  }

  async applyRefs(id: RepositoryId, wanted: ReadonlyMap<RefName, ObjectId>): Promise<void> {
    const known = this.#refs.get(id)
    if (known && isSame(known, wanted)) return
    await this.locks.hold(id, () => this.applyRefsHeld(id, wanted))
  }

  /** As `applyRefs`, for whoever holds the lock. */
  async applyRefsHeld(id: RepositoryId, wanted: ReadonlyMap<RefName, ObjectId>): Promise<void> {
    await this.ensure(id)
    const known = await this.knownRefs(id)
    // Nobody changes them while the lock is held: from now on they are known.
    this.#refs.set(id, known)
    if (isSame(known, wanted)) return
    const missing = new Set(await this.missing(id, [...new Set(wanted.values())]))
    const keeps: string[] = []
    const removals: string[] = []
    const updates: string[] = []
    const next = new Map(known)
    for (const [ref, { object }] of known) {
      const target = wanted.get(ref)
      if (target === object || (target !== undefined && missing.has(target))) continue
      keeps.push(`update ${KEPT}/${object} ${object}`)
      if (target !== undefined) continue
      removals.push(`delete ${ref} ${object}`)
      next.delete(ref)
    }
    for (const [ref, object] of wanted) {
      if (known.get(ref)?.object === object || missing.has(object) || !isVisibleRef(ref)) continue
      updates.push(`update ${ref} ${object}`)
      next.set(ref, { object })
    }
    if (removals.length + updates.length === 0) return
    this.#refs.forget(id)
    // A branch that goes can stand in the way of one that comes (`feature` and `feature/x`): git wants two steps.
    if (removals.length > 0) await this.changeRefs(id, [...keeps, ...removals])
    const rest = removals.length > 0 ? updates : [...keeps, ...updates]
    if (rest.length > 0) await this.changeRefs(id, rest)
    // What a new tag stands for is asked of git when somebody wants to know.
    if (!updates.some((line) => line.startsWith('update refs/tags/'))) this.#refs.set(id, next)
  }

  /** What a push has changed and the ref log has taken. For whoever holds the lock. */
  notePushedHeld(id: RepositoryId, changes: readonly RefChange[]): void {
    const known = this.#refs.get(id)
    // What a new tag stands for is asked of git when somebody wants to know.
    if (known && !changes.some(({ ref }) => ref.startsWith('refs/tags/'))) {
      const refs = new Map(known)
      for (const { ref, new: now } of changes)
        if (now === undefined) refs.delete(ref)
        else refs.set(ref, { object: now })
      this.#refs.set(id, refs)
    } else this.#refs.forget(id)
    this.#tell(id)
  }

  /** Refs may be others than we believe: git failed, or was ended in the middle of something. */
  forgetRefs(id: RepositoryId): void {
    this.#refs.forget(id)
  }

  /** Called after a push or a fetch brought something. */
  onChange(listener: (id: RepositoryId) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(id: RepositoryId): void {
    for (const listener of [...this.#listeners]) listener(id)
  }

  /** What its packs take on the disk. */
  size(id: RepositoryId): Promise<{ bytes: number; packs: number }> {
    return packedBytes(this.#components.disk, this.folder(id))
  }

  freeBytes(): Promise<number> {
    return this.#components.disk.freeBytes(this.#directory)
  }

  /** New packs keep their names through a power cut. */
  syncPacks(id: RepositoryId): Promise<void> {
    return this.#components.disk.syncDirectory(join(this.folder(id), 'objects', 'pack'))
  }

  /**
   * Looks at all that a push brought, once. For whoever holds the lock.
   *
   * @param before branches and tags as they were before the push
   * @returns what is wrong, in words
   */
  async surveyHeld(id: RepositoryId, changes: readonly RefChange[], before: KnownRefs): Promise<string | undefined> {
    this.#pushed.delete(id)
    const tips = changes.flatMap(({ new: now }) => (now === undefined ? [] : [now]))
    if (tips.length === 0) return undefined
    const [only] = changes
    const single = changes.length === 1 && only?.ref.startsWith('refs/heads/') ? only : undefined
    const known = single?.old ? [single.old] : [...new Set([...before.values()].map(({ object }) => object))]
    const words = ['--git-dir', this.folder(id), ...SURVEY_WORDS, '--ignore-missing', '--stdin', ...SURVEY_PATHS]
    const { program, done } = await this.#components.git.start(words)
    try {
      program.input.end([...tips, ...known.map((object) => `^${object}`), ''].join('\n'))
      const survey = await readSurvey(program.output as AsyncIterable<Buffer>)
      const { code, errors } = await program.ended
      // Exit code 128: a tag that names no commit has no files to look at in this way; trees and blobs were checked by git.
      if (code !== 0 && code !== 128) throw new JoineryError('GIT_FAILED', `log ended with ${code}: ${errors.trim()}`)
      if (single && code === 0)
        this.#pushed.set(id, { tip: tips[0] ?? '', old: single.old, known: keyOf(known), ...survey })
      const fault = await faultOfModules(this, id, survey.modules)
      if (fault === undefined) this.objects.note(id, tips)
      return fault
    } finally {
      done()
    }
  }

  /** Takes back what receive-pack has just done; the objects stay until they are tidied away. For whoever holds the lock. */
  async revertHeld(id: RepositoryId, changes: readonly RefChange[]): Promise<void> {
    const lines = changes.map(({ ref, old, new: now }) => {
      if (old === undefined) return `delete ${ref} ${now ?? ''}`.trimEnd()
      return `update ${ref} ${old} ${now ?? NO_OBJECT}`
    })
    this.#refs.forget(id)
    this.waste.add(id)
    this.objects.forget(id)
    await this.changeRefs(id, lines)
    this.#tell(id)
  }

  async missing(id: RepositoryId, objects: readonly ObjectId[]): Promise<ObjectId[]> {
    if (objects.length === 0) return []
    if (!(await this.isHere(id))) return [...objects]
    const tips = new Set([...(this.#refs.get(id)?.values() ?? [])].map(({ object }) => object))
    const asked = objects.filter((object) => !tips.has(object) && !this.objects.has(id, object))
    if (asked.length === 0) return []
    const words = ['cat-file', '--batch-check=%(objectname) %(objecttype)']
    const { output } = await this.run(id, words, `${asked.join('\n')}\n`)
    const missing: ObjectId[] = []
    for (const line of output.toString('utf8').split('\n')) {
      const [object = '', type] = line.split(' ')
      if (type === 'missing' && isObjectId(object)) missing.push(object)
    }
    return missing
  }

  async isAncestor(id: RepositoryId, older: ObjectId, newer: ObjectId): Promise<boolean> {
    const pushed = this.#pushed.get(id)
    if (pushed?.whole && pushed.tip === newer && pushed.old === older)
      return pushed.commits.length === 0 ? false : pushed.parents.has(older)
    // Exit code 128: one of them is no commit (a tag of a tree) and has no ancestors.
    const { code } = await this.run(id, ['merge-base', '--is-ancestor', older, newer], undefined, [1, 128])
    return code === 0
  }

  async newCommits(id: RepositoryId, tip: ObjectId, known: readonly ObjectId[], most: number): Promise<ObjectId[]> {
    const pushed = this.#pushed.get(id)
    if (pushed?.tip === tip && pushed.known === keyOf(known) && (pushed.whole || most < pushed.commits.length))
      return pushed.commits.filter((commit) => commit !== tip).slice(0, most)
    const words = ['rev-list', '--ignore-missing', `--max-count=${most + 1}`, '--stdin']
    const input = [tip, ...known.map((object) => `^${object}`), ''].join('\n')
    const { output } = await this.run(id, words, input)
    return output
      .toString('utf8')
      .split('\n')
      .filter((line) => isObjectId(line) && line !== tip)
      .slice(0, most)
  }

  async keep(id: RepositoryId, objects: readonly ObjectId[]): Promise<void> {
    const missing = new Set(await this.missing(id, objects))
    const here = objects.filter((object) => isObjectId(object) && !missing.has(object))
    if (here.length === 0) return
    const lines = here.map((object) => `update ${KEPT}/${object} ${object}`)
    await this.locks.hold(id, () => this.changeRefs(id, lines))
  }

  async serve(id: RepositoryId, channel: ByteChannel, signal: AbortSignal): Promise<void> {
    if (!(await this.isHere(id))) throw new JoineryError('NOT_FOUND', 'that repository is not on this device')
    await serveObjects(this.#components.git, this.folder(id), channel, signal)
  }

  async fetch(
    id: RepositoryId,
    objects: readonly ObjectId[],
    channel: ByteChannel,
    signal: AbortSignal
  ): Promise<void> {
    if (!objects.every(isObjectId)) throw new JoineryError('MALFORMED', 'not the ids of objects')
    await this.ensure(id)
    await this.uses.during(id, async () => {
      const specs = objects.map((object) => `+${object}:${KEPT}/${object}`)
      await fetchObjects(this.#components.git, this.folder(id), specs, channel, signal)
      await this.syncPacks(id)
    })
    this.objects.note(id, objects)
    this.#tell(id)
  }

  async remove(id: RepositoryId): Promise<void> {
    await this.locks.hold(id, async () => {
      this.#made.delete(id)
      this.#refs.forget(id)
      this.#pushed.delete(id)
      this.waste.delete(id)
      this.objects.forget(id)
      await this.#components.disk.remove(this.folder(id))
    })
  }

  run(
    id: RepositoryId,
    words: readonly string[],
    input?: string,
    answers?: readonly number[]
  ): ReturnType<GitProgram['run']> {
    return this.#components.git.run(['--git-dir', this.folder(id), ...words], {
      ...(input === undefined ? {} : { input }),
      ...(answers === undefined ? {} : { answers })
    })
  }

  /** The beginning of what a command prints. */
  async runCut(
    id: RepositoryId,
    words: readonly string[],
    mostBytes: number
  ): Promise<{ bytes: Buffer; cut: boolean }> {
    const { program, done } = await this.#components.git.start(['--git-dir', this.folder(id), ...words])
    try {
      program.input.end()
      const spans: Buffer[] = []
      let bytes = 0
      for await (const span of program.output as AsyncIterable<Buffer>) {
        spans.push(span)
        bytes += span.length
        if (bytes > mostBytes) return { bytes: Buffer.concat(spans, mostBytes), cut: true }
      }
      const { code, errors } = await program.ended
      if (code !== 0) throw new JoineryError('GIT_FAILED', `git ${words[0]} ended with ${code}: ${errors.trim()}`)
      return { bytes: Buffer.concat(spans, bytes), cut: false }
    } finally {
      done()
    }
  }

  /** All of them or none, in the words of `update-ref`. For whoever holds the lock. */
  async changeRefs(id: RepositoryId, lines: readonly string[]): Promise<void> {
    const input = ['start', ...lines, 'prepare', 'commit', ''].join('\n')
    try {
      await this.run(id, ['update-ref', '--stdin'], input)
    } catch (error) {
      // Perhaps what it was to name is not there.
      this.objects.forget(id)
      throw error
    }
  }
}
