/**
 * `MessageStream` over a stream of libp2p: each message behind its length in four bytes, with back-pressure both ways.
 *
 * `for await` of a libp2p stream has no back-pressure, and `pause()` inside a 'message' listener is undone when that listener was called
 * by `resume()` (it dispatches first and reopens the window afterwards): hence the pause after `resume()` has returned.
 */
import type { Stream } from '@libp2p/interface'
import { JoineryError } from '../../protocols/errors.ts'
import type { MessageStream, StreamLimits } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { READ_AHEAD_BYTES } from './limits.ts'

const LENGTH_BYTES = 4
/** The frames of two sends cost as much as copying so many bytes. */
const COPIED_MESSAGE_BYTES = 8192

/** Takes the stream over; nothing else may read or write it. */
export function messageStream(clock: Clock, stream: Stream, limits: StreamLimits): MessageStream {
  return new Libp2pMessageStream(clock, stream, limits)
}

class Libp2pMessageStream implements MessageStream {
  readonly #clock: Clock
  readonly #stream: Stream
  readonly #limits: StreamLimits
  /** What came and was not read yet. */
  #parts: Uint8Array[] = []
  #bufferedBytes = 0
  #ended = false
  #failure: Error | undefined
  #lastByteMs: number
  /** Called whenever something changed that a waiting `receive` looks at. */
  #changed = new Set<() => void>()
  #sending: Promise<void> = Promise.resolve()
  #receiving = false

  constructor(clock: Clock, stream: Stream, limits: StreamLimits) {
    this.#clock = clock
    this.#stream = stream
    this.#limits = limits
    this.#lastByteMs = clock.monotonicMs()
    stream.addEventListener('message', ({ data }) => {
      // A list is taken part by part: joining it would copy everything once more.
      for (const bytes of data instanceof Uint8Array ? [data] : data) this.#take(bytes)
      this.#taken()
    })
    stream.addEventListener('end', () => {
      this.#ended = true
      this.#notify()
    })
    stream.addEventListener('close', (event) => {
      if (event.error)
        this.#failure ??= new JoineryError('CLOSED', 'the other device ended the stream', { cause: event.error })
      else if (stream.readBufferLength === 0) this.#ended = true
      this.#notify()
    })
    if (stream.readableEnded) this.#ended = true
    if (stream.status === 'aborted' || stream.status === 'reset')
      this.#failure = new JoineryError('CLOSED', 'the stream is closed')
  }

  send(message: Uint8Array): Promise<void> {
    const sent = this.#sending.then(() => this.#sendNow(message))
    this.#sending = sent.catch(() => {})
    return sent
  }

  async #sendNow(message: Uint8Array): Promise<void> {
    if (message.length > this.#limits.maxMessageBytes) {
      throw new JoineryError(
        'TOO_LARGE',
        `a message of ${message.length} bytes, at most ${this.#limits.maxMessageBytes} are allowed`
      )
    }
    if (this.#failure) throw this.#failure
    try {
      if (this.#sendFramed(message)) {
        this.#lastByteMs = this.#clock.monotonicMs()
        return
      }
    } catch (cause) {
      throw this.#failure ?? new JoineryError('CLOSED', 'the stream is closed', { cause })
    }
    await this.#waitForDrain()
  }

