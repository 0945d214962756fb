/**
 * The page's side of `/notes/sync/<id>`: keeps a document and its cursors in step with a node, and changes to another node of the room when
 * the one it talks to does not answer. Unlike the stock provider it does not echo other people's cursors, sends its own at most five times a
 * second, and knows what is saved.
 */
import {
  type Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates
} from 'y-protocols/awareness'
import * as Y from 'yjs'
import {
  type CursorEntry,
  decodeAwareness,
  decodeSyncMessage,
  encodeAwareness,
  encodeSyncMessage,
  NOTES_SYNC_PATH,
  type SyncMessage,
  wholeCursor
} from '../../protocols/notes-sync.ts'

export interface NoteSocketOptions {
  doc: Y.Doc
  awareness: Awareness
  note: string
  /** Who we are to the node; kept in the browser. */
  token: string
  /** Of a signed-in person; see `NoteShell.ticket`. */
  ticket?: string | undefined
  /** Where the page came from, then other devices of the room: `http://192.168.1.20:8080`. Asked before each try. */
  origins(): readonly string[]
}

export interface SocketState {
  connection: 'connecting' | 'open' | 'closed'
  /** The one that we talk to, or talked to last. */
  origin: string
  unsaved: boolean
  saved: boolean
  devices: number
  savedAtMs: number
  /** The document is as the node has it. */
  synced: boolean
}

export type SocketEvent = { kind: 'state'; state: SocketState } | { kind: 'refused'; code: string } | { kind: 'reset' }

/** A node that does not answer within this is left for the next one. */
const OPEN_TIMEOUT_MS = 4_000
/** The node sends our own cursor back every 15 to 20 s. */
const SILENCE_MS = 30_000
const CURSOR_INTERVAL_MS = 200
const RETRY_MIN_MS = 200
const RETRY_MAX_MS = 2_500

export class NoteSocket {
  readonly #options: NoteSocketOptions
  readonly #listener: (event: SocketEvent) => void
  #socket: WebSocket | undefined
  #attempts = 0
  #stopped = false
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #openTimer: ReturnType<typeof setTimeout> | undefined
  #silenceTimer: ReturnType<typeof setInterval> | undefined
  #cursorTimer: ReturnType<typeof setTimeout> | undefined
  #cursorSentMs = 0
  #heardMs = 0
  /** What this socket's node knows of us besides the cursor. */
  #toldPerson: string | undefined
  /** Updates sent on this socket. */
  #sent = 0
  /** The node has asked for what it lacks, and got it. */
  #answered = false
  /** Something came from this browser: typed now, or kept from before. */
  #wrote = false
  state: SocketState

