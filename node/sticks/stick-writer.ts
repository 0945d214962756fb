/**
 * Writes one system's folder: looks what is there already, then writes what is missing, each file verified by its hash on the way to the disk and named
 * only when it is whole. What was interrupted is resumed, also inside of a big file. Files that we wrote earlier and that are gone from the room go too;
 * what others put beside them stays.
 */
import { dirname, join } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import type { LearnerSystem, StickBytes, StickBytesRequest, StickEntry, StickItem } from '../../protocols/stick.ts'
import type { Disk, DiskFile } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import { type Hasher, sha256Hasher } from '../platform/hash.ts'
import './errors.ts'
import {
  CLUSTER_BYTES,
  FILES_AT_ONCE,
  MAX_FAT_FILE_BYTES,
  MAX_LIST_BYTES,
  RESERVE_BYTES,
  SPAN_BYTES
} from './limits.ts'
import { formatStickList, LIST_NAME, parseStickList, type StickList } from './stick-list.ts'
import { foldedName } from './stick-names.ts'

export interface StickDevice {
  stickItems(options: { system: LearnerSystem }, signal?: AbortSignal): AsyncIterable<StickItem>
  stickBytes(options: StickBytesRequest, signal?: AbortSignal): AsyncIterable<StickBytes>
}

export interface StickWriterInit {
  /** Absolute; made when it is not there. */
  folder: string
  system: LearnerSystem
  /** Reads every file that is there instead of believing the list. */
  check?: boolean
}

export interface StickSurvey {
  edition: string
  files: number
  bytes: number
  toWrite: readonly StickEntry[]
  bytesToWrite: number
  /** With what a file system of sticks adds to it. */
  bytesNeeded: number
  /** Whole already: path → hash. */
  present: Map<string, string>
  /** Written by us for an earlier edition. */
  stale: readonly string[]
  leftOut: readonly { path: string; why: string }[]
  /** Larger than FAT32 takes; exFAT does. */
  tooBigForFat: readonly string[]
}

const PART = '.part'

export class StickWriter {
  readonly #disk: Disk
  readonly #device: StickDevice
  readonly #init: StickWriterInit

  constructor({ disk, device }: { disk: Disk; device: StickDevice }, init: StickWriterInit) {
    this.#disk = disk
    this.#device = device
    this.#init = init
  }

  /** @throws JoineryError `STICK_FOLDER_UNWRITABLE`, and what the device throws */
  async survey(signal: AbortSignal, onFile?: (path: string) => void): Promise<StickSurvey> {
    const { system } = this.#init
    const known = await this.#list()
    let edition = ''
    const entries: StickEntry[] = []
    const leftOut: { path: string; why: string }[] = []
    for await (const item of this.#device.stickItems({ system }, signal)) {
      if (item.kind === 'edition') edition = item.edition
      else if (item.kind === 'entry') entries.push(item.entry)
      else leftOut.push({ path: item.path, why: item.why })
    }
    const present = new Map<string, string>()
    const toWrite: StickEntry[] = []
    for (const entry of entries) {
      signal.throwIfAborted()
      onFile?.(entry.path)
      const hash = await this.#presentHash(entry, known, edition, signal)
      if (hash === undefined) toWrite.push(entry)
      else present.set(entry.path, hash)
    }
    // As the stick compares them: what only changed its case is the same file there.
    const wanted = new Set(entries.map(({ path }) => foldedName(path)))
    return {
      ...{ edition, files: entries.length, present, toWrite, leftOut },
      bytes: sum(entries),
      bytesToWrite: sum(toWrite),
      bytesNeeded: sum(toWrite) + toWrite.length * CLUSTER_BYTES + (toWrite.length > 0 ? RESERVE_BYTES : 0),
      stale: [...known.hashes.keys()].filter((path) => !wanted.has(foldedName(path))),
      tooBigForFat: entries.filter(({ sizeBytes }) => sizeBytes > MAX_FAT_FILE_BYTES).map(({ path }) => path)
    }
  }

