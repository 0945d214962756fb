/**
 * A disk in memory that keeps apart what was not synced, and at a power cut loses part of it: a random subset of the unsynced writes,
 * cut at the borders of sectors, and names made, renamed or removed since their directory was last synced. The model is harsher than
 * ext4 (it does not order anything that nobody asked to be ordered), which is the point: code that survives here needs no luck.
 * Borrowed from LevelDB's FaultInjectionTestEnv and TigerBeetle's simulated storage.
 */
import type { Clock } from '../../node/platform/clock.ts'
import type { Disk, DiskEntry, DiskFile, DiskStat } from '../../node/platform/disk.ts'
import type { SeededRandom } from './seeded-random.ts'
import { type FileNode, newFile, settleFile, truncate, write } from './simulated-file.ts'

interface DirectoryNode {
  kind: 'directory'
  names: Map<string, FileNode | DirectoryNode>
  durableNames: Map<string, FileNode | DirectoryNode>
  modifiedMs: number
}

/** A change of names that no directory sync has made durable yet. */
interface NameChange {
  directories: DirectoryNode[]
  apply: () => void
}

export interface DiskFaults {
  /** Bytes that the disk holds in all; more is ENOSPC. */
  capacityBytes?: number
  /** Looked at before each operation: a code makes it fail, `undefined` lets it go on. A failed sync makes nothing durable. */
  fail?: (operation: DiskOperation, path: string) => 'EIO' | 'ENOSPC' | 'EROFS' | 'EMFILE' | undefined
}

export type DiskOperation = 'open' | 'read' | 'write' | 'truncate' | 'sync' | 'rename' | 'remove' | 'syncDirectory'

export interface SimulatedDiskInit {
  /** Greatest time in ms that a changing operation takes; drawn anew each time. 0 = all at once. */
  latencyMs?: number
  faults?: DiskFaults
}

export class SimulatedDisk implements Disk {
  readonly #random: SeededRandom
  #clock: Clock | undefined
  readonly #latencyMs: number
  readonly #root: DirectoryNode = newDirectory()
  #changes: NameChange[] = []
  /** Grows at each power cut: operations of an earlier life never end. */
  #life = 0
  faults: DiskFaults
  /** Counted for the budgets: how often the medium was waited for. */
  syncs = 0

  constructor(components: { random: SeededRandom; clock?: Clock }, init: SimulatedDiskInit = {}) {
    this.#random = components.random
    this.#clock = components.clock
    this.#latencyMs = init.latencyMs ?? 0
    this.faults = init.faults ?? {}
  }

