/** How big the messages of a stream are that carries bytes. */
import { expect, test } from 'vitest'
import { FIRST_SPAN_BYTES, SPAN_PACE_MS, UNPACED_BYTES } from '../../../node/blobs/limits.ts'
import { Pace } from '../../../node/blobs/stream-serving.ts'
import { MAX_SPAN_BYTES } from '../../../protocols/blob-stream.ts'

/** @param bytesPerMs of the link */
function paceOver(bytesPerMs: number) {
  let nowMs = 0
  const pace = new Pace({ monotonicMs: () => nowMs, wallMs: () => 0, after: () => () => undefined })
  const send = async (bytes: number): Promise<number> => {
    const sent = Promise.resolve().then(() => {
      nowMs += bytes / bytesPerMs
    })
    await pace.sending(bytes, sent)
    return pace.spanBytes
  }
  return { pace, send }
}

test('they are small until enough has left, and then as much as leaves in a moment', async () => {
  const bytesPerMs = 100
  const { pace, send } = paceOver(bytesPerMs)
  expect(pace.spanBytes).toBe(FIRST_SPAN_BYTES)
  expect(await send(UNPACED_BYTES - 1)).toBe(FIRST_SPAN_BYTES)
  const paced = bytesPerMs * SPAN_PACE_MS
  expect(Math.abs((await send(1)) - paced)).toBeLessThanOrEqual(1)
  // Also when what was sent long ago counts for less.
  for (let sent = 0; sent < 8; sent++) expect(Math.abs((await send(UNPACED_BYTES)) - paced)).toBeLessThanOrEqual(1)
})

test('they are never smaller than the first, and never larger than a message may be', async () => {
  const least = FIRST_SPAN_BYTES / SPAN_PACE_MS
  expect(await paceOver(least / 10).send(UNPACED_BYTES)).toBe(FIRST_SPAN_BYTES)
  expect(await paceOver(2 * least).send(UNPACED_BYTES)).toBe(2 * FIRST_SPAN_BYTES)
  const most = MAX_SPAN_BYTES / SPAN_PACE_MS
  expect(await paceOver(most).send(UNPACED_BYTES)).toBe(MAX_SPAN_BYTES)
  expect(await paceOver(10 * most).send(UNPACED_BYTES)).toBe(MAX_SPAN_BYTES)
})
