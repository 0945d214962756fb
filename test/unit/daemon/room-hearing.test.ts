import { expect, test } from 'vitest'
import {
  ALONE_AFTER_MS,
  HEARING_MOST_MS,
  type HeardSoFar,
  hasHeard,
  openRoomHearing
} from '../../../node/daemon/room-hearing.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

/** A member that has just started, with another one in reach, and a list of the last time. */
const STARTED: HeardSoFar = {
  standing: 'member',
  compared: false,
  links: 1,
  others: 1,
  openMs: 0,
  hasList: true,
  listComing: false
}

test.each<[string, boolean, Partial<HeardSoFar>]>([
  ['one that has others in reach waits for their word', false, {}],
  ['one that has compared its journal knows', true, { compared: true }],
  ['one that founded the room and is the only one knows at once', true, { links: 0, others: 0, hasList: false }],
  ['one that meets nobody waits as long as finding somebody takes', false, { links: 0, openMs: ALONE_AFTER_MS - 1 }],
  ['and then nobody knows more', true, { links: 0, openMs: ALONE_AFTER_MS }],
  ['a journal that never comes to rest holds nobody up for ever', false, { openMs: HEARING_MOST_MS - 1 }],
  ['nor after that time', true, { openMs: HEARING_MOST_MS }],
  ['one that never met its room knows nothing, however late', false, { standing: 'waiting', links: 0, openMs: 1e9 }],
  ['two newcomers that met each other know what there is', true, { standing: 'waiting', compared: true }],
  ['a first list that is on its way is waited for', false, { compared: true, hasList: false, listComing: true }],
  ['however late', false, { compared: true, hasList: false, listComing: true, openMs: 1e9 }],
  ['a newer list too', false, { compared: true, listComing: true }],
  ['but not for ever where an older one is here', true, { compared: true, listComing: true, openMs: HEARING_MOST_MS }]
])('%s', (_rule, heard, so) => {
  expect(hasHeard({ ...STARTED, ...so })).toBe(heard)
})

test('what a peer sent counts once it is written, and the looking ends by itself', async () => {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(time)
  let quiet = false
  const hearing = openRoomHearing({
    clock,
    membership: {
      standing: () => 'member',
      view: () =>
        ({
          members: new Map([
            ['a', {}],
            ['b', {}]
          ])
        }) as never
    },
    collections: { index: { revision: () => 'r' } as never, pending: () => [] },
    sync: { status: () => [{ peer: 'b', quiet, lies: 0 }] }
  })
  await time.run(3_000)
  expect(hearing.hasHeard('pypi')).toBe(false)
  quiet = true
  await time.run(4_000)
  // The disk of this device has a second.
  expect(hearing.hasHeard('pypi')).toBe(false)
  await time.run(5_000)
  expect(hearing.hasHeard('pypi')).toBe(true)
  expect(hearing.hasHeard(undefined)).toBe(true)
  expect(time.pending).toBe(0)
  // A link that is busy later takes nothing back.
  quiet = false
  expect(hearing.hasHeard('pypi')).toBe(true)
})
