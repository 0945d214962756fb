import type { CborValue } from '../../../protocols/cbor.ts'
import { type Cid, cidOfDigest, digestOfCid } from '../../../protocols/cid.ts'
import type { BlobRef, Inspection } from '../../../protocols/content.ts'
import { pathFault } from '../../../protocols/content-path.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { encodeLine, type LineFile, ManifestShard, ShardBuilder } from '../../../protocols/manifest-shard.ts'
import type { Clock } from '../../platform/clock.ts'
import { sha256Hasher } from '../../platform/hash.ts'
import type { SourceFolder } from '../../platform/source-folder.ts'
import type { BlobWriter, WriteSession } from '../blob-writer.ts'
import type { CollectionKind } from '../collection-kind.ts'
import { companionsOf, refOf } from '../file-blobs.ts'
import { CLOCK_GRAIN_MS, MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS } from '../limits.ts'
import type { FoundFile } from './found-file.ts'
import type { ImportMemory, Remembered } from './import-memory.ts'
import { isKnownByName } from './layout.ts'
import { ListedDigests } from './listed-digests.ts'
import { OpenSource } from './open-source.ts'

export interface FileImportComponents {
  sources: SourceFolder
  writer: BlobWriter
  memory: ImportMemory
  clock: Clock
}

export interface FileImportInit {
  /** Absolute, without links. */
  root: string
  kinds: ReadonlyMap<string, CollectionKind>
  session: WriteSession
  signal: AbortSignal | undefined
  /** Looks and hashes, and stores nothing. */
  dryRun: boolean
  /** Bytes that were read. */
  read: (bytes: number) => void
}

/** One for all files of which there is nothing to say. */
const NO_DETAILS: LineFile['details'] = {}

/** A file that cannot be added; what stops the whole import is any other error. */
export class FileRefused extends Error {
  readonly why: JoineryError
  constructor(why: JoineryError) {
    super(why.message, { cause: why })
    this.why = why
  }
}

/** Reads, checks and stores one file after another; what was read before and is still here costs a look. */
export class FileImport {
  readonly #components: FileImportComponents
  readonly #init: FileImportInit
  /** Files that are known by their name and size, wherever they lie: `offlinedatasci` keeps each wheel twice. */
  readonly #byName = new Map<string, Promise<Remembered>>()
  readonly #listed: ListedDigests

  constructor(components: FileImportComponents, init: FileImportInit) {
    this.#components = components
    this.#init = init
    this.#listed = new ListedDigests(components)
  }

