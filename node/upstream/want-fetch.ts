/**
 * One run: for each want look up what it takes, fetch what the room lacks of it, and import all that is whole in one version of each collection.
 * What cannot be had says why; nothing else suffers from it.
 */
import type { BlobReader, ContentIndex, ImportSource } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { Want } from '../../protocols/wants.ts'
import type { Disk } from '../platform/disk.ts'
import type { Downloads, FetchedFile, WantedFile } from './downloads.ts'
import './errors.ts'
import { isPassing } from './fetch-plan.ts'
import { MAX_FILE_BYTES, MAX_RUN_BYTES, MAX_RUN_WANTS, MAX_WANT_BYTES, MAX_WANT_FILES } from './limits.ts'
import { requirementsOf } from './python/package-metadata.ts'
import { sourceNeeds, wheelNeeds } from './python/package-needs.ts'
import { pythonClosure } from './python/python-closure.ts'
import type { PythonIndex } from './python/python-index.ts'
import { type PythonTarget, targetKey } from './python/python-target.ts'
import type { Requirement } from './python/requirement.ts'
import type { IndexFile } from './python/simple-index.ts'
import { rClosure } from './r/r-closure.ts'
import type { RNeed, RRecord } from './r/r-index.ts'
import type { RRepository } from './r/r-repository.ts'
import { pythonInRoom, rInRoom } from './room-packages.ts'
import { type WantTarget, wantTarget } from './want-target.ts'

export interface WantFetchComponents {
  python: Pick<PythonIndex, 'files' | 'metadata'>
  r: Pick<RRepository, 'list' | 'address' | 'fileName'>
  downloads: Pick<Downloads, 'fetch' | 'drop'>
  disk: Disk
  content: ContentIndex
  blobs: Pick<BlobReader, 'bytes'>
  /** What this device still takes, by its quota; undefined: as much as there is disk. */
  freeBytes(): Promise<number | undefined>
  /**
   * Imports the folders into one version of the collection.
   *
   * @returns what was not taken
   */
  importInto(collection: string, folders: readonly string[], signal: AbortSignal): Promise<RefusedFile[]>
}

export interface RefusedFile {
  /** Ends in the path inside the collection. */
  path: string
  code: string
  text: string
}

export interface WantFetchOptions {
  /** Looks up and fetches nothing. */
  dryRun: boolean
  /** For wants that do not say for which Python. */
  pythons: readonly PythonTarget[]
  signal: AbortSignal
  /** Called as bytes come. */
  progress(progress: { want: Want; doneBytes: number; files: number }): void
}

/** `here`: the room has it · `planned`: of a dry run · `fetched` · `elsewhere`: another device is at it · `failed`: see `code` */
export interface WantOutcome {
  want: Want
  state: 'here' | 'planned' | 'fetched' | 'elsewhere' | 'failed'
  /** Paths in the collection's folder. */
  files: string[]
  /** Of the files, as far as it is known. */
  bytes: number
  code?: string
  /** For a person beside the device. */
  text?: string
}

/** These end the run: the next want would fare no better. */
const ENDS_RUN = ['UPSTREAM_UNREACHABLE', 'UPSTREAM_TOO_SLOW', 'WANT_BUDGET_SPENT', 'WANT_DISK_FULL']

interface Planned {
  collection: 'pypi' | 'cran'
  fileName: string
  wanted: WantedFile
  yanked?: string
}

export class WantFetch {
  readonly #components: WantFetchComponents
  readonly #options: WantFetchOptions
  /** By collection and path: two wants may need one file. */
  readonly #fetched = new Map<string, FetchedFile>()
  #bytes = 0

  constructor(components: WantFetchComponents, options: WantFetchOptions) {
    this.#components = components
    this.#options = options
  }

