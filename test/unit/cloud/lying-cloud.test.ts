import { expect, test } from 'vitest'
import { createStreamSource } from '../../../node/blobs/index.ts'
import { paceSource } from '../../../node/cloud/index.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { BLOB_PROTOCOL, decodeBlobRequest, encodeBlobHead, MAX_SPAN_BYTES } from '../../../protocols/blob-stream.ts'
import type { MessageStream } from '../../../protocols/message-stream.ts'
import { PIECE_BYTES } from '../../../protocols/piece-list.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'
import { fill, followAll, linkDevices, startDevice, TestCatalogue, until } from '../blobs/room.ts'

/** Answers every question with as many bytes as were asked for, of its own, or with many more. */
async function lie(stream: MessageStream, how: 'wrong' | 'endless'): Promise<void> {
  for (let message = await stream.receive(); message; message = await stream.receive()) {
    const { start, end } = decodeBlobRequest(message)
    await stream.send(encodeBlobHead({ kind: 'bytes' }))
    const most = how === 'wrong' ? end - start : Number.POSITIVE_INFINITY
    for (let at = 0; at < most; at += MAX_SPAN_BYTES)
      await stream.send(new Uint8Array(Math.min(MAX_SPAN_BYTES, most - at)).fill(7))
  }
}

test.each(['wrong', 'endless'] as const)(
  'of a cloud peer that gives %s bytes nothing is stored, it is named, and another device gives the right ones',
  async (how) => {
    using folder = temporaryFolder()
    const cloud = await startDevice(folder.path, 'cloud')
    const honest = await startDevice(folder.path, 'honest')
    const source = paceSource(
      { clock: systemClock, source: createStreamSource({ clock: systemClock }) },
      { overUplink: () => true, journalQuiet: () => true, budgetSpent: () => false, fetched: () => undefined }
    )
    const pi = await startDevice(folder.path, 'pi', { source })
    const sizes = [1000, 50_000, 3 * PIECE_BYTES]
    const blobs = await fill(cloud, sizes)
    await fill(honest, sizes)
    let asked = 0
    const handled = cloud.links.handlers.get(BLOB_PROTOCOL)
    if (!handled) throw new Error('nothing is served')
    cloud.links.handlers.set(BLOB_PROTOCOL, {
      limits: handled.limits,
      handler: async (stream) => {
        asked++
        await lie(stream, how)
      }
    })
    const catalogue = new TestCatalogue()
    catalogue.set(blobs)
    followAll([cloud, honest, pi], catalogue)
    linkDevices({ ...cloud, port: 0 }, pi)
    await until(
      () =>
        pi.events.some((event) => event.kind === 'peer-lied' && event.peer === 'cloud') ||
        (how === 'endless' && asked > 0)
    )
    expect(blobs.filter(({ cid }) => pi.store.has(cid))).toEqual([])
    linkDevices({ ...honest, port: 0 }, pi)
    await until(() => blobs.every(({ cid }) => pi.store.has(cid)))
    // It is left alone: not asked again for each of many pieces.
    expect(asked).toBeLessThan(12)
    for (const device of [cloud, honest, pi]) await device.stop()
  }
)