  /** @throws FileRefused */
  async add(found: FoundFile): Promise<Remembered> {
    const remembered = await this.#recall(found)
    if (remembered) return remembered
    if (!isKnownByName(found.collection)) return this.#readNew(found)
    const key = [found.collection, found.path.slice(found.path.lastIndexOf('/') + 1), found.sizeBytes].join('\0')
    const twin = this.#byName.get(key)
    const same = twin && (await this.#sameAs(twin, found))
    if (same) return same
    const reading = this.#readNew(found)
    // A second copy asks for the outcome; when there is none, the error is still the first one's own.
    reading.catch(() => undefined)
    if (!twin) this.#byName.set(key, reading)
    return reading
  }

  async #recall(found: FoundFile): Promise<Remembered | undefined> {
    const { memory, sources } = this.#components
    const stat = await sources.stat(found.sourceIn(this.#init.root)).catch(() => undefined)
    const remembered = stat && (await memory.recall(found, stat.fingerprint))
    if (!remembered || !this.#isKept(remembered.file)) return undefined
    this.#init.read(found.sizeBytes)
    return remembered
  }

  #isKept(file: LineFile): boolean {
    return [file, ...companionsOf(file)].every(({ cid }) => this.#init.session.keep(cid))
  }

  /** The twin's outcome if this file has its bytes; it is read, but not stored again. */
  async #sameAs(twin: Promise<Remembered>, found: FoundFile): Promise<Remembered | undefined> {
    const first = await twin.catch(() => undefined)
    if (!first) return undefined
    const source = await this.#open(found)
    try {
      if ((await this.#hash(source)) !== first.file.cid) return undefined
      await this.#remember(found, source, first)
      this.#init.read(found.sizeBytes)
      return first
    } finally {
      await source.close()
    }
  }

  async #readNew(found: FoundFile): Promise<Remembered> {
    const source = await this.#open(found)
    try {
      const inspection = await this.#inspect(found, source)
      const path = inspection.path ?? found.path
      const fault = pathFault(path)
      if (fault) throw new FileRefused(new JoineryError('NAME_FORBIDDEN', `${found.shown}: the name ${fault}`))
      if (this.#init.dryRun) return await this.#onlyLook(found, source, path, inspection)
      const ref = await this.#store(source)
      await this.#checkListed(found, ref.cid)
      const file: LineFile = { ...refOf(ref), details: await this.#storeAttachments(inspection) }
      this.#checkLine(found, path, file)
      const outcome = { path, file }
      await this.#remember(found, source, outcome)
      return outcome
    } finally {
      await source.close()
    }
  }

  async #open(found: FoundFile): Promise<OpenSource> {
    this.#init.signal?.throwIfAborted()
    try {
      return await OpenSource.open(this.#components.sources, this.#init.root, found)
    } catch (error) {
      throw error instanceof JoineryError ? new FileRefused(error) : error
    }
  }

  async #inspect(found: FoundFile, source: OpenSource): Promise<Inspection> {
    const inspector = this.#init.kinds.get(found.collection)?.inspector
    if (!inspector) return { details: {} }
    try {
      const inspection = await inspector.inspect(source)
      // What it read and what is stored next are the same bytes only if nothing changed until the end of both.
      await source.checkUnchanged()
      return inspection
    } catch (error) {
      if (source.fault) throw new FileRefused(source.fault)
      throw error instanceof JoineryError ? new FileRefused(asShown(found, error)) : error
    }
  }

  async #store(source: OpenSource): Promise<BlobRef> {
    const { session, signal, read } = this.#init
    const bytes = source.stream((span) => read(span.length))
    try {
      return await this.#components.writer.putStream(session, bytes, source.sizeBytes, signal)
    } catch (error) {
      // Whatever the store says of it: the file was at fault and not the store.
      throw source.fault ? new FileRefused(source.fault) : error
    }
  }

  async #storeAttachments({ details, attachments = [] }: Inspection): Promise<LineFile['details']> {
    if (attachments.length > MAX_ATTACHMENTS) throw new RangeError(`${attachments.length} attachments`)
    if (attachments.length === 0) return Object.keys(details).length === 0 ? NO_DETAILS : details
    const all: { [key: string]: CborValue } = { ...details }
    for (const { name, bytes } of attachments) {
      if (bytes.length > MAX_ATTACHMENT_BYTES) throw new RangeError(`the attachment ${name} is too long`)
      const ref = await this.#components.writer.put(this.#init.session, bytes)
      all[name] = ref.cid
      all[`${name}Bytes`] = ref.sizeBytes
    }
    return all
  }

  async #onlyLook(found: FoundFile, source: OpenSource, path: string, { details }: Inspection): Promise<Remembered> {
    const cid = await this.#hash(source)
    await this.#checkListed(found, cid)
    this.#init.read(found.sizeBytes)
    return { path, file: { cid, sizeBytes: source.sizeBytes, details } }
  }

  async #checkListed(found: FoundFile, cid: Cid): Promise<void> {
    if (!isKnownByName(found.collection)) return
    const listed = await this.#listed.of(found.sourceIn(this.#init.root))
    if (listed === undefined || listed === Buffer.from(digestOfCid(cid)).toString('hex')) return
    const text = `${found.shown} is not the file whose sha256 stands in the index.html beside it`
    throw new FileRefused(new JoineryError('FILE_NOT_AS_LISTED', text))
  }

  async #hash(source: OpenSource): Promise<Cid> {
    const hasher = sha256Hasher()
    try {
      for await (const span of source.stream(() => undefined)) {
        this.#init.signal?.throwIfAborted()
        hasher.update(span)
      }
    } catch (error) {
      throw source.fault ? new FileRefused(source.fault) : error
    }
    return cidOfDigest(hasher.digest())
  }

  /** A file that changed a moment ago may change again without showing it: the clock of its file system is coarse. */
  async #remember(found: FoundFile, source: OpenSource, outcome: Remembered): Promise<void> {
    const { clock, memory } = this.#components
    if (Math.abs(clock.wallMs() - source.opened.changedMs) < CLOCK_GRAIN_MS) return
    await memory.remember(found, source.opened.fingerprint, outcome)
  }

  /** What an inspector says must be fit for a manifest; if not, it is this file that is at fault and not the collection. */
  #checkLine(found: FoundFile, path: string, file: LineFile): void {
    try {
      const builder = new ShardBuilder()
      const line = encodeLine({ path, versions: [{ lamport: 1, author: '0'.repeat(16), file }] })
      builder.add(new TextEncoder().encode(path), line)
      ManifestShard.decode(builder.end() ?? new Uint8Array())
    } catch (error) {
      if (!(error instanceof JoineryError)) throw error
      throw new FileRefused(asShown(found, error))
    }
  }
}

/** An inspector knows where a file lies in its collection; a person knows where it lies on the stick. */
function asShown({ path, shown }: FoundFile, error: JoineryError): JoineryError {
  const told = error.message.startsWith(path) ? error.message.slice(path.length) : `: ${error.message}`
  return new JoineryError(error.code, `${shown}${told}`, { cause: error })
}
