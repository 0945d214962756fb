/** The notes of one node: sockets, the list, titles, export. Wired as `index.ts` shows. */
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { JoineryError } from '../../protocols/errors.ts'
import type { Entry, FoldView, JournalAccess } from '../../protocols/journal.ts'
import type { PeerLinks } from '../../protocols/message-stream.ts'
import { decodeNoteRemoved, NOTE_REMOVED_KIND, noteIdOfTopic, noteTopic } from '../../protocols/note-facts.ts'
import { encodeSyncMessage, MAX_SYNC_MESSAGE_BYTES } from '../../protocols/notes-sync.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Random } from '../platform/random.ts'
import { type Allowance, Allowances } from './allowance.ts'
import { Connection } from './connection.ts'
import { CLOSE_BUSY, CLOSE_MALFORMED, CLOSE_REMOVED, CLOSE_STOPPING } from './errors.ts'
import * as limits from './limits.ts'
import { LiveLinks } from './live-links.ts'
import { type CatalogueLine, NoteCatalogue } from './note-catalogue.ts'
import { NoteShelf } from './note-shelf.ts'
import type { OpenNote } from './open-note.ts'
import { RecoveryCopies, type RefusedUpdate } from './recovery-copies.ts'
import { SnapshotStore } from './snapshot-store.ts'
import { type NoteIndex, titleFold } from './title-fold.ts'
import { checkVisitor, type Identity, type OwnSite, plainSite, type Visitor } from './visitor.ts'

export interface NotesJournal extends JournalAccess {
  /** Erases what a topic held, on every node. */
  erase(topic: string): Promise<unknown>
}

export interface NotesComponents {
  journal: NotesJournal
  clock: Clock
  random: Random
  disk: Disk
  /** Without peers, notes are of this device only. */
  links?: PeerLinks
  /** Default: IP addresses, localhost and `.local` names, and pages of the same host and port. */
  site?: OwnSite
  /** The person of a request's session, or of the ticket that stands for it on another device of the room. */
  identify?(request: IncomingMessage, ticket: string | undefined): Identity | undefined
  /** Told of what went wrong without being anybody's call, and of text that was refused. */
  onProblem?(problem: NotesProblem): void
}

export interface NotesProblem {
  code: 'NOTE_REFUSED' | 'NOTE_DIVERGED' | 'NOTE_FAILED'
  note?: string
  message: string
  cause?: unknown
}

export interface NotesInit {
  /** For snapshots and recovery copies; made when needed. */
  directory: string
  /** Only tests and benchmarks set these. */
  limits?: Partial<NotesLimits>
}

export interface NotesLimits {
  clientsPerAddress: number
  clientsPerNote: number
  clients: number
  /** From one address. */
  textBytesPerSecond: number
  textBytesBurst: number
}

/** One line of the list. */
export interface NoteSummary {
  id: string
  title: string
  /** People who have it open, as far as this device knows: 0 while nobody has it open here. */
  readers: number
  /** It has text. */
  written: boolean
}

export interface Notes {
  /** For `upgrade` events whose path starts with `/notes/sync/`. Answers, upgrades or ends the socket; never throws. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Last written first. */
  list(): NoteSummary[]
  /** @throws JoineryError `NOTE_NAME_INVALID`, `NOTES_TOO_MANY` */
  create(title: string): Promise<NoteSummary>
  /** @throws JoineryError `NOT_FOUND`, `NOTE_NAME_INVALID` */
  rename(id: string, title: string): Promise<NoteSummary>
  /** Gone for good on every device, with its text and its title. @throws JoineryError `NOT_FOUND` */
  remove(id: string): Promise<void>
  /** The text as it is now, in UTF-8; a note is never made from text. @throws JoineryError `NOT_FOUND` */
  exportText(id: string): Promise<{ title: string; text: string }>
  figures(): { openNotes: number; clients: number; unsavedBytes: number; refused: number }
  /** Writes what waits and ends all sockets. */
  stop(): Promise<void>
}

const NOT_TAKEN_AWAY = 'what is left of a removed note could not be taken away'

export async function createNotes(components: NotesComponents, init: NotesInit): Promise<Notes> {
  const index = await components.journal.view(titleFold)
  return new NodeNotes(components, init, index)
}