  /** @throws what the signal was aborted with */
  async run(wants: readonly Want[]): Promise<WantOutcome[]> {
    const outcomes: WantOutcome[] = []
    let ending: JoineryError | undefined
    for (const want of wants.slice(0, MAX_RUN_WANTS)) {
      this.#options.signal.throwIfAborted()
      try {
        if (ending) throw ending
        outcomes.push(await this.#one(want))
      } catch (error) {
        this.#options.signal.throwIfAborted()
        if (!(error instanceof JoineryError)) throw error
        if (ENDS_RUN.includes(error.code)) ending = error
        outcomes.push({ want, state: 'failed', files: [], bytes: 0, code: error.code, text: error.message })
      }
    }
    if (!this.#options.dryRun) await this.#import(outcomes)
    return outcomes
  }

  async #one(want: Want): Promise<WantOutcome> {
    const about = wantTarget(want)
    const job = new WantJob(want)
    const planned = about.kind === 'python' ? await this.#planPython(about, job) : await this.#planR(about)
    const known = planned.reduce((sum, { wanted }) => sum + (wanted.sizeBytes ?? 0), 0)
    if (planned.length > MAX_WANT_FILES || known > MAX_WANT_BYTES)
      throw new JoineryError('WANT_TOO_LARGE', `it takes ${planned.length} files with ${Math.ceil(known / 1e6)} MB`)
    const files = planned.map(({ wanted }) => wanted.path)
    if (planned.length === 0) return { want, state: 'here', files, bytes: 0 }
    if (this.#options.dryRun) return { want, state: 'planned', files, bytes: known }
    await this.#checkQuota(known)
    for (const one of planned) await this.#fetch(one, job)
    return { want, state: 'fetched', files, bytes: job.bytes }
  }

  async #planPython({ project, target }: WantTarget & { kind: 'python' }, job: WantJob): Promise<Planned[]> {
    const targets = target ? [target] : this.#options.pythons
    if (targets.length === 0) throw new JoineryError('WANT_TARGET_UNKNOWN', 'for which Python it is was not said')
    const files = new Map<string, IndexFile>()
    const seen = new Set<string>()
    for (const one of targets) {
      if (seen.has(targetKey(one))) continue
      seen.add(targetKey(one))
      for (const file of await this.#closure(project, one, job)) files.set(file.fileName, file)
    }
    return [...files.values()].map(plannedPython)
  }

  #closure(project: string, target: PythonTarget, job: WantJob): Promise<IndexFile[]> {
    const { python, content, blobs } = this.#components
    const { signal } = this.#options
    const root: Requirement = { project, extras: [], specifiers: [], hasAddress: false }
    return pythonClosure(
      {
        inRoom: (name) => pythonInRoom(content, blobs, name, signal),
        atIndex: (name) => python.files(name, signal),
        needsOf: (file) => this.#needsOf(file, job)
      },
      [root],
      target
    )
  }

  async #needsOf(file: IndexFile, job: WantJob): Promise<readonly Requirement[]> {
    const { disk, python } = this.#components
    if (file.kind === 'wheel') {
      const metadata = await python.metadata(file, this.#options.signal)
      if (metadata) return requirementsOf(metadata)
    }
    // Only the file itself says it; a dry run does not know.
    if (this.#options.dryRun) return []
    const fetched = await this.#fetch(plannedPython(file), job)
    return await withSource(disk, fetched, file.fileName, file.kind === 'wheel' ? wheelNeeds : sourceNeeds)
  }

  async #planR({ packageName, folder, rVersion }: WantTarget & { kind: 'r' }): Promise<Planned[]> {
    const { content, r } = this.#components
    const atIndex = await r.list(folder, this.#options.signal)
    if (!atIndex) throw new JoineryError('WANT_NO_FILE', `the repository has nothing in ${folder}`)
    const here = rInRoom(content, folder)
    const roots: RNeed[] =
      packageName === undefined
        ? // As many as the room has for other systems: that is what the class works with.
          [...rInRoom(content, 'src/contrib').keys()]
            .filter((name) => atIndex.has(name))
            .map((name) => ({ packageName: name }))
        : [{ packageName }]
    if (roots.length === 0) throw new JoineryError('WANT_TARGET_UNKNOWN', 'R did not say which packages')
    const records = rClosure(
      { inRoom: (name) => here.get(name) ?? [], atIndex, ...(rVersion === undefined ? {} : { rVersion }) },
      roots
    )
    return records.map((record) => this.#plannedR(folder, record))
  }

  #plannedR(folder: string, record: RRecord): Planned {
    const { r } = this.#components
    const fileName = r.fileName(folder, record)
    const wanted: WantedFile = { address: r.address(folder, record), path: `${folder}/${fileName}` }
    if (record.md5 !== undefined) wanted.digest = { kind: 'md5', hex: record.md5 }
    return { collection: 'cran', fileName, wanted }
  }

  async #fetch({ collection, fileName, wanted, yanked }: Planned, job: WantJob): Promise<FetchedFile> {
    const key = `${collection}/${wanted.path}`
    const known = this.#fetched.get(key)
    if (known) {
      job.add(key, known.sizeBytes)
      return known
    }
    if (job.bytes + (wanted.sizeBytes ?? 0) > MAX_WANT_BYTES || (wanted.sizeBytes ?? 0) > MAX_FILE_BYTES)
      throw new JoineryError('WANT_TOO_LARGE', `${fileName} is larger than what is fetched`)
    if (this.#bytes + (wanted.sizeBytes ?? 0) > MAX_RUN_BYTES)
      throw new JoineryError('WANT_TOO_LARGE', 'more than one run fetches was asked for')
    let came = 0
    const { downloads, disk } = this.#components
    const fetched = await downloads.fetch(wanted, this.#options.signal, (bytes) => {
      came += bytes
      this.#options.progress({ want: job.want, doneBytes: this.#bytes + came, files: this.#fetched.size })
    })
    this.#bytes += fetched.sizeBytes
    job.add(key, fetched.sizeBytes)
    if (yanked !== undefined) await writeReason(disk, `${fetched.file}.yanked`, yanked)
    this.#fetched.set(key, fetched)
    return fetched
  }

  async #checkQuota(neededBytes: number): Promise<void> {
    const freeBytes = await this.#components.freeBytes()
    if (freeBytes !== undefined && neededBytes > freeBytes)
      throw new JoineryError('WANT_DISK_FULL', 'this device has too little room')
  }

