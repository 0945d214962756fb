/**
 * Streams of events to pages (text/event-stream). Bounded: so many in all and for one person, a beat so that silence is noticed, and a reader that does
 * not read is ended: the page opens a new one and gets everything again.
 * Source: WHATWG HTML, 9.2 Server-sent events.
 */
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import type { Clock } from '../platform/clock.ts'
import './errors.ts'

/** 100 learners with two pages in front each, and some dashboards. */
export const MAX_STREAMS = 256
/** A page closes its stream when nobody sees it; a laptop and a phone have a few in sight. */
export const MAX_STREAMS_PER_PERSON = 8
/**
 * A class behind one router has one address, and 64 connections: a third of them may follow stickies, pages and downloads have the rest. Whoever gets no
 * stream asks again now and then.
 */
export const MAX_SIGNAL_STREAMS_PER_ADDRESS = 20
/** Below the time after which an answer that says nothing is ended. */
const BEAT_MS = 20_000
/** A page that is this far behind gets everything anew instead. */
export const MAX_BEHIND_BYTES = 256 * 1024
/** The page tries again after so long. */
const RETRY_MS = 3_000

export interface EventStream {
  /** @returns how many bytes that is, before the network packs it */
  send(data: unknown): number
  /** The page asks for a new one. */
  end(): void
}

export class EventStreams {
  readonly #clock: Clock
  readonly #open = new Map<ServerResponse, { person: string; from: string | undefined; end: () => void }>()

  constructor(components: { clock: Clock }) {
    this.#clock = components.clock
  }

  /**
   * @param from the address, where streams of one address are counted
   * @param begin called once the stream is open; what it returns is called when it has ended
   * @throws JoineryError `TOO_MANY_STREAMS`
   */
  open(
    reply: FastifyReply,
    { person, from }: { person: string; from?: string },
    begin: (stream: EventStream) => () => void
  ): FastifyReply {
    const all = [...this.#open.values()]
    const mine = all.filter((one) => one.person === person).length
    const near = from === undefined ? 0 : all.filter((one) => one.from === from).length
    if (mine >= MAX_STREAMS_PER_PERSON || near >= MAX_SIGNAL_STREAMS_PER_ADDRESS || all.length >= MAX_STREAMS)
      throw new JoineryError('TOO_MANY_STREAMS', 'as many streams as there may be')
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' })
    raw.write(`retry: ${RETRY_MS}\n\n`)
    let stop: (() => void) | undefined
    let cancelBeat: (() => void) | undefined
    const end = (): void => {
      if (!this.#open.delete(raw)) return
      cancelBeat?.()
      stop?.()
      raw.end()
    }
    this.#open.set(raw, { person, from, end })
    raw.once('close', end)
    raw.once('error', end)
    const write = (text: string): void => {
      if (!this.#open.has(raw)) return
      raw.write(text)
      if (raw.writableLength > MAX_BEHIND_BYTES) {
        end()
        raw.destroy()
      }
    }
    const beat = (): void => {
      cancelBeat = this.#clock.after(BEAT_MS, () => {
        write(':\n\n')
        if (this.#open.has(raw)) beat()
      })
    }
    beat()
    stop = begin({
      send(data) {
        const text = `data: ${JSON.stringify(data)}\n\n`
        write(text)
        return Buffer.byteLength(text)
      },
      end
    })
    if (!this.#open.has(raw)) stop()
    return reply
  }

  /** When the node stops: pages open their streams again, here or elsewhere. */
  endAll(): void {
    for (const { end } of [...this.#open.values()]) end()
  }

  get size(): number {
    return this.#open.size
  }
}
