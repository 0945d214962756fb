import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import { expect, test } from 'vitest'
import { type EventStream, EventStreams, MAX_BEHIND_BYTES, MAX_STREAMS } from '../../../node/http/event-streams.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

/** An answer whose reader takes nothing. */
function unread(): FastifyReply {
  const raw = new ServerResponse(new IncomingMessage(new Socket()))
  return { raw, hijack: () => undefined } as unknown as FastifyReply
}

test('so many pages follow a device, and not one more until one has gone', () => {
  const streams = new EventStreams({ clock: new SimulatedClock(new SimulatedTime()) })
  const open = (number: number): FastifyReply => streams.open(unread(), { person: String(number) }, () => () => {})
  const first = open(0)
  for (let number = 1; number < MAX_STREAMS; number++) open(number)
  expect(() => open(MAX_STREAMS)).toThrow(expect.objectContaining({ code: 'TOO_MANY_STREAMS' }))
  first.raw.emit('close')
  open(MAX_STREAMS)
  expect(streams.size).toBe(MAX_STREAMS)
})

test('a page that does not read is ended before it costs more memory than it may, and what followed for it stops', () => {
  const streams = new EventStreams({ clock: new SimulatedClock(new SimulatedTime()) })
  const reply = unread()
  let stops = 0
  let stream: EventStream | undefined
  streams.open(reply, { person: 'a' }, (opened) => {
    stream = opened
    return () => stops++
  })
  const event = 'x'.repeat(16 * 1024)
  while (reply.raw.writableLength + event.length + 100 < MAX_BEHIND_BYTES) stream?.send(event)
  expect([streams.size, stops]).toEqual([1, 0])
  stream?.send(event)
  stream?.send(event)
  expect([streams.size, stops, reply.raw.destroyed]).toEqual([0, 1, true])
})
