import { describe, expect, it } from 'vitest'
import { type SyncEffect, SyncSession, type SyncView, WantLedger } from '../../../node/journal/index.ts'
import {
  ANSWER_STALL_MS,
  DIGEST_INTERVAL_MS,
  HAVE_INTERVAL_MS,
  MAX_QUEUED_BYTES,
  MAX_WANTS,
  RELAY_DELAY_MS,
  REQUEST_STALL_MS
} from '../../../node/journal/limits.ts'
import { bytesOfHex } from '../../../node/journal/log-table.ts'
import { decodeSyncMessage, MAX_ROWS, type SyncMessage, type Tip } from '../../../protocols/journal-sync.ts'

const W = '11'.repeat(32)
const V = '22'.repeat(32)
const hash = (n: number): Uint8Array => new Uint8Array(16).fill(n)
const root = (n: number): Uint8Array => new Uint8Array(32).fill(n)

/** A journal that is what the test says. */
class FakeView implements SyncView {
  rootValue = root(1)
  logs = new Map<string, Tip[]>()
  repairRanges: ReturnType<SyncView['repairs']> = []
  wanted = true
  root = (): Uint8Array => this.rootValue
  bucketHashes = () =>
    [...new Set([...this.logs.keys()].map((id) => Number.parseInt(id.slice(0, 2), 16)))].map((bucket) => ({
      bucket,
      hash: hash(7)
    }))
  rowsOf = (bucket: number) =>
    [...this.logs]
      .filter(([id]) => Number.parseInt(id.slice(0, 2), 16) === bucket)
      .map(([id, tips]) => ({ writer: bytesOfHex(id), tips }))
  tips = (id: string): Tip[] => this.logs.get(id) ?? []
  next = (id: string): number => (this.logs.get(id)?.at(-1)?.number ?? -1) + 1
  writerCount = (): number => this.logs.size
  wants = (): boolean => this.wanted
  repairs = () => this.repairRanges
}

class Bench {
  readonly view = new FakeView()
  readonly known = new Map<string, number>()
  readonly session: SyncSession
  nowMs = 0
  sent: SyncMessage[] = []
  effects: SyncEffect[] = []

  constructor(dialer: boolean, ledger = new WantLedger()) {
    this.session = new SyncSession({ journal: this.view, ledger, known: this.known, fraction: () => 0.5 }, { dialer })
  }

  /** @param keep true: the stream takes nothing yet */
  tell(event: Parameters<SyncSession['handle']>[0], keep = false): this {
    const effects = this.session.handle(event, this.nowMs)
    for (const effect of effects) {
      if (effect.type !== 'send') this.effects.push(effect)
      else {
        this.sent.push(decodeSyncMessage(effect.bytes))
        if (!keep) this.tell({ type: 'sent', bytes: effect.bytes.length })
      }
    }
    return this
  }

  receive(message: SyncMessage): this {
    return this.tell({ type: 'received', message })
  }

  at(ms: number): this {
    this.nowMs = ms
    return this.tell({ type: 'time' })
  }

  take(): SyncMessage[] {
    return this.sent.splice(0)
  }

  types(): string[] {
    return this.take().map(({ type }) => type)
  }

  did(type: SyncEffect['type']): boolean {
    return this.effects.splice(0).some((effect) => effect.type === type)
  }
}

const have = (...rows: [string, number][]): SyncMessage => ({
  type: 'have',
  rows: rows.map(([id, number]) => ({ writer: bytesOfHex(id), number }))
})
const durable = (writer: string, number: number, own: boolean, bytes = new Uint8Array(100)) => ({
  type: 'durable' as const,
  batches: [{ writer, number, own, bytes }]
})

