import { expect, test } from 'vitest'
import type { DeviceCopies } from '../../../node/blobs/index.ts'
import type { RoomRuntime } from '../../../node/daemon/room-runtime.ts'
import { unplugWords } from '../../../node/daemon/unplug-words.ts'

function runtimeWith(lostBlobs: number, { pending = 0, known = true } = {}): RoomRuntime {
  const unplug = {
    safe: lostBlobs === 0,
    lost: { blobs: lostBlobs, bytes: lostBlobs * 10 },
    thin: { blobs: 0, bytes: 0 }
  }
  const copies = {
    heldFiles: 1,
    heldBytes: 1,
    roomFiles: 1,
    wantedFiles: 1,
    missingBytes: 0,
    unplug
  } satisfies DeviceCopies
  return {
    blobs: { device: () => (known ? copies : undefined) },
    collections: { pending: () => new Array(pending) }
  } as unknown as RoomRuntime
}

test('a device that holds nothing alone may be unplugged', () => {
  expect(unplugWords(runtimeWith(0), 'pi', true)).toEqual({ safe: true, onlyHereFiles: 0, onlyHereBytes: 0 })
})

test.each<[string, RoomRuntime, boolean, object]>([
  [
    'it holds the only copy of something',
    runtimeWith(2),
    true,
    { code: 'only-here', onlyHereFiles: 2, onlyHereBytes: 20 }
  ],
  ['we do not know yet what the room holds', runtimeWith(0, { pending: 1 }), true, { code: 'room-unknown' }],
  ['it is not linked: what it alone held is not known', runtimeWith(0), false, { code: 'not-connected' }],
  ['it has not said yet what it holds', runtimeWith(0, { known: false }), true, { code: 'not-connected' }]
])('not while %s', (_why, runtime, linked, more) => {
  expect(unplugWords(runtime, 'pi', linked)).toMatchObject({
    safe: false,
    reason: expect.stringMatching(/\.$/),
    ...more
  })
})
