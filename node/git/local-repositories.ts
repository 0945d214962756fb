/**
 * The bare repositories of this device. Folders are named by random ids; what people see of refs (`refs/heads`, `refs/tags`) is put here
 * from the ref log, and whatever was ever a tip stays below `refs/mesh/kept`.
 */
import { join } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import type { ObjectId, RefChange, RefName, RepositoryId } from '../../protocols/git.ts'
import { isObjectId, isRepositoryId, isVisibleRef } from '../../protocols/git-names.ts'
import type { Disk } from '../platform/disk.ts'
import type { PipedProgram } from '../platform/piped-program.ts'
import type { GitProgram } from './git-program.ts'
import { RepositoryLocks } from './repository-locks.ts'

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

const KEPT = 'refs/mesh/kept'

export class DiskRepositories implements LocalRepositories {
  readonly locks = new RepositoryLocks()
  readonly #components: LocalRepositoriesComponents
  readonly #directory: string
  readonly #made = new Set<RepositoryId>()

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
    if (this.#made.has(id)) return
    const { disk, git } = this.#components
    const folder = this.folder(id)
    const shard = join(this.#directory, id.slice(0, 2))
    await disk.makeDirectory(shard)
    await git.run(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', folder])
    await disk.makeDirectory(join(folder, 'objects', 'pack'))
    for (const directory of [join(folder, 'objects', 'pack'), join(folder, 'objects'), folder, shard, this.#directory])
      await disk.syncDirectory(directory)
    this.#made.add(id)
  }

  async isHere(id: RepositoryId): Promise<boolean> {
    if (this.#made.has(id)) return true
    return (await this.#components.disk.stat(join(this.folder(id), 'HEAD'))) !== undefined
  }

  async refs(id: RepositoryId): Promise<Map<RefName, ObjectId>> {
    if (!(await this.isHere(id))) return new Map()
    const words = ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads', 'refs/tags']
    const { output } = await this.run(id, words)
    const refs = new Map<RefName, ObjectId>()
    for (const line of output.toString('utf8').split('\n')) {
      const [object = '', ref = ''] = [line.slice(0, 40), line.slice(41)]
      if (isObjectId(object) && ref !== '') refs.set(ref, object)
    }
    return refs
  }

  applyRefs(id: RepositoryId, wanted: ReadonlyMap<RefName, ObjectId>): Promise<void> {
    return this.locks.hold(id, () => this.applyRefsHeld(id, wanted))
  }

  /** As `applyRefs`, for whoever holds the lock. */
  async applyRefsHeld(id: RepositoryId, wanted: ReadonlyMap<RefName, ObjectId>): Promise<void> {
    await this.ensure(id)
    const here = await this.refs(id)
    const missing = new Set(await this.missing(id, [...new Set(wanted.values())]))
    const removals: string[] = []
    const updates: string[] = []
    for (const [ref, object] of here) {
      const target = wanted.get(ref)
      if (target === object) continue
      updates.push(`update ${KEPT}/${object} ${object}`)
      if (target === undefined) removals.push(`delete ${ref} ${object}`)
    }
    for (const [ref, object] of wanted) {
      if (here.get(ref) === object || missing.has(object) || !isVisibleRef(ref)) continue
      updates.push(`update ${ref} ${object}`)
    }
    // A branch that goes can stand in the way of one that comes (`feature` and `feature/x`): git wants two steps.
    if (removals.length > 0)
      await this.#transaction(id, [...updates.filter((line) => line.includes(KEPT)), ...removals])
    const rest = removals.length > 0 ? updates.filter((line) => !line.includes(KEPT)) : updates
    if (rest.length > 0) await this.#transaction(id, rest)
  }

  /** Takes back what receive-pack has just done; the objects stay until they are tidied away. For whoever holds the lock. */
  async revertHeld(id: RepositoryId, changes: readonly RefChange[]): Promise<void> {
    const lines = changes.map(({ ref, old, new: now }) => {
      if (old === undefined) return `delete ${ref} ${now ?? ''}`.trimEnd()
      return `update ${ref} ${old} ${now ?? '0'.repeat(40)}`
    })
    await this.#transaction(id, lines)
  }

  async missing(id: RepositoryId, objects: readonly ObjectId[]): Promise<ObjectId[]> {
    if (objects.length === 0) return []
    if (!(await this.isHere(id))) return [...objects]
    const { output } = await this.run(
      id,
      ['cat-file', '--batch-check=%(objectname) %(objecttype)'],
      `${objects.join('\n')}\n`
    )
    const missing: ObjectId[] = []
    for (const line of output.toString('utf8').split('\n')) {
      const [object = '', type] = line.split(' ')
      if (type === 'missing' && isObjectId(object)) missing.push(object)
    }
    return missing
  }

  async isAncestor(id: RepositoryId, older: ObjectId, newer: ObjectId): Promise<boolean> {
    // Exit code 128: one of them is no commit (a tag of a tree) and has no ancestors.
    const { code } = await this.run(id, ['merge-base', '--is-ancestor', older, newer], undefined, [1, 128])
    return code === 0
  }

  async newCommits(id: RepositoryId, tip: ObjectId, known: readonly ObjectId[], most: number): Promise<ObjectId[]> {
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
    await this.locks.hold(id, () =>
      this.#transaction(
        id,
        here.map((object) => `update ${KEPT}/${object} ${object}`)
      )
    )
  }

  async serve(id: RepositoryId, channel: ByteChannel, signal: AbortSignal): Promise<void> {
    if (!(await this.isHere(id))) throw new JoineryError('NOT_FOUND', 'that repository is not on this device')
    const words = ['-c', 'transfer.hideRefs=!refs/mesh', 'upload-pack', '--strict', '--timeout=60', this.folder(id)]
    const { program, done } = await this.#components.git.start(words, {
      signal,
      serving: true,
      forPeer: true,
      protocol: 'version=2'
    })
    try {
      const { input, output } = program
      const incoming = (async () => {
        for await (const bytes of channel.read()) if (!input.write(bytes)) await drained(input)
        input.end()
      })()
      incoming.catch(() => program.kill())
      for await (const bytes of output as AsyncIterable<Buffer>) await channel.write(bytes)
      await channel.end()
      await program.ended
    } finally {
      done()
    }
  }

  async fetch(
    id: RepositoryId,
    objects: readonly ObjectId[],
    channel: ByteChannel,
    signal: AbortSignal
  ): Promise<void> {
    if (!objects.every(isObjectId)) throw new JoineryError('MALFORMED', 'not the ids of objects')
    await this.ensure(id)
    const specs = objects.map((object) => `+${object}:${KEPT}/${object}`)
    const fixed = ['--git-dir', this.folder(id), '-c', 'protocol.version=2']
    const words = [...fixed, 'fetch', '--quiet', '--atomic', '--no-tags', '--no-write-fetch-head', 'fd::3', ...specs]
    const { program, done } = await this.#components.git.start(words, { signal, serving: true, overChannel: true })
    try {
      program.input.end()
      program.output.resume()
      await pump(program, channel)
      const { code, errors } = await program.ended
      signal.throwIfAborted()
      if (code !== 0) throw new JoineryError('GIT_FAILED', `fetching ended with ${code}: ${errors.trim()}`)
      await this.#components.disk.syncDirectory(join(this.folder(id), 'objects', 'pack'))
    } finally {
      done()
    }
  }

  async remove(id: RepositoryId): Promise<void> {
    await this.locks.hold(id, async () => {
      this.#made.delete(id)
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

  async #transaction(id: RepositoryId, lines: readonly string[]): Promise<void> {
    const input = ['start', ...lines, 'prepare', 'commit', ''].join('\n')
    await this.run(id, ['update-ref', '--stdin'], input)
  }
}

/** Both ways between descriptor 3 of a git and a peer, until the git has ended. */
async function pump(program: PipedProgram, channel: ByteChannel): Promise<void> {
  const { channel: socket } = program
  if (!socket) throw new JoineryError('INTERNAL', 'a fetch without its channel')
  const incoming = (async () => {
    for await (const bytes of channel.read()) if (!socket.write(bytes)) await drained(socket)
    socket.end()
  })()
  // A peer that breaks off ends the fetch; git leaves nothing behind then.
  incoming.catch(() => program.kill())
  // The default would destroy the socket with our reading loop, and git's last bytes with it.
  const outgoing = socket as unknown as { iterator(options: { destroyOnReturn: boolean }): AsyncIterable<Buffer> }
  for await (const bytes of outgoing.iterator({ destroyOnReturn: false })) await channel.write(bytes)
  await channel.end()
}

export function drained(stream: NodeJS.WritableStream & { destroyed?: boolean }): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      stream.removeListener('drain', go)
      stream.removeListener('close', go)
      stream.removeListener('error', go)
      resolve()
    }
    if (stream.destroyed) {
      resolve()
      return
    }
    stream.on('drain', go)
    stream.on('close', go)
    stream.on('error', go)
  })
}