describe('the exchange with a peer', () => {
  it('sends a digest on connect and then every 30 s, from the dialler only', () => {
    const dialer = new Bench(true).tell({ type: 'linkUp' })
    expect(dialer.types()).toEqual(['digest'])
    dialer.receive({ type: 'same', root: root(1) })
    expect(dialer.session.deadlineMs()).toBe(DIGEST_INTERVAL_MS)
    expect(dialer.at(DIGEST_INTERVAL_MS - 1).types()).toEqual([])
    expect(dialer.at(DIGEST_INTERVAL_MS).types()).toEqual(['digest'])
    const acceptor = new Bench(false).tell({ type: 'linkUp' })
    expect(acceptor.types()).toEqual([])
    expect(acceptor.session.deadlineMs()).toBeUndefined()
  })

  it('says `same` to an equal digest, and then the peer has all that we have', () => {
    const bench = new Bench(false)
    bench.view.logs.set(W, [{ number: 4, hash: hash(1) }])
    expect(bench.receive({ type: 'digest', root: root(1) }).types()).toEqual(['same'])
    expect(bench.known.get(W)).toBe(4)
    expect(bench.did('confirmed')).toBe(true)
  })

  it('compares only the buckets that differ, and asks only for what is missing', () => {
    const bench = new Bench(true).tell({ type: 'linkUp' })
    bench.view.logs.set(W, [{ number: 4, hash: hash(1) }]).set(V, [{ number: 2, hash: hash(2) }])
    bench.take()
    bench.receive({
      type: 'buckets',
      buckets: [
        { bucket: 0x11, hash: hash(7) },
        { bucket: 0x22, hash: hash(8) }
      ]
    })
    expect(bench.take()).toMatchObject([
      { type: 'rows', answer: true, buckets: [0x22], rows: [{ writer: bytesOfHex(V) }] }
    ])
    expect(bench.known.get(W)).toBe(4)
    bench.receive({
      type: 'rows',
      answer: false,
      buckets: [0x22],
      rows: [{ writer: bytesOfHex(V), tips: [{ number: 5, hash: hash(9) }] }]
    })
    expect(bench.take()).toEqual([{ type: 'request', id: 0, ranges: [{ writer: bytesOfHex(V), from: 3, to: null }] }])
  })

  it('pushes what we write at once, and only to a peer that has everything before', () => {
    const bench = new Bench(false)
    expect(bench.tell(durable(W, 0, true)).types()).toEqual(['batches'])
    expect(bench.tell(durable(W, 1, true)).types()).toEqual(['batches'])
    const late = new Bench(false)
    expect(late.tell(durable(W, 9, true)).types()).toEqual(['have'])
  })

  it('tells what it has at most four times a second', () => {
    const bench = new Bench(false)
    expect(bench.tell(durable(V, 0, false)).types()).toEqual(['have'])
    expect(
      bench
        .tell(durable(V, 1, false))
        .tell(durable(V, 2, false))
        .types()
    ).toEqual([])
    expect(bench.session.deadlineMs()).toBe(HAVE_INTERVAL_MS)
    expect(bench.at(HAVE_INTERVAL_MS - 1).types()).toEqual([])
    expect(bench.at(HAVE_INTERVAL_MS).take()).toEqual([have([V, 2])])
  })

  it('waits 200 ms for the writer before it asks a neighbour, and does not ask when it came meanwhile', () => {
    const bench = new Bench(false)
    bench.receive(have([W, 0], [V, 3]))
    expect(bench.at(RELAY_DELAY_MS - 1).types()).toEqual([])
    bench.view.logs.set(V, [{ number: 3, hash: hash(1) }])
    expect(bench.at(RELAY_DELAY_MS).take()).toEqual([
      { type: 'request', id: 0, ranges: [{ writer: bytesOfHex(W), from: 0, to: null }] }
    ])
  })

  it('asks one peer at a time for a writer, and another one when the first stalls', () => {
    const ledger = new WantLedger()
    const [first, second] = [new Bench(false, ledger), new Bench(false, ledger)]
    for (const bench of [first, second]) bench.receive(have([W, 3]))
    first.at(RELAY_DELAY_MS)
    second.at(RELAY_DELAY_MS)
    expect(first.types()).toEqual(['request'])
    expect(second.types()).toEqual([])
    second.at(RELAY_DELAY_MS + REQUEST_STALL_MS - 1)
    expect(second.types()).toEqual([])
    second.at(RELAY_DELAY_MS + REQUEST_STALL_MS + 1)
    expect(second.types()).toEqual(['request'])
  })

  it('lets another peer be asked as soon as a link is down', () => {
    const ledger = new WantLedger()
    const [first, second] = [new Bench(false, ledger), new Bench(false, ledger)]
    for (const bench of [first, second]) bench.receive(have([W, 3])).at(RELAY_DELAY_MS)
    first.tell({ type: 'linkDown' })
    expect(ledger.size).toBe(0)
    second.at(RELAY_DELAY_MS + 1000)
    expect(second.types()).toEqual(['request'])
  })

  it('answers a request range by range, one read at a time, and goes on with what was written meanwhile', () => {
    const bench = new Bench(false)
    bench.view.logs.set(W, [{ number: 1, hash: hash(1) }])
    bench.receive({ type: 'request', id: 0, ranges: [{ writer: bytesOfHex(W), from: 0, to: null }] })
    expect(bench.effects).toEqual([{ type: 'read', writer: W, from: 0, to: null }])
    bench.effects.length = 0
    bench.view.logs.set(W, [{ number: 2, hash: hash(2) }])
    bench.tell({
      type: 'read',
      batches: [
        { number: 0, bytes: root(1) },
        { number: 1, bytes: root(2) }
      ],
      next: undefined
    })
    expect(bench.effects).toEqual([{ type: 'read', writer: W, from: 2, to: null }])
    bench.tell({ type: 'read', batches: [{ number: 2, bytes: root(3) }], next: undefined })
    expect(bench.types()).toEqual(['batches', 'batches', 'done'])
    expect(bench.tell(durable(W, 3, true)).types()).toEqual(['batches'])
  })

  it('reads nothing more for a peer that does not take what it asked for, and leaves live batches for it to ask', () => {
    const bench = new Bench(false)
    bench.view.logs.set(W, [{ number: 99, hash: hash(1) }])
    bench.receive({ type: 'request', id: 0, ranges: [{ writer: bytesOfHex(W), from: 0, to: null }] })
    let reads = 0
    let from = 0
    while (bench.did('read')) {
      reads++
      bench.tell({ type: 'read', batches: [{ number: from, bytes: new Uint8Array(200_000) }], next: ++from }, true)
    }
    expect(reads).toBeLessThan(4)
    expect(bench.session.queuedBytes).toBeLessThan(MAX_QUEUED_BYTES)
    for (let number = 0; number < 100; number++) bench.tell(durable(V, number, true, new Uint8Array(100_000)), true)
    expect(bench.session.queuedBytes).toBeLessThan(MAX_QUEUED_BYTES + 200_000)
  })

  it('notices a stream whose other end is gone although nobody said so', () => {
    const bench = new Bench(true).tell({ type: 'linkUp' })
    bench.at(ANSWER_STALL_MS - 1)
    expect(bench.did('stalled')).toBe(false)
    bench.at(ANSWER_STALL_MS)
    expect(bench.did('stalled')).toBe(true)
    const slow = new Bench(true).tell({ type: 'linkUp' })
    slow.at(ANSWER_STALL_MS - 1).receive(have([W, 0]))
    slow.at(ANSWER_STALL_MS)
    expect(slow.did('stalled')).toBe(false)
  })

  it.each<[string, boolean, SyncMessage[]]>([
    ['sends digests although it did not dial', true, [{ type: 'digest', root: root(2) }]],
    ['answers what nobody asked', false, [{ type: 'same', root: root(2) }]],
    ['sends buckets to the wrong side', false, [{ type: 'buckets', buckets: [] }]],
    [
      'asks twice at once',
      false,
      [0, 1].map((id) => ({ type: 'request', id, ranges: [{ writer: root(1), from: 0, to: null }] }) as const)
    ]
  ])('ends with a peer that %s', (_, dialer, messages) => {
    const bench = new Bench(dialer)
    for (const message of messages) bench.receive(message)
    expect(bench.did('misbehaved')).toBe(true)
  })

  it('does not mind a message that comes twice', () => {
    const bench = new Bench(false)
    const request: SyncMessage = { type: 'request', id: 0, ranges: [{ writer: root(1), from: 0, to: null }] }
    bench.receive(request).receive(request)
    bench.tell({ type: 'read', batches: [], next: undefined })
    bench.receive(request)
    expect(bench.types()).toEqual(['done'])
    expect(bench.did('misbehaved')).toBe(false)
  })

  it('remembers only so much of writers that a peer makes up', () => {
    const bench = new Bench(false)
    const madeUp = (k: number): string => k.toString(16).padStart(64, '0')
    for (let k = 0; k < MAX_WANTS * 3; k += MAX_ROWS)
      bench.receive(have(...Array.from({ length: MAX_ROWS }, (_, i): [string, number] => [madeUp(k + i), 5])))
    expect(bench.known.size).toBeLessThanOrEqual(MAX_WANTS)
    bench.at(RELAY_DELAY_MS)
    expect(bench.types()).toEqual(['request'])
  })

  it('asks for damaged ranges once it knows that the peer has them', () => {
    const bench = new Bench(true).tell({ type: 'linkUp' })
    bench.view.logs.set(W, [{ number: 9, hash: hash(1) }])
    bench.view.repairRanges = [{ writer: bytesOfHex(W), from: 3, to: 4 }]
    bench.take()
    bench.receive({ type: 'same', root: root(1) })
    expect(bench.take()).toEqual([{ type: 'request', id: 0, ranges: [{ writer: bytesOfHex(W), from: 3, to: 4 }] }])
  })

  it('asks nothing of what a removal hides', () => {
    const bench = new Bench(false)
    bench.view.wanted = false
    bench.receive(have([W, 3])).at(RELAY_DELAY_MS)
    bench.receive({
      type: 'rows',
      answer: true,
      buckets: [0x11],
      rows: [{ writer: bytesOfHex(W), tips: [{ number: 3, hash: hash(1) }] }]
    })
    expect(bench.types()).toEqual(['rows'])
  })

  it('looks for a foreign branch further and further back, and stops at the beginning', () => {
    const bench = new Bench(false)
    bench.view.logs.set(W, [{ number: 1000, hash: hash(1) }])
    const froms: number[] = []
    for (let round = 0; round < 5; round++) {
      bench.receive({
        type: 'rows',
        answer: true,
        buckets: [0x11],
        rows: [{ writer: bytesOfHex(W), tips: [{ number: 1000, hash: hash(2) }] }]
      })
      for (const message of bench.take()) {
        if (message.type !== 'request') continue
        froms.push(message.ranges[0]?.from ?? -1)
        bench.receive({ type: 'done', id: message.id })
      }
    }
    expect(froms).toEqual([936, 488, 0])
  })
})
