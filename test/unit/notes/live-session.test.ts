import { expect, test } from 'vitest'
import { MAX_LIVE_QUEUE_BYTES } from '../../../node/notes/limits.ts'
import { LiveSession } from '../../../node/notes/live-links.ts'
import type { MessageStream } from '../../../protocols/message-stream.ts'
import { encodeLiveMessage, type LiveMessage } from '../../../protocols/notes-live.ts'

type Sent = Exclude<LiveMessage, { kind: 'unknown' }>

/** A message of text that is so long on the wire. */
function textOf(bytes: number): Sent {
  const of = (length: number): Sent => ({
    ...{ kind: 'text', note: 'day-1', update: { updates: [new Uint8Array(length)], authors: [] } }
  })
  return of(bytes - (encodeLiveMessage(of(bytes)).length - bytes))
}

test('for a peer that does not read so much waits, and of what is more only what it has to know', async () => {
  const sent: number[] = []
  const reads = Promise.withResolvers<void>()
  const all = Promise.withResolvers<void>()
  const open: Sent = { kind: 'open', notes: ['day-1'] }
  const stream = {
    async send(bytes: Uint8Array) {
      await reads.promise
      sent.push(bytes.length)
      if (bytes.length === encodeLiveMessage(open).length) all.resolve()
    },
    abort: () => undefined
  } as unknown as MessageStream
  const session = new LiveSession(stream)
  // Under way, and not in the queue any more.
  session.send(textOf(100_000))
  const quarter = MAX_LIVE_QUEUE_BYTES / 4
  for (const bytes of [quarter, quarter, quarter, quarter]) session.send(textOf(bytes))
  session.send(textOf(300))
  session.send(open)
  reads.resolve()
  await all.promise
  expect(sent).toEqual([100_000, quarter, quarter, quarter, quarter, encodeLiveMessage(open).length])
  session.end()
})
