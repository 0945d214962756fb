/**
 * One note in memory: the Yjs document, whose clientIDs are in it, and how far the entries were read.
 * Pure: updates in, what is new out. It never makes text of its own.
 */
import * as Y from 'yjs'
import { compareStamps, type Entry, type WriterId } from '../../protocols/journal.ts'
import { type Author, decodeNoteUpdate } from '../../protocols/note-facts.ts'
import { Authors, type Owner } from './authors.ts'
import { Fragments } from './fragments.ts'
import { MAX_AUTHORS_PER_CONNECTION, MAX_NOTE_BYTES, MAX_PENDING_BYTES } from './limits.ts'
import { scanUpdate, withoutClients } from './update-scan.ts'

/** The shared text has this name in every note's document. */
export const TEXT_NAME = 'text'

/** No text, no deletions. */
const NOTHING = Uint8Array.of(0, 0)

export interface Refusal {
  code: string
  clientIds: readonly number[]
}

/** What became of an update that a client sent. */
export interface Verdict {
  /** To be applied at the next tick. */
  accepted: Uint8Array | undefined
  /** It, or what it has under these clientIDs, was not taken. */
  refused?: Refusal
}

export interface Applied {
  /** Everything new in one update, for the other clients and (if it came from clients) for the journal. */
  news: Uint8Array | undefined
  /** Owners whose text still waits for something that this node lacks: it must not be called saved. */
  waiting: ReadonlySet<Owner>
  /** Deletions of text that is not here were dropped: ask the clients again once more has come. */
  askAgain: boolean
  /** Updates that Yjs threw on, by their place in the list. */
  broken: number[]
}

export class NoteDocument {
  #doc: Y.Doc
  readonly authors = new Authors()
  /** By writer: the last entry that is in here. */
  readonly progress = new Map<WriterId, readonly [number: number, index: number]>()
  readonly #fragments = new Fragments()
  #news: Uint8Array | undefined
  #sizeBytes = 0

  constructor() {
    this.#doc = this.#makeDoc()
  }