  constructor(options: NoteSocketOptions, listener: (event: SocketEvent) => void) {
    this.#options = options
    this.#listener = listener
    // What the browser kept may be on no device.
    this.#wrote = options.doc.store.clients.size > 0
    this.state = {
      connection: 'connecting',
      origin: options.origins()[0] ?? '',
      unsaved: this.#wrote,
      saved: false,
      devices: 1,
      savedAtMs: 0,
      synced: false
    }
    options.doc.on('update', this.#onUpdate)
    options.awareness.on('update', this.#onAwareness)
    this.#silenceTimer = setInterval(() => this.#checkSilence(), SILENCE_MS / 6)
    window.addEventListener('online', this.#onOnline)
    window.addEventListener('pagehide', this.#onPageHide)
    this.#connect()
  }

  #change(change: Partial<SocketState>): void {
    this.state = { ...this.state, ...change }
    this.#listener({ kind: 'state', state: this.state })
  }

  #connect(): void {
    if (this.#stopped || this.#socket) return
    const origins = this.#options.origins()
    // The page's own device first, then one after the other; a second round only after all were tried.
    const origin = origins[this.#attempts % Math.max(1, origins.length)] ?? ''
    const address = new URL(`${NOTES_SYNC_PATH}${this.#options.note}`, origin)
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    address.searchParams.set('own', '1')
    address.searchParams.set('token', this.#options.token)
    if (this.#options.ticket) address.searchParams.set('ticket', this.#options.ticket)
    const socket = new WebSocket(address)
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    this.#sent = 0
    this.#answered = false
    this.#toldPerson = undefined
    this.#change({ connection: 'connecting', origin })
    this.#openTimer = setTimeout(() => this.#close(), OPEN_TIMEOUT_MS)
    socket.onopen = () => {
      clearTimeout(this.#openTimer)
      this.#heardMs = performance.now()
      const { doc } = this.#options
      this.#send(encodeSyncMessage({ kind: 'have', vector: Y.encodeStateVector(doc) }))
      this.#sendCursor()
    }
    socket.onmessage = ({ data }) => {
      this.#heardMs = performance.now()
      this.#receive(decodeSyncMessage(new Uint8Array(data as ArrayBuffer)))
    }
    socket.onclose = () => this.#close()
  }

  #close(): void {
    const socket = this.#socket
    if (!socket) return
    this.#socket = undefined
    clearTimeout(this.#openTimer)
    socket.onopen = null
    socket.onmessage = null
    socket.onclose = null
    socket.close()
    const { awareness, doc } = this.#options
    removeAwarenessStates(
      awareness,
      [...awareness.getStates().keys()].filter((clientId) => clientId !== doc.clientID),
      this
    )
    this.#attempts++
    this.#change({ connection: 'closed', synced: false })
    if (this.#stopped) return
    const rounds = Math.floor((this.#attempts - 1) / Math.max(1, this.#options.origins().length))
    const waitMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** rounds)
    // Jitter: a class whose device died must not come back as one.
    this.#retryTimer = setTimeout(() => this.#connect(), waitMs * (0.5 + jitter()))
  }

  #receive(message: SyncMessage): void {
    const { doc, awareness } = this.#options
    switch (message.kind) {
      case 'have':
        this.#sendUpdate(Y.encodeStateAsUpdate(doc, message.vector), true)
        this.#answered = true
        break
      case 'update':
        Y.applyUpdate(doc, message.update, this)
        if (message.answer) {
          this.#attempts = 0
          this.#change({ connection: 'open', synced: true })
        }
        break
      case 'awareness':
        // The entries were checked while they were read.
        applyAwarenessUpdate(awareness, encodeAwareness(message.entries), this)
        break
      case 'cursors':
        this.#moveCursors(message.cursors)
        break
      case 'query-awareness':
        this.#toldPerson = undefined
        this.#sendCursor()
        break
      case 'saved':
        this.#takeSaved(message)
        break
      case 'refused':
        this.#listener({ kind: 'refused', code: message.code })
        break
      case 'reset':
        this.#listener({ kind: 'reset' })
        break
      default:
        break
    }
  }

  #takeSaved({ saved, copied, devices }: { saved: number; copied: number; devices: number }): void {
    // Only when the node has had everything that this browser holds.
    const complete = this.#answered && saved >= this.#sent
    this.#change({
      unsaved: !complete,
      saved: this.#wrote && (this.state.saved || complete),
      devices: copied >= this.#sent ? devices : 1,
      savedAtMs: complete && this.state.unsaved ? performance.now() : this.state.savedAtMs
    })
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return
    const sent = this.#socket?.readyState === WebSocket.OPEN
    if (sent) this.#sendUpdate(update, false)
    this.#wrote = true
    // What comes from the browser's own store may have been saved before, but nobody has told us so.
    if (!this.state.unsaved) this.#change({ unsaved: true })
  }

  #sendUpdate(update: Uint8Array, answer: boolean): void {
    this.#sent++
    this.#send(encodeSyncMessage({ kind: 'update', update, answer }))
  }

  #send(message: Uint8Array): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(message as Uint8Array<ArrayBuffer>)
  }

  readonly #onAwareness = ({ added, updated, removed }: AwarenessChange): void => {
    const { doc } = this.#options
    if (![...added, ...updated, ...removed].includes(doc.clientID)) return
    const waitMs = this.#cursorSentMs + CURSOR_INTERVAL_MS - performance.now()
    this.#cursorTimer ??= setTimeout(
      () => {
        this.#cursorTimer = undefined
        this.#sendCursor()
      },
      Math.max(0, waitMs)
    )
  }

  /** The whole state once, afterwards only where the cursor is. */
  #sendCursor(): void {
    const { awareness, doc } = this.#options
    const clock = awareness.meta.get(doc.clientID)?.clock
    if (clock === undefined || this.#socket?.readyState !== WebSocket.OPEN) return
    this.#cursorSentMs = performance.now()
    const { cursor = null, ...person } = awareness.getLocalState() ?? {}
    const told = JSON.stringify(person)
    if (awareness.getLocalState() !== null && told === this.#toldPerson) {
      const entry = { clientId: doc.clientID, clock, cursor: new TextEncoder().encode(JSON.stringify(cursor)) }
      this.#send(encodeSyncMessage({ kind: 'cursors', cursors: [entry] }))
      return
    }
    this.#toldPerson = told
    const entries = decodeAwareness(encodeAwarenessUpdate(awareness, [doc.clientID]))
    this.#send(encodeSyncMessage({ kind: 'awareness', entries }))
  }

  #moveCursors(cursors: readonly CursorEntry[]): void {
    const { awareness } = this.#options
    const entries = cursors.flatMap(({ clientId, clock, cursor }) => {
      const state = awareness.getStates().get(clientId)
      if (!state) return []
      const moved = { ...state, cursor: wholeCursor(JSON.parse(new TextDecoder().decode(cursor))) }
      return [{ clientId, clock, state: new TextEncoder().encode(JSON.stringify(moved)) }]
    })
    if (entries.length < cursors.length) this.#send(encodeSyncMessage({ kind: 'query-awareness' }))
    if (entries.length > 0) applyAwarenessUpdate(awareness, encodeAwareness(entries), this)
  }

  #checkSilence(): void {
    if (this.state.connection === 'open' && performance.now() - this.#heardMs > SILENCE_MS) this.#close()
  }

  readonly #onOnline = (): void => {
    clearTimeout(this.#retryTimer)
    this.#connect()
  }

  /** Others should not see a cursor of somebody who has left. */
  readonly #onPageHide = (): void => {
    removeAwarenessStates(this.#options.awareness, [this.#options.doc.clientID], 'left')
    this.#sendCursor()
  }

  stop(): void {
    this.#stopped = true
    this.#options.doc.off('update', this.#onUpdate)
    this.#options.awareness.off('update', this.#onAwareness)
    window.removeEventListener('online', this.#onOnline)
    window.removeEventListener('pagehide', this.#onPageHide)
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#cursorTimer)
    clearInterval(this.#silenceTimer)
    this.#close()
  }
}

interface AwarenessChange {
  added: number[]
  updated: number[]
  removed: number[]
}

/** 0 ≤ x < 1 */
function jitter(): number {
  const bytes = crypto.getRandomValues(new Uint16Array(1))
  return (bytes[0] ?? 0) / 65_536
}