  /** A small message goes out in one frame with its length; a big one is not worth copying for that. */
  #sendFramed(message: Uint8Array): boolean {
    const together = message.length <= COPIED_MESSAGE_BYTES
    const framed = new Uint8Array(LENGTH_BYTES + (together ? message.length : 0))
    new DataView(framed.buffer).setUint32(0, message.length)
    if (together) framed.set(message, LENGTH_BYTES)
    const hasRoom = this.#stream.send(framed)
    return together ? hasRoom : this.#stream.send(message)
  }

  /** Ours and not `onDrain()`: that one resolves early when only part of the queue left, and has no timeout. */
  async #waitForDrain(): Promise<void> {
    let queued = this.#stream.writeBufferLength
    const drained = (): boolean => {
      if (this.#stream.writeBufferLength < queued) this.#lastByteMs = this.#clock.monotonicMs()
      queued = this.#stream.writeBufferLength
      return !this.#stream.writableNeedsDrain
    }
    const notify = (): void => this.#notify()
    this.#stream.addEventListener('drain', notify)
    this.#stream.addEventListener('idle', notify)
    try {
      while (!drained()) {
        if (this.#failure) throw this.#failure
        if (this.#stream.writeStatus === 'closed') throw new JoineryError('CLOSED', 'the stream is closed')
        await this.#change()
      }
    } finally {
      this.#stream.removeEventListener('drain', notify)
      this.#stream.removeEventListener('idle', notify)
    }
  }

  async receive(): Promise<Uint8Array | undefined> {
    if (this.#receiving) throw new Error('one receive at a time')
    this.#receiving = true
    try {
      this.#lastByteMs = this.#clock.monotonicMs()
      while (true) {
        const length = this.#nextLength()
        if (length !== undefined && length > this.#limits.maxMessageBytes) {
          const error = new JoineryError('TOO_LARGE', `the other device sent ${length} bytes at once`)
          this.abort(error)
          throw error
        }
        if (length !== undefined && this.#bufferedBytes >= LENGTH_BYTES + length) {
          this.#takeOut(LENGTH_BYTES)
          const message = this.#takeOut(length)
          this.#flow()
          return message
        }
        if (this.#failure) throw this.#failure
        if (this.#ended) {
          if (this.#bufferedBytes === 0) return undefined
          throw new JoineryError('CLOSED', 'the stream ended inside a message')
        }
        this.#flow()
        if (this.#hasNext() || this.#ended || this.#failure) continue
        await this.#change()
      }
    } finally {
      this.#receiving = false
    }
  }

  async close(): Promise<void> {
    await this.#sending
    if (this.#stream.writeStatus !== 'writable') return
    try {
      await this.#stream.close({ signal: AbortSignal.timeout(Math.max(this.#limits.idleTimeoutMs, 10_000)) })
    } catch (cause) {
      this.#stream.abort(cause instanceof Error ? cause : new Error('close failed'))
      throw this.#failure ?? new JoineryError('CLOSED', 'the stream was closed before everything had left', { cause })
    }
  }

  abort(reason: Error): void {
    this.#failure ??=
      reason instanceof JoineryError ? reason : new JoineryError('CLOSED', 'the stream was aborted', { cause: reason })
    this.#parts = []
    this.#bufferedBytes = 0
    this.#stream.abort(reason)
    this.#notify()
  }

  /** Waits for the next change, at most until the stream was idle for too long. */
  async #change(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      let cancelTimer = (): void => {}
      const done = (): void => {
        this.#changed.delete(done)
        cancelTimer()
        resolve()
      }
      this.#changed.add(done)
      const timeoutMs = this.#limits.idleTimeoutMs
      if (timeoutMs === 0) return
      const check = (): void => {
        const leftMs = this.#lastByteMs + timeoutMs - this.#clock.monotonicMs()
        if (leftMs > 0) {
          cancelTimer = this.#clock.after(leftMs, check)
          return
        }
        this.#changed.delete(done)
        const error = new JoineryError('TIMED_OUT', `the other device was silent for ${timeoutMs} ms`)
        this.abort(error)
        reject(error)
      }
      check()
    })
  }

  #notify(): void {
    for (const changed of [...this.#changed]) changed()
  }

  #take(bytes: Uint8Array): void {
    if (this.#failure) return
    this.#parts.push(bytes)
    this.#bufferedBytes += bytes.length
  }

  #taken(): void {
    this.#lastByteMs = this.#clock.monotonicMs()
    if (!this.#resuming) this.#pauseWhenFull()
    this.#notify()
  }

  #resuming = false

  /** Lets bytes come when there is room, and only then. */
  #flow(): void {
    if (this.#stream.readStatus === 'paused' && !this.#isFull()) {
      this.#resuming = true
      try {
        this.#stream.resume()
      } catch (cause) {
        // Resuming tells the other side about the window; when the connection is gone that fails, the bytes are here all the same.
        if (this.#stream.readBufferLength > 0)
          this.#failure ??= new JoineryError('CLOSED', 'the connection ended', { cause })
      } finally {
        this.#resuming = false
      }
      if (this.#stream.readableEnded) this.#ended = true
    }
    this.#pauseWhenFull()
  }

  #pauseWhenFull(): void {
    if (this.#isFull() && this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  /** A message that is larger than the read-ahead has to come in whole before anybody can take it. */
  #isFull(): boolean {
    return this.#bufferedBytes >= READ_AHEAD_BYTES && this.#hasNext()
  }

  /** True when `receive` would not have to wait: a whole message, or a length that is too great. */
  #hasNext(): boolean {
    const length = this.#nextLength()
    return (
      length !== undefined && (length > this.#limits.maxMessageBytes || this.#bufferedBytes >= LENGTH_BYTES + length)
    )
  }

  #nextLength(): number | undefined {
    if (this.#bufferedBytes < LENGTH_BYTES) return undefined
    let first = this.#parts[0] as Uint8Array
    while (first.length < LENGTH_BYTES) {
      const [head, next] = this.#parts.splice(0, 2) as [Uint8Array, Uint8Array]
      first = concat([head, next], head.length + next.length)
      this.#parts.unshift(first)
    }
    return new DataView(first.buffer, first.byteOffset).getUint32(0)
  }

  #takeOut(length: number): Uint8Array {
    const taken: Uint8Array[] = []
    let missing = length
    while (missing > 0) {
      const first = this.#parts[0] as Uint8Array
      if (first.length <= missing) {
        taken.push(first)
        missing -= first.length
        this.#parts.shift()
      } else {
        taken.push(first.subarray(0, missing))
        this.#parts[0] = first.subarray(missing)
        missing = 0
      }
    }
    this.#bufferedBytes -= length
    // Copied, so that a small message does not hold a whole window's memory.
    return concat(taken, length)
  }
}

function concat(parts: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
