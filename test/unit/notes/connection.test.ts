/** One client of a note that reads slowly or writes too much: each limit at it and one past it, on a clock that the test moves. */
import type { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { Allowance } from '../../../node/notes/allowance.ts'
import { type CatchUp, Connection } from '../../../node/notes/connection.ts'
import {
  ANSWERS_BURST,
  BYTES_BURST,
  CURSOR_BUFFER_BYTES,
  MAX_BUFFER_BYTES,
  MESSAGES_BURST,
  MESSAGES_PER_SECOND,
  STALLED_MS
} from '../../../node/notes/limits.ts'
import { paceFor } from '../../../node/notes/pace.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

const TEXT = Buffer.from('text')
const BOTH = Buffer.from('text and cursors')
const SINCE = Uint8Array.of(1)
const CURSORS = Uint8Array.of(2)

function setUp() {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(time)
  const written: Buffer[] = []
  const state = { unread: 0, paused: false, ended: false, pings: 0 }
  const socket = {
    get writableLength() {
      return state.unread
    },
    write: (bytes: Buffer) => written.push(bytes),
    cork: () => undefined,
    uncork: () => undefined,
    on: () => undefined
  } as unknown as Duplex
  let pong = (): void => undefined
  const websocket = {
    OPEN: 1,
    readyState: 1,
    on: (_event: string, listener: () => void) => {
      pong = listener
    },
    pause: () => {
      state.paused = true
    },
    resume: () => {
      state.paused = false
    },
    ping: () => state.pings++,
    close: () => undefined,
    terminate: () => {
      state.ended = true
    }
  } as unknown as WebSocket
  const connection = new Connection(
    { clock, websocket, socket, text: new Allowance(1e9, 1e9, 0) },
    { owner: 'a'.repeat(32), signedIn: {}, address: '10.0.0.1', own: true }
  )
  const source: CatchUp = { vector: () => new Uint8Array(), since: () => SINCE, cursors: () => CURSORS }
  const deliver = (): Buffer[] => {
    written.length = 0
    connection.deliver(TEXT, BOTH, source)
    return [...written]
  }
  return { time, clock, state, connection, deliver, pong: () => pong() }
}

test('a client with a full buffer gets no cursors, and once it has read all of them at once', () => {
  const { state, deliver } = setUp()
  state.unread = CURSOR_BUFFER_BYTES
  expect(deliver()).toEqual([BOTH])
  state.unread = CURSOR_BUFFER_BYTES + 1
  expect(deliver()).toEqual([TEXT])
  state.unread = 0
  // With the next tick, although others go on typing.
  const [news, cursors] = deliver()
  expect([news, cursors?.at(-1)]).toEqual([BOTH, CURSORS[0]])
  expect(deliver()).toEqual([BOTH])
})

test('one with too much unread gets no text either, and then one difference instead of all that it missed', () => {
  const { state, connection, deliver } = setUp()
  state.unread = MAX_BUFFER_BYTES
  deliver()
  expect(connection.isBehind).toBe(true)
  const { state: other, connection: full, deliver: more } = setUp()
  other.unread = MAX_BUFFER_BYTES + 1
  more()
  expect(more()).toEqual([])
  expect(full.isBehind).toBe(true)
  other.unread = CURSOR_BUFFER_BYTES
  expect(more().map((bytes) => bytes.at(-1))).toContain(SINCE[0])
})

test('one that reads nothing is ended after its time, and not before', async () => {
  const { time, clock, state, connection, deliver } = setUp()
  state.unread = MAX_BUFFER_BYTES + 1
  deliver()
  await time.run(STALLED_MS - 1)
  expect(connection.checkStalled(clock.monotonicMs())).toBe(true)
  await time.run(STALLED_MS)
  expect(connection.checkStalled(clock.monotonicMs())).toBe(false)
  expect(state.ended).toBe(true)
})

test('so many messages and bytes at once are read; one more is read when there is room for it', async () => {
  const { time, state, connection } = setUp()
  for (let i = 0; i < MESSAGES_BURST; i++) connection.count(1)
  expect(state.paused).toBe(false)
  connection.count(1)
  expect(state.paused).toBe(true)
  await time.run(1000 / MESSAGES_PER_SECOND - 1)
  expect(state.paused).toBe(true)
  await time.run(1000 / MESSAGES_PER_SECOND)
  expect(state.paused).toBe(false)
  const heavy = setUp()
  heavy.connection.count(BYTES_BURST)
  expect(heavy.state.paused).toBe(false)
  heavy.connection.count(1)
  expect(heavy.state.paused).toBe(true)
})

test('a question is answered at once so often, and then the last one of them later', async () => {
  const { time, connection } = setUp()
  const answered: number[] = []
  for (let i = 0; i < ANSWERS_BURST + 3; i++) connection.answerWithinRate('have', () => answered.push(i))
  expect(answered).toHaveLength(ANSWERS_BURST)
  await time.run(60_000)
  expect(answered.slice(ANSWERS_BURST)).toEqual([ANSWERS_BURST + 2])
})

test('who does not answer a ping is ended; whom we do not read is not', () => {
  const { state, connection, pong } = setUp()
  expect(connection.ping()).toBe(true)
  pong()
  expect([connection.ping(), state.pings]).toEqual([true, 2])
  connection.pause('note')
  expect(connection.ping()).toBe(true)
  connection.resume('note')
  expect([connection.ping(), state.ended]).toEqual([false, true])
})

test('the more people, the more is gathered: the steps are where the limits say', () => {
  expect([8, 9, 25, 26].map((clients) => paceFor(clients).tickMs)).toEqual([0, 25, 25, 50])
  expect([8, 9, 25, 26].map((clients) => paceFor(clients).cursorsMs)).toEqual([50, 100, 100, 200])
})
