/**
 * The journal of a real device: its store in a folder, with a way back from damage. What a repair loses comes again from peers.
 *
 * LevelDB does not check its tables when it reads them, and one flipped bit can abort the process. So after every start that was not preceded by
 * a clean stop the tables are checked here first; a spoiled one is taken apart for what is whole in it.
 */
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import { type KeyValueChange, type KeyValueStore, openLevel, repairLevel } from '../platform/key-value.ts'
import type { Journal, JournalComponents, JournalInit, JournalProblem } from './journal.ts'
import { isBatchKey } from './keys.ts'
import { readTable } from './leveldb-table.ts'
import { MAX_TABLE_BYTES } from './limits.ts'
import { createJournal } from './local-journal.ts'

export interface OpenJournalComponents extends Omit<JournalComponents, 'store' | 'freeBytes' | 'suspect'> {
  disk: Disk
}

export interface OpenJournalInit extends JournalInit {
  /**
   * Absolute; made when missing. Beside it stand `<folder>.running` while it is open, `<folder>.repair` when the next start shall repair it, and
   * `<folder>.damaged-<n>` with what could not be read.
   */
  folder: string
}

/** What nothing could read is kept for whoever wants to look, up to so many times. */
const MAX_KEPT_FOLDERS = 8

/**
 * Opens the journal in a folder. A store that LevelDB cannot read is repaired; one that cannot be repaired is moved aside, and the journal begins
 * empty and fills from peers. Both are told through `onProblem`.
 *
 * @throws JoineryError `JOURNAL_FULL` when there is no room even to open, `BUSY` when another process has it open
 */
export async function openJournal(components: OpenJournalComponents, init: OpenJournalInit): Promise<Journal> {
  try {
    return await openOnce(components, init)
  } catch (error) {
    if (!hasCode(error, 'JOURNAL_DAMAGED')) throw error
    // LevelDB opened, but what it gave back made no sense: once more, with a repair.
    await writeDurably(components.disk, `${init.folder}.repair`, new Uint8Array())
    return openOnce(components, init)
  }
}

async function openOnce({ disk, ...rest }: OpenJournalComponents, init: OpenJournalInit): Promise<Journal> {
  const { folder } = init
  const { store, suspect } = await new Folder(disk, folder, (problem) => init.onProblem?.(problem)).open()
  const onProblem = (problem: JournalProblem): void => {
    init.onProblem?.(problem)
    if (!isCorruption(problem.cause)) return
    // A damaged store is read-only from its next compaction on: the next start repairs it.
    writeDurably(disk, `${folder}.repair`, new Uint8Array()).catch((cause: unknown) =>
      init.onProblem?.({ code: 'JOURNAL_DAMAGED', message: 'the journal could not be marked for repair', cause })
    )
  }
  try {
    const freeBytes = (): Promise<number> => disk.freeBytes(folder)
    const journal = await createJournal({ ...rest, store, suspect, freeBytes }, { ...init, onProblem })
    if (suspect) await disk.remove(`${folder}.repair`)
    return journal
  } catch (error) {
    await store.close()
    throw error
  }
}

interface OpenedStore {
  store: KeyValueStore
  /** Something was lost: rows and indexes are to be made anew. */
  suspect: boolean
}

class Folder {
  readonly #disk: Disk
  readonly #path: string
  readonly #report: (problem: JournalProblem) => void

  constructor(disk: Disk, path: string, report: (problem: JournalProblem) => void) {
    this.#disk = disk
    this.#path = path
    this.#report = report
  }

