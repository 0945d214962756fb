/**
 * What a device hands out so that another computer becomes a device without internet: one tar archive with the program, its packages and its Node. It is never
 * stored: it is made of the files that are there anyway, the same bytes on every device with this version, and any part of it can be read.
 */
import { basename, join } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import { TAR_BLOCK_BYTES, tarHeader, tarPaddingBytes } from '../../protocols/tar-header.ts'
import type { Disk } from '../platform/disk.ts'
import { sha256Hasher } from '../platform/hash.ts'
import { systemFiles } from '../platform/system-files.ts'
import { LAUNCHER, nodeBinary } from './layout.ts'
import { type FoundProgram, lookAtOwnProgram } from './machine.ts'
import type { CopiedFolder } from './program-files.ts'

export interface Handout {
  /** A new one for each version, so that a download that broke off is never continued with other bytes. */
  fileName: string
  sizeBytes: number
  /** Hexadecimal. */
  sha256: string
}

/** Bytes in memory, or those of a file. */
type Part = { at: number; sizeBytes: number } & ({ bytes: Uint8Array } | { path: string })

const TOP = 'joinery'
const READ_BYTES = 256 * 1024
/** Not handed out: caches, and npm's own notes. */
const LEFT_OUT = ['.cache', '.bin', '.package-lock.json']

export interface HandoutInit {
  architecture: string
  /** @throws JoineryError `NOT_COMPILED` */
  program(): Promise<FoundProgram>
}

export class ProgramHandout {
  readonly #disk: Disk
  readonly #init: HandoutInit
  #planned: Promise<{ handout: Handout; parts: Part[] }> | undefined

  constructor({ disk }: { disk: Disk }, init: HandoutInit) {
    this.#disk = disk
    this.#init = init
  }

  /**
   * Reads all of it once, the first time it is asked for.
   *
   * @throws JoineryError `NOT_COMPILED`
   */
  async describe(): Promise<Handout> {
    return (await this.#plan()).handout
  }

  /** Bytes `start` ≤ i < `end`. @throws JoineryError `INTERNAL` when a file is not what it was any more */
  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    const { parts } = await this.#plan()
    try {
      yield* this.#readParts(parts, start, end)
    } catch (error) {
      this.#planned = undefined
      throw error
    }
  }

  #plan(): Promise<{ handout: Handout; parts: Part[] }> {
    this.#planned ??= this.#makePlan().catch((error: unknown) => {
      this.#planned = undefined
      throw error
    })
    return this.#planned
  }

  async #makePlan(): Promise<{ handout: Handout; parts: Part[] }> {
    const { architecture } = this.#init
    const { version, folders } = await this.#init.program()
    const parts: Part[] = []
    let sizeBytes = 0
    const add = (part: { bytes: Uint8Array } | { path: string; sizeBytes: number }): void => {
      const bytes = 'bytes' in part ? part.bytes.length : part.sizeBytes
      if (bytes > 0) parts.push({ ...part, at: sizeBytes, sizeBytes: bytes })
      sizeBytes += bytes
    }
    const script = new TextEncoder().encode(handedOutScript(architecture))
    add({ bytes: tarHeader(`${TOP}/install`, script.length, 0o755) })
    add({ bytes: script })
    add({ bytes: new Uint8Array(tarPaddingBytes(script.length)) })
    for (const file of await this.#files(folders)) {
      const mode = file.to === nodeBinary(architecture) ? 0o755 : 0o644
      add({ bytes: tarHeader(`${TOP}/${file.to}`, file.sizeBytes, mode) })
      add({ path: file.from, sizeBytes: file.sizeBytes })
      add({ bytes: new Uint8Array(tarPaddingBytes(file.sizeBytes)) })
    }
    add({ bytes: new Uint8Array(2 * TAR_BLOCK_BYTES) })
    const hasher = sha256Hasher()
    for await (const bytes of this.#readParts(parts, 0, sizeBytes)) hasher.update(bytes)
    const sha256 = Buffer.from(hasher.digest()).toString('hex')
    return { handout: { fileName: `joinery-${version}-${architecture}.tar`, sizeBytes, sha256 }, parts }
  }

  async #files(folders: readonly CopiedFolder[]): Promise<(CopiedFolder & { sizeBytes: number })[]> {
    const files: (CopiedFolder & { sizeBytes: number })[] = []
    const waiting = [...folders]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { from, to } = next
      if (LEFT_OUT.includes(basename(from))) continue
      const found = await this.#disk.stat(from)
      if (found?.kind === 'file') files.push({ from, to, sizeBytes: found.sizeBytes })
      if (found?.kind !== 'directory') continue
      // No link: what it leads to need not be ours to hand out.
      for (const { name, kind } of await this.#disk.list(from))
        if (kind !== 'link') waiting.push({ from: join(from, name), to: `${to}/${name}` })
    }
    return files.sort((a, b) => (a.to < b.to ? -1 : 1))
  }

  async *#readParts(parts: readonly Part[], start: number, end: number): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      const from = Math.max(0, start - part.at)
      const to = Math.min(part.sizeBytes, end - part.at)
      if (from >= to) continue
      if ('bytes' in part) yield part.bytes.subarray(from, to)
      else yield* this.#readFile(part.path, from, to)
    }
  }

  async *#readFile(path: string, from: number, to: number): AsyncGenerator<Uint8Array> {
    const file = await this.#disk.open(path, 'read')
    try {
      for (let at = from; at < to; ) {
        const into = new Uint8Array(Math.min(READ_BYTES, to - at))
        const bytes = await file.read(into, at)
        if (bytes === 0) throw new JoineryError('INTERNAL', 'the program on this disk was changed while it was read')
        yield into.subarray(0, bytes)
        at += bytes
      }
    } finally {
      await file.close()
    }
  }
}

/**
 * Of the program that runs.
 *
 * @param directory where it lies: `dist`, or the top of a checkout, which hands nothing out
 */
export function openHandout(disk: Disk, directory: string): ProgramHandout {
  const architecture = process.arch
  const program = (): Promise<FoundProgram> =>
    lookAtOwnProgram(systemFiles, { directory, nodePath: process.execPath, architecture })
  return new ProgramHandout({ disk }, { architecture, program })
}

/** Lies at the top of the archive; what is typed behind it goes to `joinery install`. */
function handedOutScript(architecture: string): string {
  return `#!/bin/sh
# Makes this computer a device of a room: sudo ./install --join INVITATION
here=$(cd "$(dirname "$0")" && pwd) || exit 1
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) this=x64 ;;
  Linux-aarch64) this=arm64 ;;
  *) this=other ;;
esac
if [ "$this" != ${architecture} ]; then
  echo "This is Joinery for ${architecture === 'arm64' ? '64-bit ARM (Raspberry Pi)' : '64-bit PCs (x86-64)'} with Linux, and this computer is $(uname -s) $(uname -m)." >&2
  echo "Take it from a device of the same kind: the first address in the line is the device that it comes from." >&2
  exit 1
fi
exec "$here/${nodeBinary(architecture)}" "$here/${LAUNCHER}" install "$@"
`
}

/** What a person pastes: nothing runs before the hash was compared, and a download that broke off goes on when it is pasted again. */
export function handoutLine({ fileName, sha256 }: Handout, address: string, invitation: string): string {
  const url = new URL(`setup/device/${fileName}`, address).href
  return `wget -c ${url} && echo "${sha256}  ${fileName}" | sha256sum -c && tar -xf ${fileName} && sudo ./${TOP}/install --join ${invitation}`
}
