/**
 * One device's git host behind the real front door, with a directory of its own in place of what devices agree on: its ref log is one file that is synced
 * at each entry. `npx node git-local-host.ts FOLDER [crash STEP]` runs it as a program; the fault tests end it, the bench measures it.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  DiskRepositories,
  findGit,
  LocalService,
  RepositoryMaintenance,
  RepositoryReading
} from '../../node/git/index.ts'
import type { GitHost } from '../../node/http/git-route.ts'
import '../../node/people/errors.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { systemRandom } from '../../node/platform/random.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type {
  GitService,
  ObjectId,
  PushRecorder,
  RefChange,
  RefName,
  Repository,
  RepositoryDirectory,
  RepositoryId
} from '../../protocols/git.ts'
import type { Person } from '../../protocols/people.ts'
import { startFrontDoor } from '../browser/front-door-kit.ts'
import { sampleRoom } from '../browser/sample-room.ts'

/** Their code is `code-NAME`. */
export const PEOPLE: readonly Person[] = ['ana', 'ben', 'eve'].map((name) => ({
  id: Buffer.from(name.padEnd(16, '.')).toString('hex'),
  name,
  shownName: name,
  role: 'learner'
}))

type Line = { made: Repository } | { id: RepositoryId; changes: RefChange[] }

class FileDirectory implements RepositoryDirectory, PushRecorder {
  readonly #repositories = new Map<RepositoryId, Repository>()
  readonly #refs = new Map<RepositoryId, Map<RefName, ObjectId>>()
  readonly #file: number
  /** Called before an entry is written. */
  beforeRecord: (changes: readonly RefChange[]) => string[] | Promise<string[]> = () => []
  afterRecord: () => void = () => undefined

