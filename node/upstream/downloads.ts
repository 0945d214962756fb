/**
 * Files on their way from the internet, in a folder of their own: each under the digest that the index names, so that a download that broke off goes
 * on where it was, also after the device was started again. A file is done when its digest is right, and not before.
 */
import { join } from 'node:path'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import { type Clock, sleep } from '../platform/clock.ts'
import type { Disk, DiskFile } from '../platform/disk.ts'
import { type Hasher, md5Hasher, sha256, sha256Hasher } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'
import './errors.ts'
import { MAX_FILE_BYTES, MAX_KEPT_BYTES, MAX_KEPT_FILES, MAX_TRIES, RETRY_MS, SPARE_DISK_BYTES } from './limits.ts'
import type { UpstreamClient } from './upstream-client.ts'

export interface WantedFile {
  address: URL
  /** Where it belongs in its collection's folder: `bin/windows/contrib/4.4/x_1.0.zip`. */
  path: string
  /** Absent: an R repository that names none; then it comes in one go or not at all. */
  digest?: { kind: 'sha256' | 'md5'; hex: string }
  sizeBytes?: number
}

/** A file that is whole and right. */
export interface FetchedFile {
  /** A folder with nothing but this file in it, under its `path`. */
  folder: string
  /** The file itself. */
  file: string
  sizeBytes: number
}

export interface DownloadsComponents {
  client: Pick<UpstreamClient, 'file'>
  disk: Disk
  clock: Clock
  random: Random
}

/** The import shows it as the name of what was imported. */
const DONE = 'internet'
const READ_BYTES = 256 * 1024

export class Downloads {
  readonly #components: DownloadsComponents
  readonly #folder: string

  constructor(components: DownloadsComponents, init: { folder: string }) {
    this.#components = components
    this.#folder = init.folder
  }

