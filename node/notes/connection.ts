/**
 * One client of one note: what it may send, what it has been told is saved, and how much it has not read yet.
 * Frames are written past `ws` to the socket itself: one prebuilt buffer for all clients, one write for each.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { encodeSyncMessage } from '../../protocols/notes-sync.ts'
import type { Clock } from '../platform/clock.ts'
import { Allowance } from './allowance.ts'
import type { Owner } from './authors.ts'
import type { SignedIn } from './cursors.ts'
import type { NoteDocument, Refusal, Verdict } from './document.ts'
import { buildFrame } from './frame.ts'
import * as limits from './limits.ts'

export interface ConnectionComponents {
  /** How much text may come from this address, all its connections together. */
  text: Allowance
  clock: Clock
  websocket: WebSocket
  socket: Duplex
}

export interface ConnectionInit {
  owner: Owner
  signedIn: SignedIn
  /** IP address, for the limit per address. */
  address: string
  /** It understands our own messages. */
  own: boolean
}

export class Connection {
  readonly owner: Owner
  readonly signedIn: SignedIn
  readonly address: string
  readonly own: boolean
  /** ClientIDs that it wrote under. */
  readonly bound = new Set<number>()
  /** Updates that it sent. */
  received = 0
  /** How many of them may ever be called saved: the count stops before one that was refused. */
  #countsUpTo = Number.MAX_SAFE_INTEGER
  /** Its own clientID: the first one that it showed. What it has of others it may pass on, but that is theirs to save. */
  mainClientId: number | undefined
  /** It should tell again what it has once more text has come. */
  askAgain = false
  readonly #clock: Clock
  readonly #websocket: WebSocket
  readonly #socket: Duplex
  readonly #messages: Allowance
  readonly #bytes: Allowance
  readonly #answers: Allowance
  readonly #text: Allowance
  #saved = 0
  #copied = 0
  #devices = 1
  #toldSaved = false
  /** The vector of what it was sent, since its buffer is full. */
  #behind: { vector: Uint8Array; sinceMs: number } | undefined
  #cursorsBehind = false
  #alive = true
  #pausedBy = new Set<'rate' | 'note'>()
  #resumeCancel: (() => void) | undefined
  readonly #waitingAnswers = new Map<string, () => void>()
  #closed = false

