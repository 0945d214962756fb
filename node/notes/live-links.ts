/**
 * The notes that this node and a peer both have open: text ahead of the journal, cursors, and the comparison of replicas.
 * One stream per link, opened by the dialer. Losing any message loses nothing: text comes again through the journal, cursors are renewed.
 */
import { sameBytes } from '../../protocols/cbor.ts'
import type { MessageStream, NodeId, PeerLink, PeerLinks } from '../../protocols/message-stream.ts'
import type { NoteUpdate } from '../../protocols/note-facts.ts'
import {
  decodeLiveMessage,
  encodeLiveMessage,
  type LiveCursor,
  type LiveMessage,
  MAX_LIVE_CURSORS,
  MAX_LIVE_MESSAGE_BYTES,
  NOTES_LIVE_LIMITS,
  NOTES_LIVE_PROTOCOL
} from '../../protocols/notes-live.ts'
import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'
import type { OwnedCursor } from './cursors.ts'
import * as limits from './limits.ts'
import type { OpenNote } from './open-note.ts'

export interface LiveLinksComponents {
  clock: Clock
  random: Random
  links: PeerLinks
  /** The note if it is open here. */
  note(id: string): OpenNote | undefined
  openIds(): string[]
  /** Replicas of this note differ for good. */
  onDiverged(note: OpenNote): void
}

/** A peer, as the `via` of its cursors; the same object while it comes and goes. */
interface Peer {
  id: NodeId
  session: LiveSession | undefined
  cancelGone: (() => void) | undefined
}

export class LiveLinks {
  readonly #components: LiveLinksComponents
  readonly #peers = new Map<NodeId, Peer>()
  readonly #stops: (() => void)[] = []
  /** Cursors that wait for the next message to other nodes. */
  readonly #cursors = new Map<string, Set<number>>()
  #cancelCursors: (() => void) | undefined
  #cancelDigests: (() => void) | undefined
  #stopped = false

  constructor(components: LiveLinksComponents) {
    this.#components = components
    const { links } = components
    links.handle(NOTES_LIVE_PROTOCOL, NOTES_LIVE_LIMITS, (stream, link) => this.#run(stream, link))
    this.#stops.push(
      links.onLink((link) => {
        if (link.dialer) this.#open(link)
      }),
      links.onLinkLost((link) => this.#peers.get(link.peer)?.session?.end())
    )
    this.#scheduleDigests()
  }

  #open(link: PeerLink): void {
    if (this.#stopped || !this.#components.links.links().includes(link)) return
    const again = (): void => {
      this.#components.clock.after(limits.LIVE_REOPEN_MS, () => this.#open(link))
    }
    link
      .open(NOTES_LIVE_PROTOCOL, NOTES_LIVE_LIMITS)
      .then((stream) => this.#run(stream, link).then(again, again), again)
  }

  async #run(stream: MessageStream, link: PeerLink): Promise<void> {
    const peer = this.#peerOf(link.peer)
    peer.session?.end()
    const session = new LiveSession(stream)
    peer.session = session
    peer.cancelGone?.()
    session.send({ kind: 'open', notes: this.#components.openIds() })
    try {
      for (;;) {
        const bytes = await stream.receive()
        if (bytes === undefined || this.#stopped) break
        this.#handle(peer, session, decodeLiveMessage(bytes))
      }
    } finally {
      session.end()
      if (peer.session === session) this.#left(peer)
    }
  }

  #peerOf(id: NodeId): Peer {
    const known = this.#peers.get(id)
    if (known) return known
    const peer: Peer = { id, session: undefined, cancelGone: undefined }
    this.#peers.set(id, peer)
    return peer
  }

  #left(peer: Peer): void {
    peer.session = undefined
    if (this.#stopped) return
    peer.cancelGone = this.#components.clock.after(limits.LIVE_GONE_MS, () => {
      if (peer.session) return
      for (const id of this.#components.openIds()) this.#components.note(id)?.dropCursorsVia(peer)
      this.#peers.delete(peer.id)
    })
  }

  #handle(peer: Peer, session: LiveSession, message: LiveMessage): void {
    if (message.kind === 'unknown') return
    if (message.kind === 'open') {
      const before = session.notes
      session.notes = new Set(message.notes)
      for (const id of session.notes) {
        const note = before.has(id) ? undefined : this.#components.note(id)
        if (note) session.sendCursors(id, note.localCursors())
      }
      for (const id of before) if (!session.notes.has(id)) this.#components.note(id)?.dropCursorsVia(peer)
      return
    }
    const note = this.#components.note(message.note)
    if (!note) return
    if (message.kind === 'text') note.takeAhead(message.update)
    else if (message.kind === 'cursors') {
      note.takeCursors(
        message.cursors.map((cursor) => ({ ...cursor, owner: Buffer.from(cursor.owner).toString('hex') })),
        peer
      )
    } else this.#compare(session, note, message)
  }

  /** A note was opened or closed here. */
  tellOpen(): void {
    const notes = this.#components.openIds()
    for (const { session } of this.#peers.values()) session?.send({ kind: 'open', notes })
  }

  sendText(note: OpenNote, update: NoteUpdate): void {
    for (const { session } of this.#peers.values()) {
      if (session?.notes.has(note.id)) session.send({ kind: 'text', note: note.id, update })
    }
  }

  /** They go with the next message; what is told then is what is true then. */
  sendCursors(note: OpenNote, clientIds: readonly number[]): void {
    if (this.#peers.size === 0) return
    const waiting = this.#cursors.get(note.id) ?? new Set<number>()
    this.#cursors.set(note.id, waiting)
    for (const clientId of clientIds) waiting.add(clientId)
    this.#cancelCursors ??= this.#components.clock.after(limits.LIVE_CURSORS_MS, () => {
      this.#cancelCursors = undefined
      for (const [id, changed] of this.#cursors) {
        const cursors = this.#components.note(id)?.localCursors(changed) ?? []
        if (cursors.length === 0) continue
        for (const { session } of this.#peers.values()) if (session?.notes.has(id)) session.sendCursors(id, cursors)
      }
      this.#cursors.clear()
    })
  }

  #scheduleDigests(): void {
    const jitter = 1 + limits.DIGEST_JITTER * (2 * this.#components.random.fraction() - 1)
    this.#cancelDigests = this.#components.clock.after(limits.DIGEST_MS * jitter, () => {
      this.#sendDigests()
      if (!this.#stopped) this.#scheduleDigests()
    })
  }

  #sendDigests(): void {
    for (const id of this.#components.openIds()) {
      const sessions = [...this.#peers.values()].flatMap(({ session }) => (session?.notes.has(id) ? [session] : []))
      const note = this.#components.note(id)
      if (sessions.length === 0 || !note?.isSettled) continue
      const digest = digestOf(note)
      for (const session of sessions) session.send({ kind: 'digest', note: id, ...digest })
    }
  }

  /** Equal vectors, unequal content, the same twice in a row: no deletion that is on its way explains it. */
  #compare(session: LiveSession, note: OpenNote, theirs: { vector: Uint8Array; content: Uint8Array }): void {
    const ours = digestOf(note)
    const suspicious =
      note.isSettled && sameBytes(ours.vector, theirs.vector) && !sameBytes(ours.content, theirs.content)
    const before = session.suspicions.get(note.id)
    session.suspicions.delete(note.id)
    if (!suspicious) return
    if (before && sameBytes(before.ours, ours.content) && sameBytes(before.theirs, theirs.content)) {
      this.#components.onDiverged(note)
      // The other side compares with what we have: tell it now, so that both build anew.
      session.send({ kind: 'digest', note: note.id, ...ours })
    } else session.suspicions.set(note.id, { ours: ours.content, theirs: theirs.content })
  }