  /**
   * @throws JoineryError `STICK_FOLDER_UNWRITABLE`, `STICK_TOO_SMALL`, `STICK_FILE_BROKEN`, and what the device throws; what was whole by then stays, and is
   * found by the next run
   */
  async write(
    survey: StickSurvey,
    signal: AbortSignal,
    onStep: (step: { doneFiles: number; doneBytes: number; current: string }) => void
  ): Promise<void> {
    const hashes = new Map(survey.present)
    const waiting = [...survey.toWrite]
    let doneBytes = 0
    let doneFiles = 0
    const failed = new AbortController()
    const stop = AbortSignal.any([signal, failed.signal])
    const work = async (): Promise<void> => {
      for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
        const { path } = entry
        onStep({ doneFiles, doneBytes, current: path })
        const hash = await this.#writeFile(entry, stop, (bytes) => {
          doneBytes += bytes
          onStep({ doneFiles, doneBytes, current: path })
        })
        hashes.set(path, hash)
        doneFiles++
      }
    }
    await this.#guarded(() => this.#disk.makeDirectory(this.#init.folder))
    const workers = Array.from({ length: FILES_AT_ONCE }, () => work().catch((error: unknown) => failed.abort(error)))
    await Promise.all(workers)
    if (!stop.aborted) for (const path of survey.stale) await this.#disk.remove(this.#at(path))
    const kept = this.#keepList({ edition: survey.edition, hashes })
    // The first failure is the reason; that the list could not be written either adds nothing.
    if (stop.aborted) await kept.catch(() => undefined)
    stop.throwIfAborted()
    await kept
  }

  /** What is durable by now is listed, also after an interruption: the next run goes on quickly. */
  async #keepList(list: StickList): Promise<void> {
    if (list.hashes.size === 0) return
    const folders = new Set([...list.hashes.keys()].map((path) => dirname(this.#at(path))))
    await this.#guarded(async () => {
      for (const folder of folders) await this.#disk.syncDirectory(folder)
      await writeDurably(this.#disk, this.#at(LIST_NAME), Buffer.from(formatStickList(list)))
    })
  }

  async #list(): Promise<StickList> {
    try {
      const bytes = await readSmallFile(this.#disk, this.#at(LIST_NAME), MAX_LIST_BYTES)
      if (bytes) return parseStickList(Buffer.from(bytes).toString())
    } catch {
      // Unreadable or no list at all: then every file that is there is read, which finds out the same.
    }
    return { edition: '', hashes: new Map() }
  }

  async #presentHash(
    entry: StickEntry,
    known: StickList,
    edition: string,
    signal: AbortSignal
  ): Promise<string | undefined> {
    const listed = known.hashes.get(entry.path)
    const found = await this.#guarded(() => this.#disk.stat(this.#at(entry.path)))
    if (found?.kind !== 'file') return undefined
    if (entry.sha256 !== undefined) {
      if (found.sizeBytes !== entry.sizeBytes) return undefined
      if (listed === entry.sha256 && !this.#init.check) return listed
      return (await this.#hashOf(entry.path, signal)) === entry.sha256 ? entry.sha256 : undefined
    }
    // A page is made again for each edition; within one it is what the list says.
    if (listed === undefined || known.edition !== edition) return undefined
    return (await this.#hashOf(entry.path, signal)) === listed ? listed : undefined
  }

  async #writeFile(entry: StickEntry, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<string> {
    const part = this.#at(`${entry.path}${PART}`)
    return await this.#guarded(async () => {
      await this.#disk.makeDirectory(dirname(part))
      const begun = entry.source.kind === 'file' && entry.sha256 !== undefined ? await this.#disk.stat(part) : undefined
      if (begun?.kind === 'file' && begun.sizeBytes > 0 && begun.sizeBytes <= entry.sizeBytes) {
        const hash = await this.#fill(entry, await this.#disk.open(part, 'update'), begun.sizeBytes, signal, onBytes)
        if (hash === entry.sha256) return await this.#name(entry, part, hash)
        // What a power cut left behind: from the beginning, once.
      }
      await this.#disk.remove(part)
      const hash = await this.#fill(entry, await this.#disk.open(part, 'exclusive'), 0, signal, onBytes)
      if (entry.sha256 !== undefined && hash !== entry.sha256) {
        await this.#disk.remove(part)
        throw new JoineryError('STICK_FILE_BROKEN', `${entry.path} did not arrive as it should`)
      }
      return await this.#name(entry, part, hash)
    })
  }

  async #fill(
    entry: StickEntry,
    file: DiskFile,
    from: number,
    signal: AbortSignal,
    onBytes: (bytes: number) => void
  ): Promise<string> {
    try {
      const hasher = sha256Hasher()
      if (from > 0) await hashSpan(file, from, hasher, signal)
      let at = from
      const request = { system: this.#init.system, source: entry.source, ...(from > 0 ? { from } : {}) }
      for await (const { base64 } of this.#device.stickBytes(request, signal)) {
        const bytes = Buffer.from(base64, 'base64')
        hasher.update(bytes)
        await file.write(bytes, at)
        at += bytes.length
        onBytes(bytes.length)
      }
      signal.throwIfAborted()
      await file.sync()
      return Buffer.from(hasher.digest()).toString('hex')
    } finally {
      await file.close()
    }
  }

  async #name(entry: StickEntry, part: string, hash: string): Promise<string> {
    await this.#disk.rename(part, this.#at(entry.path))
    return hash
  }

  async #hashOf(path: string, signal: AbortSignal): Promise<string> {
    const file = await this.#disk.open(this.#at(path), 'read')
    try {
      const hasher = sha256Hasher()
      await hashSpan(file, Number.MAX_SAFE_INTEGER, hasher, signal)
      return Buffer.from(hasher.digest()).toString('hex')
    } finally {
      await file.close()
    }
  }

  #at(path: string): string {
    return join(this.#init.folder, path)
  }

  /** What a disk says becomes what a person can do about it. */
  async #guarded<Result>(action: () => Promise<Result>): Promise<Result> {
    try {
      return await action()
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'ENOSPC' || code === 'EDQUOT')
        throw new JoineryError('STICK_TOO_SMALL', `${this.#init.folder} is full`, { cause })
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR')
        throw new JoineryError('STICK_FOLDER_UNWRITABLE', `${this.#init.folder} cannot be written`, { cause })
      throw cause
    }
  }
}

async function hashSpan(file: DiskFile, bytes: number, hasher: Hasher, signal: AbortSignal): Promise<void> {
  const span = new Uint8Array(SPAN_BYTES)
  for (let at = 0; at < bytes; ) {
    signal.throwIfAborted()
    const read = await file.read(span.subarray(0, Math.min(span.length, bytes - at)), at)
    if (read === 0) return
    hasher.update(span.subarray(0, read))
    at += read
  }
}

function sum(entries: readonly StickEntry[]): number {
  return entries.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
}
