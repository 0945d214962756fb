import { describe, expect, test } from 'vitest'
import type { BlobSource } from '../../../node/blobs/index.ts'
import { Budget } from '../../../node/cloud/budget.ts'
import { meterLinks, paceSource } from '../../../node/cloud/index.ts'
import { JOURNAL_FIRST_MS, UPLINK_IN_FLIGHT_BYTES, UPLINK_REQUESTS } from '../../../node/cloud/limits.ts'
import { UplinkTurns } from '../../../node/cloud/uplink-turns.ts'
import { BLOB_PROTOCOL } from '../../../protocols/blob-stream.ts'
import type { MessageStream, PeerLink, PeerLinks } from '../../../protocols/message-stream.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

const QUIET = { journalQuiet: true, restlessMs: 0, budgetSpent: false }

describe('turns on a narrow line', () => {
  test('files wait for facts and text, but not for a record that never comes to rest', () => {
    const turns = new UplinkTurns()
    expect(turns.next(10, { ...QUIET, journalQuiet: false, restlessMs: JOURNAL_FIRST_MS - 1 })).toBe('wait')
    expect(turns.next(10, { ...QUIET, journalQuiet: false, restlessMs: JOURNAL_FIRST_MS })).toBe('begin')
    expect(turns.next(10, QUIET)).toBe('begin')
  })

  test('a big request goes alone, small ones side by side up to a number and a size', () => {
    const turns = new UplinkTurns()
    turns.began(2 ** 20)
    expect(turns.next(1, QUIET)).toBe('wait')
    turns.ended(2 ** 20)
    turns.began(UPLINK_IN_FLIGHT_BYTES - 10)
    expect(turns.next(10, QUIET)).toBe('begin')
    expect(turns.next(11, QUIET)).toBe('wait')
    turns.ended(UPLINK_IN_FLIGHT_BYTES - 10)
    for (let i = 0; i < UPLINK_REQUESTS; i++) {
      expect(turns.next(1, QUIET)).toBe('begin')
      turns.began(1)
    }
    expect(turns.next(1, QUIET)).toBe('wait')
  })

  test('nothing begins once the budget is spent', () => {
    expect(new UplinkTurns().next(1, { ...QUIET, budgetSpent: true })).toBe('refuse')
  })
})

describe('a budget', () => {
  test('is spent at its bytes, and not one byte before', () => {
    const budget = new Budget()
    budget.use(99, 0)
    expect(budget.isSpent({ bytes: 100, minutes: null })).toBe(false)
    budget.use(1, 1)
    expect(budget.isSpent({ bytes: 100, minutes: null })).toBe(true)
    expect(budget.isSpent({ bytes: null, minutes: null })).toBe(false)
    expect(budget.isSpent({ bytes: 0, minutes: null })).toBe(true)
  })

  test('of minutes counts the time in which bytes moved, and a long pause as one minute', () => {
    const budget = new Budget()
    for (let second = 0; second <= 60; second++) budget.use(1, second * 1000)
    expect(budget.usedMinutes).toBe(1)
    expect(budget.isSpent({ bytes: null, minutes: 2 })).toBe(false)
    budget.use(1, 60 * 60_000)
    expect(budget.usedMinutes).toBe(2)
    expect(budget.isSpent({ bytes: null, minutes: 2 })).toBe(true)
  })

  test('knows the rate of the last seconds, and that nothing moves any more', () => {
    const budget = new Budget()
    for (let second = 100; second < 120; second++) budget.use(1000, second * 1000)
    expect(budget.bytesPerSecond(120_000)).toBeGreaterThan(800)
    expect(budget.bytesPerSecond(120_000)).toBeLessThan(1200)
    expect(budget.bytesPerSecond(160_000)).toBe(0)
  })
})

describe('a budget in use', () => {
  test('once it is spent, files are neither fetched from the cloud peer nor sent to it; other devices are not touched', async () => {
    let spent = false
    let served = 0
    let handler: Parameters<PeerLinks['handle']>[2] | undefined
    const links: PeerLinks = {
      links: () => [],
      onLink: () => () => undefined,
      onLinkLost: () => () => undefined,
      handle: (protocol, _limits, given) => {
        if (protocol === BLOB_PROTOCOL) handler = given
      }
    }
    const metered = meterLinks(links, {
      budgetSpent: () => spent,
      served: (_peer, bytes) => {
        served += bytes
      }
    })
    metered.handle(BLOB_PROTOCOL, { maxMessageBytes: 10, idleTimeoutMs: 0 }, (stream) => stream.send(new Uint8Array(5)))
    const stream: MessageStream = {
      send: () => Promise.resolve(),
      receive: () => Promise.resolve(undefined),
      close: () => Promise.resolve(),
      abort: () => undefined
    }
    const linkOf = (role: 'node' | 'cloud') => ({ peer: role, profile: { role } }) as unknown as PeerLink
    await handler?.(stream, linkOf('cloud'))
    await handler?.(stream, linkOf('node'))
    expect(served).toBe(5)
    spent = true
    await expect(handler?.(stream, linkOf('cloud'))).rejects.toMatchObject({ code: 'BUSY' })
    await handler?.(stream, linkOf('node'))

    const clock = new SimulatedClock(new SimulatedTime())
    const source: BlobSource = {
      fetch: () => Promise.resolve({ kind: 'bytes', bytes: new Uint8Array(1) }),
      close: () => undefined
    }
    const paced = paceSource(
      { clock, source },
      {
        overUplink: ({ profile }) => profile.role === 'cloud',
        journalQuiet: () => true,
        budgetSpent: () => spent,
        fetched: () => undefined
      }
    )
    const request = { start: 0, end: 1 } as Parameters<BlobSource['fetch']>[1]
    const { signal } = new AbortController()
    expect(await paced.fetch(linkOf('cloud'), request, signal)).toEqual({ kind: 'failed', failure: 'busy' })
    expect(await paced.fetch(linkOf('node'), request, signal)).toMatchObject({ kind: 'bytes' })
    spent = false
    expect(await paced.fetch(linkOf('cloud'), request, signal)).toMatchObject({ kind: 'bytes' })
    paced.close()
  })

  test('who gives up while waiting for its turn leaves the queue', async () => {
    const time = new SimulatedTime()
    const source: BlobSource = {
      fetch: () => Promise.reject(new Error('nothing may begin')),
      close: () => undefined
    }
    const paced = paceSource(
      { clock: new SimulatedClock(time), source },
      { overUplink: () => true, journalQuiet: () => false, budgetSpent: () => false, fetched: () => undefined }
    )
    const abort = new AbortController()
    const link = { peer: 'p', profile: { role: 'cloud' } } as unknown as PeerLink
    const waiting = paced.fetch(link, { start: 0, end: 1 } as Parameters<BlobSource['fetch']>[1], abort.signal)
    await time.run(1_000)
    abort.abort()
    expect(await waiting).toEqual({ kind: 'failed', failure: 'unreachable' })
    await time.run(2_000)
    // No timer is left behind.
    expect(time.pending).toBe(0)
  })
})