  /**
   * The device lost its power: what was not synced is lost in part, open files are gone, and whoever waits for an operation waits for ever.
   *
   * @param clock of the device's next start
   */
  cutPower(clock?: Clock): void {
    this.#life++
    this.#clock = clock
    const keep = this.#random.pick([0, 0.1, 0.5, 0.9, 1])
    for (const change of this.#changes) if (this.#random.chance(keep)) change.apply()
    this.#changes = []
    this.#settle(this.#root, keep, new Set())
  }

  /** The process was killed but the device was not: everything written stays, open files are gone. */
  killProcess(clock?: Clock): void {
    this.#life++
    this.#clock = clock
  }

  /** Flips one bit of a stored file, as an old SD card does. */
  flipBit(path: string, bit: number): void {
    const file = this.#find(path)
    if (file?.kind !== 'file' || file.length === 0) throw failure('ENOENT', path)
    const at = Math.floor(bit / 8) % file.length
    file.bytes[at] = (file.bytes[at] ?? 0) ^ (1 << (bit % 8))
    file.durable = file.bytes.slice(0, file.length)
    file.unsynced = []
  }

  /** Every file that is there, with its bytes, without the wait and the faults of an operation. For checkers. */
  files(): Map<string, Uint8Array> {
    const found = new Map<string, Uint8Array>()
    const walk = (directory: DirectoryNode, prefix: string): void => {
      for (const [name, node] of directory.names) {
        const path = `${prefix}/${name}`
        if (node.kind === 'file') found.set(path, node.bytes.subarray(0, node.length))
        else walk(node, path)
      }
    }
    walk(this.#root, '')
    return found
  }

  usedBytes(): number {
    let sum = 0
    for (const bytes of this.files().values()) sum += bytes.length
    return sum
  }

  async open(path: string, mode: 'read' | 'update' | 'create' | 'exclusive'): Promise<DiskFile> {
    this.#check('open', path)
    if (mode !== 'read') await this.#wait()
    const existing = this.#find(path)
    if (existing?.kind === 'directory') throw failure('EISDIR', path)
    if (mode === 'read' || mode === 'update') {
      if (!existing) throw failure('ENOENT', path)
      return this.#handle(existing, path)
    }
    if (existing && mode === 'exclusive') throw failure('EEXIST', path)
    if (existing) {
      truncate(existing, 0, this.#wallMs())
      return this.#handle(existing, path)
    }
    const [directory, name] = this.#parent(path)
    const file = newFile(this.#wallMs())
    directory.names.set(name, file)
    this.#change([directory], () => directory.durableNames.set(name, file))
    return this.#handle(file, path)
  }

  async stat(path: string): Promise<DiskStat | undefined> {
    const found = this.#find(path)
    if (!found) return undefined
    return {
      kind: found.kind,
      sizeBytes: found.kind === 'file' ? found.length : 4096,
      modifiedMs: found.modifiedMs
    }
  }

  async list(path: string): Promise<DiskEntry[]> {
    const found = this.#find(path)
    if (!found) throw failure('ENOENT', path)
    if (found.kind !== 'directory') throw failure('ENOTDIR', path)
    return [...found.names].map(([name, { kind }]) => ({ name, kind }))
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#wait()
    let at = this.#root
    for (const name of partsOf(path)) {
      const parent = at
      const next = at.names.get(name)
      if (next?.kind === 'file') throw failure('EEXIST', path)
      const made = next ?? newDirectory(this.#wallMs())
      if (!next) {
        parent.names.set(name, made)
        this.#change([parent], () => parent.durableNames.set(name, made))
      }
      at = made
    }
  }

  async rename(from: string, to: string): Promise<void> {
    this.#check('rename', from)
    await this.#wait()
    const [oldDirectory, oldName] = this.#parent(from)
    const [newDirectory, newName] = this.#parent(to)
    const node = oldDirectory.names.get(oldName)
    if (!node) throw failure('ENOENT', from)
    const target = newDirectory.names.get(newName)
    if (target && target !== node) {
      if (target.kind === 'directory' && node.kind === 'file') throw failure('EISDIR', to)
      if (target.kind === 'directory' && target.names.size > 0) throw failure('ENOTEMPTY', to)
      if (target.kind === 'file' && node.kind === 'directory') throw failure('ENOTDIR', to)
    }
    oldDirectory.names.delete(oldName)
    newDirectory.names.set(newName, node)
    this.#change([oldDirectory, newDirectory], () => {
      if (oldDirectory.durableNames.get(oldName) === node) oldDirectory.durableNames.delete(oldName)
      newDirectory.durableNames.set(newName, node)
    })
  }

  async remove(path: string): Promise<void> {
    this.#check('remove', path)
    await this.#wait()
    const found = this.#find(path)
    if (!found) return
    const [directory, name] = this.#parent(path)
    directory.names.delete(name)
    this.#change([directory], () => {
      if (directory.durableNames.get(name) === found) directory.durableNames.delete(name)
    })
  }

  async syncDirectory(path: string): Promise<void> {
    this.#check('syncDirectory', path)
    this.syncs++
    const found = this.#find(path)
    if (!found) throw failure('ENOENT', path)
    if (found.kind !== 'directory') throw failure('ENOTDIR', path)
    const asked = this.#changes.filter((change) => change.directories.includes(found))
    await this.#wait()
    for (const change of asked) if (this.#changes.includes(change)) change.apply()
    this.#changes = this.#changes.filter((change) => !asked.includes(change))
  }

  async freeBytes(): Promise<number> {
    return Math.max(0, (this.faults.capacityBytes ?? 2 ** 40) - this.usedBytes())
  }

  #handle(file: FileNode, path: string): DiskFile {
    const life = this.#life
    const gone = (): Promise<never> | undefined => (life === this.#life ? undefined : new Promise<never>(() => {}))
    let closed = false
    const check = async (operation: DiskOperation): Promise<void> => {
      await gone()
      if (closed) throw failure('EBADF', path)
      this.#check(operation, path)
    }
    return {
      read: async (into, position) => {
        await check('read')
        const bytes = file.bytes.subarray(position, Math.min(file.length, position + into.length))
        into.set(bytes)
        return bytes.length
      },
      write: async (bytes, position) => {
        await check('write')
        const copy = bytes.slice()
        await this.#wait()
        const grows = Math.max(0, position + copy.length - file.length)
        const capacity = this.faults.capacityBytes
        if (capacity !== undefined && grows > 0 && this.usedBytes() + grows > capacity) {
          // As a real file system does: what still fits is written before the error.
          const fits = Math.max(0, Math.min(copy.length, capacity - this.usedBytes()))
          write(file, position, copy.subarray(0, fits), this.#wallMs())
          throw failure('ENOSPC', path)
        }
        write(file, position, copy, this.#wallMs())
      },
      truncate: async (length) => {
        await check('truncate')
        await this.#wait()
        truncate(file, length, this.#wallMs())
      },
      sync: async () => {
        await check('sync')
        this.syncs++
        const until = file.unsynced.length
        // Where nothing has changed, what is durable is what there is.
        const snapshot = until === 0 ? file.durable : file.bytes.slice(0, file.length)
        await this.#wait()
        file.durable = snapshot
        file.unsynced = file.unsynced.slice(until)
      },
      sizeBytes: async () => {
        await check('read')
        return file.length
      },
      close: async () => {
        await gone()
        closed = true
      }
    }
  }

  #check(operation: DiskOperation, path: string): void {
    const code = this.faults.fail?.(operation, path)
    if (code) throw failure(code, path)
  }

  /** Time passes; whoever waits across a power cut waits for ever. */
  async #wait(): Promise<void> {
    const life = this.#life
    const clock = this.#clock
    if (clock && this.#latencyMs > 0) {
      const delayMs = this.#random.fraction() * this.#latencyMs
      await new Promise<void>((resolve) => void clock.after(delayMs, resolve))
    }
    if (life !== this.#life) await new Promise<never>(() => {})
  }

  #wallMs(): number {
    return this.#clock?.wallMs() ?? 0
  }

  #change(directories: DirectoryNode[], apply: () => void): void {
    this.#changes.push({ directories, apply })
  }

  #find(path: string): FileNode | DirectoryNode | undefined {
    let at: FileNode | DirectoryNode = this.#root
    for (const name of partsOf(path)) {
      if (at.kind !== 'directory') return undefined
      const next: FileNode | DirectoryNode | undefined = at.names.get(name)
      if (!next) return undefined
      at = next
    }
    return at
  }

  #parent(path: string): [DirectoryNode, string] {
    const parts = partsOf(path)
    const name = parts.pop()
    if (name === undefined) throw failure('EINVAL', path)
    const directory = this.#find(`/${parts.join('/')}`)
    if (!directory) throw failure('ENOENT', path)
    if (directory.kind !== 'directory') throw failure('ENOTDIR', path)
    return [directory, name]
  }

  /** After the cut: what is on the medium is what there is. */
  #settle(directory: DirectoryNode, keep: number, seen: Set<object>): void {
    directory.names = new Map(directory.durableNames)
    for (const node of directory.names.values()) {
      if (seen.has(node)) continue
      seen.add(node)
      if (node.kind === 'directory') this.#settle(node, keep, seen)
      else settleFile(node, keep, this.#random)
    }
  }
}

function newDirectory(modifiedMs = 0): DirectoryNode {
  return { kind: 'directory', names: new Map(), durableNames: new Map(), modifiedMs }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '')
}

function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code, path })
}