  stop(): void {
    this.#stopped = true
    for (const stop of this.#stops) stop()
    this.#cancelCursors?.()
    this.#cancelDigests?.()
    for (const peer of this.#peers.values()) {
      peer.cancelGone?.()
      peer.session?.end()
    }
    this.#peers.clear()
  }
}

function digestOf(note: OpenNote): { vector: Uint8Array; content: Uint8Array } {
  const { vector, content } = note.document.vectorAndContent()
  return { vector: sha256(vector), content: sha256(content) }
}

/** One stream: messages leave one after the other, and what a slow peer cannot take is dropped. */
export class LiveSession {
  /** What the peer has open. */
  notes: ReadonlySet<string> = new Set()
  /** Differences that were seen once. */
  readonly suspicions = new Map<string, { ours: Uint8Array; theirs: Uint8Array }>()
  readonly #stream: MessageStream
  readonly #queue: Uint8Array[] = []
  #queueBytes = 0
  #sending = false
  #ended = false

  constructor(stream: MessageStream) {
    this.#stream = stream
  }

  sendCursors(note: string, cursors: readonly OwnedCursor[]): void {
    for (let at = 0; at < cursors.length; at += MAX_LIVE_CURSORS) {
      const some: LiveCursor[] = cursors
        .slice(at, at + MAX_LIVE_CURSORS)
        .map(({ clientId, owner, clock, state }) => ({ clientId, owner: Buffer.from(owner, 'hex'), clock, state }))
      this.send({ kind: 'cursors', note, cursors: some })
    }
  }

  send(message: Exclude<LiveMessage, { kind: 'unknown' }>): void {
    if (this.#ended) return
    const bytes = encodeLiveMessage(message)
    const room = this.#queueBytes + bytes.length <= limits.MAX_LIVE_QUEUE_BYTES
    if (bytes.length > MAX_LIVE_MESSAGE_BYTES || (!room && message.kind !== 'open')) return
    this.#queue.push(bytes)
    this.#queueBytes += bytes.length
    if (!this.#sending) this.#pump().catch(() => this.end())
  }

  async #pump(): Promise<void> {
    this.#sending = true
    for (let next = this.#queue.shift(); next && !this.#ended; next = this.#queue.shift()) {
      this.#queueBytes -= next.length
      await this.#stream.send(next)
    }
    this.#sending = false
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#queue.length = 0
    this.#stream.abort(new Error('the notes of this link are closed'))
  }
}