  async open(): Promise<OpenedStore> {
    await this.#disk.makeDirectory(this.#path)
    const running = `${this.#path}.running`
    const wasRunning = (await this.#disk.stat(running)) !== undefined
    const isMarked = (await this.#disk.stat(`${this.#path}.repair`)) !== undefined
    const spoiled = wasRunning || isMarked ? await this.#spoiledTables() : []
    if (!wasRunning) await writeDurably(this.#disk, running, new Uint8Array())
    const opened = isMarked || spoiled.length > 0 ? await this.#repair(spoiled) : await this.#openOrRepair()
    const close = async (): Promise<void> => {
      await opened.store.close()
      await this.#disk.remove(running)
    }
    return { ...opened, store: { ...opened.store, close } }
  }

  async #openOrRepair(): Promise<OpenedStore> {
    try {
      return { store: await openLevel(this.#path), suspect: false }
    } catch (error) {
      rethrowUnlessDamaged(error)
      return this.#repair(await this.#spoiledTables(), error)
    }
  }

  async #repair(spoiled: readonly string[], cause?: unknown): Promise<OpenedStore> {
    await writeDurably(this.#disk, `${this.#path}.repair`, new Uint8Array())
    const message = `the journal was damaged and is repaired (${spoiled.length} spoiled files)`
    this.#report({ code: 'JOURNAL_DAMAGED', message, cause })
    const salvaged = await this.#setAside(spoiled)
    try {
      await repairLevel(this.#path)
      const store = await openLevel(this.#path)
      await putMissing(store, salvaged)
      return { store, suspect: true }
    } catch (error) {
      rethrowUnlessDamaged(error)
      const aside = await this.#unusedName()
      await this.#disk.rename(this.#path, aside)
      this.#report({
        code: 'JOURNAL_DAMAGED',
        message: `the journal could not be read and lies in ${aside}`,
        cause: error
      })
      await this.#disk.makeDirectory(this.#path)
      const store = await openLevel(this.#path)
      await putMissing(store, salvaged)
      return { store, suspect: true }
    }
  }

  async #spoiledTables(): Promise<string[]> {
    const spoiled: string[] = []
    for (const { name } of await this.#disk.list(this.#path)) {
      if (!/\.(ldb|sst)$/.test(name)) continue
      const bytes = await readSmallFile(this.#disk, `${this.#path}/${name}`, MAX_TABLE_BYTES)
      if (bytes && !readTable(bytes).sound) spoiled.push(name)
    }
    return spoiled.sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))
  }

  /** Moves spoiled tables out of LevelDB's sight. @returns the batches that are whole in them */
  async #setAside(spoiled: readonly string[]): Promise<Map<string, Uint8Array>> {
    const salvaged = new Map<string, Uint8Array>()
    if (spoiled.length === 0) return salvaged
    const aside = await this.#unusedName()
    await this.#disk.makeDirectory(aside)
    for (const name of spoiled) {
      const bytes = await readSmallFile(this.#disk, `${this.#path}/${name}`, MAX_TABLE_BYTES)
      for (const [key, value] of bytes ? readTable(bytes).records() : []) {
        // Of two tables the one with the higher number is newer.
        const text = Buffer.from(key).toString('latin1')
        if (isBatchKey(key) && !salvaged.has(text)) salvaged.set(text, value)
      }
      await this.#disk.rename(`${this.#path}/${name}`, `${aside}/${name}`)
    }
    return salvaged
  }

  async #unusedName(): Promise<string> {
    for (let number = 1; number <= MAX_KEPT_FOLDERS; number++) {
      const name = `${this.#path}.damaged-${number}`
      if (!(await this.#disk.stat(name))) return name
    }
    throw new JoineryError('JOURNAL_DAMAGED', `the journal was damaged ${MAX_KEPT_FOLDERS} times: change the disk`)
  }
}

/** What is in the store already is newer. */
async function putMissing(store: KeyValueStore, salvaged: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const changes: KeyValueChange[] = []
  for (const [text, value] of salvaged) {
    const key = new Uint8Array(Buffer.from(text, 'latin1'))
    if (!(await store.get(key))) changes.push({ type: 'put', key, value })
  }
  if (changes.length > 0) await store.write(changes, { sync: true })
}

function rethrowUnlessDamaged(error: unknown): void {
  const text = textOf(error)
  if (/No space left|ENOSPC/i.test(text))
    throw new JoineryError('JOURNAL_FULL', 'no room on the disk to open the journal', { cause: error })
  // Not by the word alone: what is said of damage often names a "block".
  if (/LEVEL_LOCKED/.test(text))
    throw new JoineryError('BUSY', 'another process has the journal open', { cause: error })
}

function isCorruption(error: unknown): boolean {
  return /corrupt/i.test(textOf(error))
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  return `${(error as { code?: string }).code ?? ''} ${error.message} ${textOf(error.cause)}`
}