class NodeNotes implements Notes {
  readonly #components: NotesComponents
  readonly #limits: NotesLimits
  readonly #catalogue: NoteCatalogue
  readonly #shelf: NoteShelf
  readonly #snapshots: SnapshotStore
  readonly #recovery: RecoveryCopies
  readonly #live: LiveLinks | undefined
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_SYNC_MESSAGE_BYTES,
    // Nothing of ours is sent in parts, and no client of ours does.
    clientTracking: false
  })
  readonly #perAddress = new Map<string, number>()
  readonly #text: Allowances
  readonly #stops: (() => void)[] = []
  readonly #underWay = new Set<Promise<void>>()
  #clients = 0
  #refused = 0
  #sweeps = 0
  #cancelSweep: (() => void) | undefined
  #stopped = false

  constructor(components: NotesComponents, init: NotesInit, index: FoldView<NoteIndex>) {
    this.#components = components
    this.#catalogue = new NoteCatalogue({ ...components, index })
    this.#limits = {
      clientsPerAddress: limits.MAX_CLIENTS_PER_ADDRESS,
      clientsPerNote: limits.MAX_CLIENTS_PER_NOTE,
      clients: limits.MAX_CLIENTS,
      textBytesPerSecond: limits.TEXT_BYTES_PER_SECOND,
      textBytesBurst: limits.TEXT_BYTES_BURST,
      ...init.limits
    }
    this.#text = new Allowances(
      this.#limits.textBytesPerSecond,
      this.#limits.textBytesBurst,
      limits.MAX_REMEMBERED_ADDRESSES
    )
    this.#recovery = new RecoveryCopies(components.disk, join(init.directory, 'refused'))
    this.#snapshots = new SnapshotStore(components.disk, join(init.directory, 'snapshots'))
    this.#shelf = new NoteShelf({
      clock: components.clock,
      journal: components.journal,
      snapshots: this.#snapshots,
      onRefused: (refused) => this.#onRefused(refused),
      onFailure: (cause) =>
        this.#problem({ code: 'NOTE_FAILED', message: 'the disk or the journal did not take text', cause }),
      onCursors: (note, clientIds) => this.#live?.sendCursors(note, clientIds),
      onText: (note, update) => this.#live?.sendText(note, update),
      onShelfChanged: () => this.#live?.tellOpen()
    })
    this.#live =
      components.links &&
      new LiveLinks({
        clock: components.clock,
        random: components.random,
        links: components.links,
        note: (id) => this.#shelf.get(id),
        openIds: () => this.#shelf.ids(),
        onDiverged: (note) => this.#beside(this.#rebuild(note), 'could not be built anew', note.id)
      })
    this.#stops.push(
      index.onChange((entries) => this.#takeEntries(entries)),
      components.journal.onConfirmed(() => {
        for (const note of this.#shelf.notes()) note.checkCopies()
      })
    )
    this.#scheduleSweep()
    // The power may have failed before it was done.
    this.#beside(this.#forget(index.state.removed), NOT_TAKEN_AWAY)
  }

  #takeEntries(entries: readonly Entry[]): void {
    const byNote = new Map<string, Entry[]>()
    for (const entry of entries) {
      const id = noteIdOfTopic(entry.topic)
      if (id === undefined) continue
      const some = byNote.get(id)
      if (some) some.push(entry)
      else byNote.set(id, [entry])
    }
    // Text that was written elsewhere before that device heard of the removal comes late.
    const late = [...byNote.keys()].filter((id) => this.#catalogue.isRemoved(id))
    for (const [id, some] of byNote) this.#shelf.takeEntries(id, some)
    const told = entries.flatMap(({ kind, body }) =>
      kind === NOTE_REMOVED_KIND ? (decodeNoteRemoved(body) ?? []) : []
    )
    const removed = new Set([...told, ...late])
    if (removed.size === 0) return
    this.#beside(this.#forget(removed), NOT_TAKEN_AWAY)
  }

  async #forget(removed: ReadonlySet<string>): Promise<void> {
    for (const id of removed) await this.#shelf.drop(id)
    await this.#clearDisk(removed)
    for (const id of removed) await this.#catalogue.eraseLeft(id)
  }

  /** Takes away what this device keeps of notes beside the journal. */
  async #clearDisk(removed: ReadonlySet<string>): Promise<void> {
    for (const id of removed) await this.#snapshots.remove(id)
    await this.#recovery.forget(removed)
  }

  /** What nobody waits for, except whoever stops the notes. */
  #beside(work: Promise<void>, message: string, note?: string): void {
    const done = work
      .catch((cause: unknown) => this.#problem({ code: 'NOTE_FAILED', ...(note && { note }), message, cause }))
      .finally(() => this.#underWay.delete(done))
    this.#underWay.add(done)
  }

  #scheduleSweep(): void {
    this.#cancelSweep = this.#components.clock.after(limits.SWEEP_MS, () => {
      const ping = ++this.#sweeps % Math.round(limits.PING_MS / limits.SWEEP_MS) === 0
      for (const note of this.#shelf.notes()) note.sweep(ping)
      this.#shelf.sweep(this.#components.clock.monotonicMs())
      if (!this.#stopped) this.#scheduleSweep()
    })
  }

  #onRefused(refused: RefusedUpdate): void {
    this.#refused++
    this.#beside(this.#recovery.keep(refused), 'a recovery copy could not be written', refused.note)
    this.#problem({
      code: 'NOTE_REFUSED',
      note: refused.note,
      message: `${refused.code} from ${refused.address}, ${refused.update.length} bytes`
    })
  }

  async #rebuild(note: OpenNote): Promise<void> {
    const entries: Entry[] = []
    for await (const entry of this.#components.journal.entriesOf(noteTopic(note.id))) entries.push(entry)
    if (!note.isSettled) return
    this.#problem({ code: 'NOTE_DIVERGED', note: note.id, message: 'replicas differed and were built anew' })
    note.rebuild(entries)
    await this.#snapshots.remove(note.id)
  }

  #problem(problem: NotesProblem): void {
    this.#components.onProblem?.(problem)
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    try {
      if (this.#stopped) throw new JoineryError('STOPPED', 'the notes are closed')
      const visitor = checkVisitor(request, this.#components.site ?? plainSite, (one, ticket) =>
        this.#components.identify?.(one, ticket)
      )
      this.#admit(visitor)
      // A socket that dies before it is upgraded gives its place back as well.
      socket.once('close', () => this.#dismiss(visitor))
      this.#server.handleUpgrade(request, socket, head, (websocket) => {
        this.#serve(websocket, socket, visitor).catch((cause: unknown) => {
          this.#problem({ code: 'NOTE_FAILED', note: visitor.note, message: 'could not be opened', cause })
          websocket.terminate()
        })
      })
    } catch (error) {
      refuseUpgrade(
        socket,
        error instanceof JoineryError ? error : new JoineryError('INTERNAL', 'failed', { cause: error })
      )
    }
  }

  #admit({ address }: Visitor): void {
    const fromAddress = this.#perAddress.get(address) ?? 0
    if (fromAddress >= this.#limits.clientsPerAddress || this.#clients >= this.#limits.clients)
      throw new JoineryError('NOTES_BUSY', 'too many connections')
    this.#perAddress.set(address, fromAddress + 1)
    this.#clients++
  }

  #dismiss({ address }: Visitor): void {
    const fromAddress = (this.#perAddress.get(address) ?? 1) - 1
    if (fromAddress === 0) this.#perAddress.delete(address)
    else this.#perAddress.set(address, fromAddress)
    this.#clients--
  }

  async #serve(websocket: WebSocket, socket: Duplex, visitor: Visitor): Promise<void> {
    // An oversize or broken frame: `ws` closes with the right code by itself.
    websocket.on('error', () => undefined)
    websocket.pause()
    if (this.#catalogue.isRemoved(visitor.note)) {
      if (visitor.own) websocket.send(encodeSyncMessage({ kind: 'refused', code: 'NOTE_REMOVED' }))
      websocket.close(CLOSE_REMOVED)
      websocket.resume()
      return
    }
    let note: OpenNote
    try {
      note = await this.#shelf.open(visitor.note)
    } catch (error) {
      if (!(error instanceof JoineryError)) throw error
      websocket.close(CLOSE_BUSY)
      websocket.resume()
      return
    }
    if (websocket.readyState !== websocket.OPEN) return
    if (this.#stopped || note.clients >= this.#limits.clientsPerNote || !this.#catalogue.mayExist(visitor.note)) {
      websocket.close(this.#stopped ? CLOSE_STOPPING : CLOSE_BUSY)
      websocket.resume()
      return
    }
    const connection = new Connection(
      { clock: this.#components.clock, websocket, socket, text: this.#textFrom(visitor.address) },
      visitor
    )
    websocket.on('message', (data: Buffer, isBinary: boolean) => {
      // Until it answers our goodbye a client may go on sending.
      if (!connection.isOpen) return
      if (isBinary) note.receive(connection, data)
      else connection.close(CLOSE_MALFORMED)
    })
    websocket.on('close', () => note.leave(connection))
    note.join(connection)
    connection.resume('note')
  }

  #textFrom(address: string): Allowance {
    return this.#text.of(address, this.#components.clock.monotonicMs())
  }

  list(): NoteSummary[] {
    return this.#catalogue.lines().map((line) => this.#summary(line))
  }

  async create(title: string): Promise<NoteSummary> {
    return this.#summary(await this.#catalogue.create(title))
  }

  async rename(id: string, title: string): Promise<NoteSummary> {
    return this.#summary(await this.#catalogue.rename(id, title))
  }

  remove(id: string): Promise<void> {
    return this.#catalogue.remove(id)
  }

  #summary({ id, title, written }: CatalogueLine): NoteSummary {
    return { id, title, readers: this.#shelf.get(id)?.cursors.people ?? 0, written }
  }

  async exportText(id: string): Promise<{ title: string; text: string }> {
    const { title } = this.#catalogue.line(id)
    const note = await this.#shelf.open(id)
    return { title, text: note.document.text() }
  }

  figures(): { openNotes: number; clients: number; unsavedBytes: number; refused: number } {
    let unsavedBytes = 0
    for (const note of this.#shelf.notes()) unsavedBytes += note.unsavedBytes
    return { openNotes: this.#shelf.ids().length, clients: this.#clients, unsavedBytes, refused: this.#refused }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelSweep?.()
    await this.#shelf.stop()
    for (const stop of this.#stops) stop()
    this.#live?.stop()
    await Promise.all(this.#underWay)
    this.#server.close()
  }
}

function refuseUpgrade(socket: Duplex, error: JoineryError): void {
  const body = JSON.stringify({ code: error.code, next: error.next })
  socket.end(
    `HTTP/1.1 ${error.status} Refused\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}