  /** Only of wants that are whole: half of what a package needs is of no use to anybody. */
  async #import(outcomes: WantOutcome[]): Promise<void> {
    const { signal } = this.#options
    for (const collection of ['pypi', 'cran'] as const) {
      const whole = outcomes.filter(({ want, state }) => state === 'fetched' && want.collection === collection)
      const paths = new Set(whole.flatMap(({ files }) => files))
      const files = [...paths].flatMap((path) => this.#fetched.get(`${collection}/${path}`) ?? [])
      if (files.length === 0) continue
      try {
        const folders = files.map(({ folder }) => folder)
        const refused = await this.#components.importInto(collection, folders, signal)
        for (const outcome of whole) {
          const bad = refused.find(({ path }) =>
            outcome.files.some((file) => path === file || path.endsWith(`/${file}`))
          )
          if (bad) Object.assign(outcome, { state: 'failed', code: bad.code, text: bad.text })
        }
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof JoineryError)) throw error
        const code = error.code === 'IMPORT_DISK_FULL' ? 'WANT_DISK_FULL' : error.code
        for (const outcome of whole) Object.assign(outcome, { state: 'failed', code, text: error.message })
        // The bytes are right, and the internet may be paid for by the byte: the next run finds them.
        if (isPassing(code)) continue
      }
      // What was refused is as useless the next time.
      for (const file of files) await this.#components.downloads.drop(file)
    }
  }
}

/** What one want has cost so far. */
class WantJob {
  readonly want: Want
  readonly #seen = new Set<string>()
  bytes = 0

  constructor(want: Want) {
    this.want = want
  }

  add(key: string, sizeBytes: number): void {
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.bytes += sizeBytes
    if (this.bytes > MAX_WANT_BYTES || this.#seen.size > MAX_WANT_FILES)
      throw new JoineryError('WANT_TOO_LARGE', 'with what it needs it is larger than what is fetched')
  }
}

function plannedPython(file: IndexFile): Planned {
  const { fileName, address, sha256, sizeBytes, yanked } = file
  return {
    ...{ collection: 'pypi', fileName },
    wanted: {
      ...{ address, path: fileName, digest: { kind: 'sha256', hex: sha256 } },
      ...(sizeBytes === undefined ? {} : { sizeBytes })
    },
    ...(yanked === undefined ? {} : { yanked })
  }
}

async function withSource<Result>(
  disk: Disk,
  { file, sizeBytes }: FetchedFile,
  name: string,
  read: (source: ImportSource) => Promise<Result>
): Promise<Result> {
  const open = await disk.open(file, 'read')
  try {
    return await read({
      path: name,
      sizeBytes,
      async read(position, length) {
        const bytes = new Uint8Array(Math.max(0, Math.min(length, sizeBytes - position)))
        let at = 0
        while (at < bytes.length) {
          const count = await open.read(bytes.subarray(at), position + at)
          if (count === 0) break
          at += count
        }
        return bytes.subarray(0, at)
      }
    })
  } finally {
    await open.close()
  }
}

async function writeReason(disk: Disk, path: string, reason: string): Promise<void> {
  const file = await disk.open(path, 'create')
  try {
    await file.write(Buffer.from(reason), 0)
  } finally {
    await file.close()
  }
}