  #makeDoc(): Y.Doc {
    // gc off: history shows what was deleted, and every replica must keep the same.
    const doc = new Y.Doc({ gc: false })
    doc.on('update', (update: Uint8Array) => {
      this.#news = this.#news ? Y.mergeUpdates([this.#news, update]) : update
    })
    return doc
  }

  /** About what `state()` would have; it grows by every update until the next `state()`. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  text(): string {
    return this.#doc.getText(TEXT_NAME).toString()
  }

  vector(): Uint8Array {
    return Y.encodeStateVector(this.#doc)
  }

  /** Everything. */
  state(): Uint8Array {
    const state = Y.encodeStateAsUpdate(this.#doc)
    this.#sizeBytes = state.length
    return state
  }

  /** What is not in `vector`, and all deletions. The vector is a checked one. */
  since(vector: Uint8Array): Uint8Array {
    return Y.encodeStateAsUpdate(this.#doc, vector)
  }

  /**
   * Decides about an update from a client of `owner`, without applying it.
   *
   * @param bound clientIDs that this connection has bound so far; grows
   * @param also the same browser before its person signed in
   * @param mayBind whether a clientID that nobody owns may become theirs. What is not bound is taken all the same: after a node died, whoever
   *   comes first brings what others wrote there, and must not become its owner, or its author would be refused for ever
   * @throws JoineryError `MALFORMED` or `TOO_LARGE`
   */
  judge(
    update: Uint8Array,
    owner: Owner,
    bound: Set<number>,
    also?: Owner,
    mayBind: (clientId: number) => boolean = () => true
  ): Verdict {
    const scan = scanUpdate(update)
    const foreign: number[] = []
    let code = 'NOTE_FOREIGN_TEXT'
    let fresh = 0
    for (const [clientId, { to }] of scan.clients) {
      const known = Y.getState(this.#doc.store, clientId)
      if (to <= known) continue
      fresh++
      const owns = this.authors.ownerOf(clientId)
      if (owns === undefined ? known > 0 && !mayBind(clientId) : owns !== owner && owns !== also) {
        foreign.push(clientId)
        continue
      }
      if (!bound.has(clientId) && bound.size >= MAX_AUTHORS_PER_CONNECTION) {
        code = 'NOTE_TOO_MANY_AUTHORS'
        foreign.push(clientId)
      }
    }
    if (fresh > foreign.length && this.#sizeBytes + update.length > MAX_NOTE_BYTES)
      return { accepted: undefined, refused: { code: 'NOTE_FULL', clientIds: [] } }
    for (const [clientId, { to }] of scan.clients) {
      if (foreign.includes(clientId) || to <= Y.getState(this.#doc.store, clientId)) continue
      if (this.authors.ownerOf(clientId) === undefined && !mayBind(clientId)) continue
      if (this.authors.bind(clientId, owner)) bound.add(clientId)
      else {
        code = 'NOTE_TOO_MANY_AUTHORS'
        foreign.push(clientId)
      }
    }
    if (foreign.length === 0) return { accepted: update }
    const rest = fresh > foreign.length || scan.deletes ? withoutClients(update, foreign) : undefined
    return { accepted: rest, refused: { code, clientIds: foreign } }
  }

  /** Applies what clients sent since the last tick, in one transaction: one merge, one update for all. */
  applyFromClients(updates: readonly Uint8Array[]): Applied {
    const waitingDeletions = this.#doc.store.pendingDs
    let askAgain = false
    // Deletions of text that is not here would later delete what somebody has yet to write: only those from entries may wait.
    const dropWaiting = (): void => {
      if (this.#doc.store.pendingDs !== null) askAgain = true
      this.#doc.store.pendingDs = null
    }
    this.#doc.store.pendingDs = null
    const broken = this.#apply(updates, dropWaiting)
    if (waitingDeletions) {
      this.#doc.store.pendingDs = waitingDeletions
      // What came may be what they waited for.
      Y.applyUpdate(this.#doc, NOTHING)
    }
    return { news: this.#takeNews(), waiting: this.#waiting(), askAgain, broken }
  }

  /**
   * Applies entries of the journal. `unsaved`: part of the news had come from a client, waited for these entries, and is in no entry yet.
   */
  applyEntries(
    entries: readonly Entry[],
    options: {
      /** They became durable just now: an entry that we passed before has come back with what it lacked then. */
      fresh?: boolean
    } = {}
  ): Applied & { unsaved: boolean; updates: readonly Uint8Array[] } {
    const updates: Uint8Array[] = []
    const hadPending = this.#doc.store.pendingStructs !== null
    for (const entry of entries) {
      if (options.fresh !== true && this.#isKnown(entry)) continue
      const fact = decodeNoteUpdate(entry.body)
      const whole = fact?.fragment
        ? this.#fragments.add(entry.writer, fact.updates[0] as Uint8Array, fact.fragment)
        : fact?.updates
      // Only whole updates count as read: a snapshot between two fragments would lose the first.
      if (!fact?.fragment || whole) this.markRead(entry)
      if (!fact || !whole) continue
      this.authors.learn(fact.authors)
      updates.push(...whole)
    }
    const broken = this.#apply(updates)
    return {
      news: this.#takeNews(),
      waiting: this.#waiting(),
      askAgain: false,
      broken,
      unsaved: hadPending,
      updates
    }
  }

  /** Applies what another node sent ahead of its entries. */
  applyAhead(updates: readonly Uint8Array[], authors: readonly Author[]): Applied {
    this.authors.learn(authors)
    const broken = this.#apply(updates)
    return { news: this.#takeNews(), waiting: this.#waiting(), askAgain: false, broken }
  }

  /** Applies a local snapshot or a template. */
  load(state: Uint8Array, authors: readonly Author[]): void {
    this.authors.learn(authors)
    Y.applyUpdate(this.#doc, state)
    this.#news = undefined
    this.#sizeBytes = state.length
  }

  /** An entry is in here, because it was applied or because we wrote it ourselves. */
  markRead(entry: { writer: WriterId; number: number; index: number }): void {
    const last = this.progress.get(entry.writer)
    if (!last || entry.number > last[0] || (entry.number === last[0] && entry.index > last[1]))
      this.progress.set(entry.writer, [entry.number, entry.index])
  }

  #isKnown(entry: Entry): boolean {
    const last = this.progress.get(entry.writer)
    return last !== undefined && (entry.number < last[0] || (entry.number === last[0] && entry.index <= last[1]))
  }

  /**
   * Builds the document anew from all entries in their order, which is the same on every node, and gives up what else was in it.
   *
   * @param entries of this note; sorted here
   */
  rebuild(entries: readonly Entry[]): void {
    this.#doc.destroy()
    this.#doc = this.#makeDoc()
    this.authors.clear()
    this.progress.clear()
    this.#fragments.clear()
    this.#sizeBytes = 0
    this.applyEntries([...entries].sort(compareStamps))
  }

  /** Equal vectors with content that stays unequal: somebody wrote two texts under one clientID. */
  vectorAndContent(): { vector: Uint8Array; content: Uint8Array } {
    const content = Y.encodeSnapshot(Y.snapshot(this.#doc))
    const text = new TextEncoder().encode(this.text())
    const both = new Uint8Array(content.length + text.length)
    both.set(content)
    both.set(text, content.length)
    return { vector: this.vector(), content: both }
  }

  destroy(): void {
    this.#doc.destroy()
  }

  /** @param afterEach within the transaction */
  #apply(updates: readonly Uint8Array[], afterEach: () => void = () => undefined): number[] {
    const broken: number[] = []
    if (updates.length === 0) return broken
    this.#doc.transact(() => {
      updates.forEach((update, i) => {
        try {
          Y.applyUpdate(this.#doc, update)
        } catch {
          broken.push(i)
        }
        afterEach()
      })
    })
    return broken
  }

  #takeNews(): Uint8Array | undefined {
    const news = this.#news
    this.#news = undefined
    if (news) this.#sizeBytes += news.length
    return news
  }

  #waiting(): ReadonlySet<Owner> {
    const pending = this.#doc.store.pendingStructs
    const owners = new Set<Owner>()
    if (!pending) return owners
    const { clients } = scanUpdate(Y.convertUpdateFormatV2ToV1(pending.update))
    for (const clientId of clients.keys()) {
      const owner = this.authors.ownerOf(clientId)
      if (owner) owners.add(owner)
    }
    if (pending.update.length > MAX_PENDING_BYTES) this.#doc.store.pendingStructs = null
    return owners
  }
}