  /** Makes the folder; what an earlier run left is kept for this one, unless it is too much. */
  async open(): Promise<void> {
    const { disk } = this.#components
    await disk.makeDirectory(this.#folder)
    const kept = await disk.list(this.#folder)
    let bytes = 0
    for (const { name } of kept) bytes += (await disk.stat(join(this.#folder, name, 'part')))?.sizeBytes ?? 0
    if (kept.length > MAX_KEPT_FILES || bytes > MAX_KEPT_BYTES) await this.clear()
  }

  /** Everything, half-fetched files included. */
  async clear(): Promise<void> {
    await this.#components.disk.remove(this.#folder)
    await this.#components.disk.makeDirectory(this.#folder)
  }

  /** After it was imported. */
  async drop({ folder }: FetchedFile): Promise<void> {
    await this.#components.disk.remove(join(folder, '..'))
  }

  /**
   * @param got called with bytes as they come
   * @throws JoineryError `WANT_HASH_WRONG`, `WANT_TOO_LARGE`, `WANT_DISK_FULL`, and those of the client after several tries
   */
  async fetch(
    wanted: WantedFile,
    signal: AbortSignal,
    got: (bytes: number) => void = () => undefined
  ): Promise<FetchedFile> {
    const { disk } = this.#components
    const place = join(this.#folder, wanted.digest?.hex ?? hexOf(sha256(Buffer.from(wanted.address.href))).slice(0, 40))
    const folder = join(place, DONE)
    const file = join(folder, wanted.path)
    await this.#checkRoom(wanted.sizeBytes ?? 0)
    // Whole already: a run was killed between this file and the import of all.
    const whole = await disk.stat(file)
    if (whole && (await this.#isRight(file, wanted))) return { folder, file, sizeBytes: whole.sizeBytes }
    await disk.remove(folder)
    await disk.makeDirectory(place)
    const part = join(place, 'part')
    await this.#tries(wanted, part, signal, got)
    await disk.makeDirectory(join(file, '..'))
    await disk.rename(part, file)
    return { folder, file, sizeBytes: (await disk.stat(file))?.sizeBytes ?? 0 }
  }

  async #tries(wanted: WantedFile, part: string, signal: AbortSignal, got: (bytes: number) => void): Promise<void> {
    const { clock, random } = this.#components
    for (let tries = 1; ; tries++) {
      try {
        const { hex, cameAtOnce } = await this.#once(wanted, part, signal, got)
        if (!wanted.digest || hex === wanted.digest.hex) return
        await this.#components.disk.remove(part)
        // What was there before may have been damaged: once more from the beginning.
        if (cameAtOnce) throw new JoineryError('WANT_HASH_WRONG', `${wanted.path} is not what the index names`)
      } catch (error) {
        if (!isPassing(error) || tries >= MAX_TRIES) throw error
        await sleep(clock, RETRY_MS * 2 ** (tries - 1) * (0.5 + random.fraction()), signal)
      }
      if (tries >= MAX_TRIES) throw new JoineryError('WANT_HASH_WRONG', `${wanted.path} is not what the index names`)
    }
  }

  /** @returns its digest, and whether all of it came by this one question */
  async #once(
    wanted: WantedFile,
    part: string,
    signal: AbortSignal,
    got: (bytes: number) => void
  ): Promise<{ hex: string; cameAtOnce: boolean }> {
    const { client, disk } = this.#components
    const hasher = hasherOf(wanted)
    const found = wanted.digest ? ((await disk.stat(part))?.sizeBytes ?? 0) : 0
    const atMost = wanted.sizeBytes ?? MAX_FILE_BYTES
    // All of it is there: only its digest is open.
    if (found > 0 && found === wanted.sizeBytes) return { hex: await this.#digest(part, hasher), cameAtOnce: false }
    const startAt = found > atMost ? 0 : found
    const { start, body } = await client.file(wanted.address, startAt, Math.min(atMost, MAX_FILE_BYTES), signal)
    const file = await disk.open(part, start > 0 ? 'update' : 'create')
    let at = start
    try {
      if (start > 0) {
        await file.truncate(start)
        await hashFile(file, hasher)
      }
      for await (const bytes of body) {
        hasher.update(bytes)
        await file.write(bytes, at)
        at += bytes.length
        got(bytes.length)
      }
      await file.sync()
    } catch (error) {
      throw asDiskError(error)
    } finally {
      await file.close()
    }
    if (wanted.sizeBytes !== undefined && at !== wanted.sizeBytes)
      throw new JoineryError('UPSTREAM_UNREACHABLE', `${wanted.path} broke off`)
    return { hex: hexOf(hasher.digest()), cameAtOnce: start === 0 }
  }

  async #isRight(path: string, wanted: WantedFile): Promise<boolean> {
    return wanted.digest !== undefined && (await this.#digest(path, hasherOf(wanted))) === wanted.digest.hex
  }

  async #digest(path: string, hasher: Hasher): Promise<string> {
    const file = await this.#components.disk.open(path, 'read')
    try {
      await hashFile(file, hasher)
    } finally {
      await file.close()
    }
    return hexOf(hasher.digest())
  }

  /** It lies there twice while it is imported. */
  async #checkRoom(sizeBytes: number): Promise<void> {
    if ((await this.#components.disk.freeBytes(this.#folder)) < 2 * sizeBytes + SPARE_DISK_BYTES)
      throw new JoineryError('WANT_DISK_FULL', 'this device has too little room')
  }
}

function hasherOf({ digest }: WantedFile): Hasher {
  return digest?.kind === 'md5' ? md5Hasher() : sha256Hasher()
}

async function hashFile(file: DiskFile, hasher: Hasher): Promise<void> {
  const bytes = new Uint8Array(READ_BYTES)
  for (let at = 0; ; ) {
    const read = await file.read(bytes, at)
    if (read === 0) return
    hasher.update(bytes.subarray(0, read))
    at += read
  }
}

/** The line, and not the file. */
function isPassing(error: unknown): boolean {
  return hasCode(error, 'UPSTREAM_UNREACHABLE') || hasCode(error, 'UPSTREAM_TOO_SLOW')
}

function asDiskError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new JoineryError('WANT_DISK_FULL', 'the disk of this device is full', { cause: error })
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