  constructor(path: string) {
    if (existsSync(path)) {
      for (const line of readFileSync(path, 'utf8').split('\n')) {
        // The last one may have been torn.
        if (line.endsWith('}')) this.#apply(JSON.parse(line) as Line)
      }
    }
    this.#file = openSync(path, 'a')
    fsyncSync(this.#file)
    const folder = openSync(join(path, '..'), 'r')
    fsyncSync(folder)
    closeSync(folder)
  }

  close(): void {
    closeSync(this.#file)
  }

  #write(line: Line): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`)
    fsyncSync(this.#file)
    this.#apply(line)
  }

  #apply(line: Line): void {
    if ('made' in line) {
      this.#repositories.set(line.made.id, line.made)
      this.#refs.set(line.made.id, new Map())
      return
    }
    const refs = this.#refs.get(line.id)
    for (const { ref, new: now } of line.changes)
      if (now === undefined) refs?.delete(ref)
      else refs?.set(ref, now)
  }

  async record(id: RepositoryId, changes: readonly RefChange[]): Promise<string[]> {
    const lines = await this.beforeRecord(changes)
    this.#write({ id, changes: [...changes] })
    this.afterRecord()
    return lines
  }

  /** As if they had been pushed before. */
  addRefs(id: RepositoryId, refs: ReadonlyMap<RefName, ObjectId>): void {
    this.#write({ id, changes: [...refs].map(([ref, now]) => ({ ref, old: undefined, new: now })) })
  }

  repository = (id: RepositoryId): Repository | undefined => this.#repositories.get(id)
  all = (): Repository[] => [...this.#repositories.values()]
  find = (owner: string, name: string): Repository | undefined =>
    this.all().find((one) => one.owner === owner && one.name === name)
  ofOwner = (owner: string): Repository[] => this.all().filter((one) => one.owner === owner)
  refs = (id: RepositoryId): ReadonlyMap<RefName, ObjectId> => this.#refs.get(id) ?? new Map()
  onChange = () => () => undefined
  remove = (): Promise<void> => Promise.reject(new JoineryError('BAD_REQUEST', 'not here'))
  setCollaborator = (): Promise<void> => Promise.reject(new JoineryError('BAD_REQUEST', 'not here'))

  create(owner: string, name: string): Promise<Repository> {
    const id = Buffer.from(systemRandom.bytes(16)).toString('hex')
    const ben = PEOPLE[1]?.id ?? ''
    this.#write({ made: { id, owner, name, collaborators: [ben] } })
    const made = this.#repositories.get(id)
    if (!made) throw new Error('not made')
    return Promise.resolve(made)
  }
}

export interface GitLocalHost {
  port: number
  directory: FileDirectory
  repositories: DiskRepositories
  reading: RepositoryReading
  maintenance: RepositoryMaintenance
  service: GitService
  /** What the ref log says that it needs no longer. */
  spent: Set<ObjectId>
  /** An empty repository of ana's, to which ben may push. */
  make(name: string): Promise<Repository>
  /** With a name and a code in it when somebody is named. */
  address(name: string, person?: string): string
  stop(): Promise<void>
}

export async function startGitHost(folder: string): Promise<GitLocalHost> {
  const git = await findGit(systemClock)
  const directory = join(folder, 'git')
  mkdirSync(directory, { recursive: true })
  const repositories = new DiskRepositories({ git, disk: nodeDisk }, { directory })
  const log = new FileDirectory(join(folder, 'log'))
  const besides = (id: RepositoryId): RepositoryId[] =>
    log.all().flatMap((one) => (one.id !== id && one.owner === log.repository(id)?.owner ? [one.id] : []))
  const components = { git, disk: nodeDisk, clock: systemClock, repositories, recorder: log, besides }
  const local = new LocalService(components)
  const spent = new Set<ObjectId>()
  const maintenance = new RepositoryMaintenance({
    ...{ git, clock: systemClock, repositories },
    spentOf: () => (object) => spent.has(object)
  })
  for (const { id } of log.all()) await repositories.applyRefs(id, log.refs(id))
  const service: GitService = {
    async answer(id, request, signal) {
      await repositories.applyRefs(id, log.refs(id))
      return await local.answer(id, request, signal)
    }
  }
  const host: GitHost = {
    directory: log,
    service,
    people: {
      person: (id) => PEOPLE.find((one) => one.id === id),
      named: (name) => PEOPLE.find((one) => one.name === name.toLowerCase()),
      list: () => [...PEOPLE],
      onChange: () => () => undefined,
      withCodeOrToken: (name, password) => {
        const person = PEOPLE.find((one) => one.name === name)
        if (person && password === `code-${name}`) return Promise.resolve(person)
        return Promise.reject(new JoineryError('SIGN_IN_FAILED', 'wrong'))
      }
    }
  }
  const { frontDoor, port } = await startFrontDoor(sampleRoom, {
    git: { current: () => host },
    init: { limits: { connectionsPerAddress: 500 } }
  })
  const ana = PEOPLE[0]?.id ?? ''
  return {
    ...{ port, directory: log, repositories, maintenance, service, spent },
    reading: new RepositoryReading(repositories),
    make: (name) => log.create(ana, name),
    address: (name, person) =>
      `http://${person === undefined ? '' : `${person}:code-${person}@`}127.0.0.1:${port}/ana/${name}.git`,
    async stop() {
      await maintenance.stop()
      await frontDoor.stop()
      log.close()
    }
  }
}

const [, program, folder, crash, step] = process.argv
if (program === import.meta.filename && folder) {
  const host = await startGitHost(folder)
  // The clock's timers do not keep a process alive.
  setInterval(() => undefined, 1000)
  if (host.directory.all().length === 0) for (let at = 0; at < 40; at++) await host.make(`r${at}`)
  const die = (): never => {
    process.kill(process.pid, 'SIGKILL')
    throw new Error('unreachable')
  }
  if (crash === 'crash' && step === 'before') host.directory.beforeRecord = die
  if (crash === 'crash' && step === 'after') host.directory.afterRecord = die
  writeSync(1, `port ${host.port}\n`)
}