  constructor(components: ConnectionComponents, init: ConnectionInit) {
    this.#clock = components.clock
    this.#websocket = components.websocket
    this.#socket = components.socket
    this.#text = components.text
    this.owner = init.owner
    this.signedIn = init.signedIn
    this.address = init.address
    this.own = init.own
    const now = this.#clock.monotonicMs()
    this.#messages = new Allowance(limits.MESSAGES_PER_SECOND, limits.MESSAGES_BURST, now)
    this.#bytes = new Allowance(limits.BYTES_PER_SECOND, limits.BYTES_BURST, now)
    this.#answers = new Allowance(limits.ANSWERS_PER_SECOND, limits.ANSWERS_BURST, now)
    this.#websocket.on('pong', () => {
      this.#alive = true
    })
  }

  /** Whose text it may send. */
  get owners(): Owner[] {
    return this.signedIn.also === undefined ? [this.owner] : [this.owner, this.signedIn.also]
  }

  /** Decides about an update. Nobody's clientIDs become its own only where it is plain that they are. */
  judge(document: NoteDocument, update: Uint8Array, answer: boolean): Verdict {
    const main = this.mainClientId
    const mayBind = (clientId: number): boolean => (main === undefined ? !answer : clientId === main)
    return document.judge(update, this.owner, this.bound, this.signedIn.also, mayBind)
  }

  takeRefusal({ code, clientIds }: Refusal, answer: boolean): void {
    const main = this.mainClientId
    const isPassedOn = main === undefined ? answer : !clientIds.includes(main)
    // A browser that comes from another node brings what others wrote there; it will arrive from them or through the journal.
    if (code === 'NOTE_FOREIGN_TEXT' && isPassedOn) this.askAgain = true
    else {
      this.refuse(code)
      this.stopCounting()
    }
  }

  onDrained(listener: () => void): void {
    this.#socket.on('drain', listener)
  }

  get isBehind(): boolean {
    return this.#behind !== undefined || this.#cursorsBehind
  }

  get isOpen(): boolean {
    return !this.#closed && this.#websocket.readyState === this.#websocket.OPEN
  }

  get countedUpTo(): number {
    return Math.min(this.received, this.#countsUpTo)
  }

  stopCounting(): void {
    this.#countsUpTo = Math.min(this.#countsUpTo, this.received - 1)
  }

  reset(): void {
    if (this.own) this.send(encodeSyncMessage({ kind: 'reset' }))
  }

  /** Counts a message; a client beyond its rate is not read for a while. */
  count(messageBytes: number): void {
    this.#alive = true
    const now = this.#clock.monotonicMs()
    this.#holdBack(Math.max(this.#messages.take(1, now), this.#bytes.take(messageBytes, now)))
  }

  /** Counts text that stays on every disk of the room. */
  countText(textBytes: number): void {
    this.#holdBack(this.#text.take(textBytes, this.#clock.monotonicMs()))
  }

  #holdBack(waitMs: number): void {
    if (waitMs === 0 || this.#resumeCancel) return
    this.pause('rate')
    this.#resumeCancel = this.#clock.after(waitMs, () => {
      this.#resumeCancel = undefined
      this.resume('rate')
    })
  }

  pause(why: 'rate' | 'note'): void {
    this.#pausedBy.add(why)
    this.#websocket.pause()
  }

  resume(why: 'rate' | 'note'): void {
    this.#pausedBy.delete(why)
    if (this.#pausedBy.size === 0 && !this.#closed) this.#websocket.resume()
  }

  /** Runs `answer` at once, or later when the client asks too often; of several waiting ones of a kind the last runs. */
  answerWithinRate(kind: 'have' | 'cursors', answer: () => void): void {
    this.#waitingAnswers.get(kind)?.()
    this.#waitingAnswers.delete(kind)
    const waitMs = this.#answers.take(1, this.#clock.monotonicMs())
    if (waitMs === 0) answer()
    else this.#waitingAnswers.set(kind, this.#clock.after(waitMs, answer))
  }

  send(payload: Uint8Array): void {
    if (this.isOpen) this.#socket.write(buildFrame(payload))
  }

  /**
   * What a tick has for everybody.
   *
   * @param text frames that must all arrive; @param cursors frames that may be dropped
   */
  deliver(text: Buffer | undefined, both: Buffer | undefined, source: CatchUp): void {
    if (!this.isOpen) return
    const unread = this.#socket.writableLength
    if (this.#behind) {
      if (unread > limits.CURSOR_BUFFER_BYTES) return
      this.send(source.since(this.#behind.vector))
      this.#behind = undefined
    } else if (text || both) {
      const drop = unread > limits.CURSOR_BUFFER_BYTES
      if (drop && text !== both) this.#cursorsBehind = true
      const frames = drop ? text : both
      const saved = this.#takeSaved()
      if (frames && saved) {
        this.#socket.cork()
        this.#socket.write(frames)
        this.#socket.write(saved)
        this.#socket.uncork()
      } else {
        const only = frames ?? saved
        if (only) this.#socket.write(only)
      }
      if (this.#socket.writableLength > limits.MAX_BUFFER_BYTES) {
        this.#behind = { vector: source.vector(), sinceMs: this.#clock.monotonicMs() }
        return
      }
    }
    // Also while others go on typing: cursors that stand still by now would be missing for as long.
    if (this.#cursorsBehind && unread <= limits.CURSOR_BUFFER_BYTES) {
      this.#cursorsBehind = false
      this.send(source.cursors())
    }
    const saved = this.#takeSaved()
    if (saved) this.#socket.write(saved)
  }

  /** @returns true when there is something to tell */
  markSaved(count: number): boolean {
    if (count <= this.#saved) return false
    this.#saved = count
    this.#toldSaved = false
    return this.own
  }

  /** @param devices that have the first `count` updates, this one included */
  markCopied(count: number, devices: number): boolean {
    if (count < this.#copied || (count === this.#copied && devices <= this.#devices)) return false
    this.#copied = count
    this.#devices = devices
    this.#toldSaved = false
    return this.own
  }

  #takeSaved(): Buffer | undefined {
    if (!this.own || this.#toldSaved || this.#saved === 0) return undefined
    this.#toldSaved = true
    return buildFrame(
      encodeSyncMessage({ kind: 'saved', saved: this.#saved, copied: this.#copied, devices: this.#devices })
    )
  }

  refuse(code: string): void {
    if (this.own) this.send(encodeSyncMessage({ kind: 'refused', code }))
  }

  /** Ends a client that reads nothing. @returns false when it did */
  checkStalled(nowMs: number): boolean {
    if (!this.#behind || nowMs - this.#behind.sinceMs < limits.STALLED_MS) return true
    this.terminate()
    return false
  }

  /** @returns false when the last ping was not answered */
  ping(): boolean {
    // Whom we do not read cannot be heard answering.
    if (this.#pausedBy.size > 0) return true
    if (!this.#alive) {
      this.terminate()
      return false
    }
    this.#alive = false
    if (this.isOpen) this.#websocket.ping()
    return true
  }

  /** @param code one of errors.ts */
  close(code: number): void {
    this.#stop()
    this.#websocket.close(code)
    // A client that does not answer the goodbye is cut off by `ws` after 30 s, one that we do not read would never be heard.
    this.#websocket.resume()
  }

  terminate(): void {
    this.#stop()
    this.#websocket.terminate()
  }

  #stop(): void {
    this.#closed = true
    this.#resumeCancel?.()
    for (const cancel of this.#waitingAnswers.values()) cancel()
  }

  /** Called once the socket has closed. */
  ended(): void {
    this.#stop()
  }
}

/** What a client that fell behind is brought up to date from; whole messages. */
export interface CatchUp {
  vector(): Uint8Array
  since(vector: Uint8Array): Uint8Array
  cursors(): Uint8Array
}
