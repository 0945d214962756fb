import fc from 'fast-check'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { expect, test } from 'vitest'
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import { writeSyncStep1, writeSyncStep2, writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import { scanUpdate } from '../../../node/notes/update-scan.ts'
import { type CborValue, encodeCbor } from '../../../protocols/cbor.ts'
import { hasCode } from '../../../protocols/errors.ts'
import {
  cleanTitle,
  decodeNoteNamed,
  decodeNoteUpdate,
  encodeNoteUpdate,
  isNoteId,
  MAX_FRAGMENTS,
  MAX_TITLE_CHARACTERS,
  MAX_UPDATES_PER_ENTRY,
  noteIdOfTopic
} from '../../../protocols/note-facts.ts'
import {
  decodeLiveMessage,
  encodeLiveMessage,
  MAX_LIVE_CURSORS,
  MAX_LIVE_NOTES
} from '../../../protocols/notes-live.ts'
import {
  briefCursor,
  decodeSyncMessage,
  encodeSyncMessage,
  MAX_AWARENESS_ENTRIES,
  MAX_AWARENESS_STATE_BYTES,
  MAX_STATE_VECTOR_BYTES,
  MAX_SYNC_MESSAGE_BYTES,
  type SyncMessage,
  SyncReader,
  wholeCursor
} from '../../../protocols/notes-sync.ts'

/** Plain objects, as the decoders make them. */
const record: typeof fc.record = (model: object, constraints: object = {}) =>
  fc.record(model, { noNullPrototype: true, ...constraints }) as never

const RUNS = { numRuns: 100_000 }
const bytes = fc.uint8Array({ maxLength: 64 })
const clock = fc.oneof(fc.nat(300), fc.maxSafeNat())

const message: fc.Arbitrary<Exclude<SyncMessage, { kind: 'unknown' }>> = fc.oneof(
  record({ kind: fc.constant('have' as const), vector: bytes }),
  record({ kind: fc.constant('update' as const), update: bytes, answer: fc.boolean() }),
  record({
    kind: fc.constant('awareness' as const),
    entries: fc.array(record({ clientId: clock, clock, state: bytes }), { maxLength: 5 })
  }),
  fc.constant({ kind: 'query-awareness' as const }),
  record({
    kind: fc.constant('cursors' as const),
    cursors: fc.array(record({ clientId: clock, clock, cursor: bytes }), { maxLength: 5 })
  }),
  record({ kind: fc.constant('saved' as const), saved: clock, copied: clock, devices: clock }),
  fc.constant({ kind: 'refused' as const, code: 'NOTE_FULL' }),
  fc.constant({ kind: 'reset' as const })
)

/** A valid encoding with one byte changed, cut, or added: the neighbours of what is right. */
function damaged(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(valid, fc.nat(), fc.nat(255), fc.constantFrom('change', 'cut', 'add'))
    .map(([whole, at, byte, how]) => {
      const place = whole.length === 0 ? 0 : at % whole.length
      if (how === 'cut') return whole.slice(0, place)
      if (how === 'add') return Uint8Array.of(...whole.subarray(0, place), byte, ...whole.subarray(place))
      const copy = whole.slice()
      copy[place] = byte
      return copy
    })
}

function refusesOrReads(decode: (bytes: Uint8Array) => unknown, input: Uint8Array): void {
  try {
    decode(input)
  } catch (error) {
    if (!hasCode(error, 'MALFORMED') && !hasCode(error, 'TOO_LARGE')) throw error
  }
}

test('every message on the sync socket comes back as it was', () => {
  fc.assert(
    fc.property(message, (one) => {
      expect(decodeSyncMessage(encodeSyncMessage(one))).toEqual(one)
    }),
    { numRuns: 5_000 }
  )
})

test('100,000 random and damaged messages on the sync socket: read or refused with a code, never anything else', () => {
  const input = fc.oneof(fc.uint8Array({ maxLength: 80 }), damaged(message.map(encodeSyncMessage)))
  fc.assert(
    fc.property(input, (one) => refusesOrReads(decodeSyncMessage, one)),
    RUNS
  )
})

test('a message cut at any byte is refused', () => {
  const whole = encodeSyncMessage({
    kind: 'awareness',
    entries: [{ clientId: 2 ** 40, clock: 300, state: new TextEncoder().encode('{"user":{"name":"Ada"}}') }]
  })
  for (let at = 0; at < whole.length; at++) expect(() => decodeSyncMessage(whole.subarray(0, at)), `at ${at}`).toThrow()
  expect(() => decodeSyncMessage(Uint8Array.of(...whole, 0))).toThrow('bytes after')
})

test('integers: up to 2^53 − 1, and no longer than they need space for', () => {
  const encode = (value: number): Uint8Array => {
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, value)
    return encoding.toUint8Array(encoder)
  }
  for (const value of [0, 127, 128, 2 ** 32, Number.MAX_SAFE_INTEGER])
    expect(new SyncReader(encode(value)).integer()).toBe(value)
  expect(() => new SyncReader(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 16)).integer()).toThrow('too large')
  expect(() => new SyncReader(Uint8Array.of(128, 128, 128, 128, 128, 128, 128, 128, 0)).integer()).toThrow('too long')
})

test('limits of the sync socket hold at the limit and refuse one past it', () => {
  const have = (length: number) => encodeSyncMessage({ kind: 'have', vector: new Uint8Array(length) })
  expect(decodeSyncMessage(have(MAX_STATE_VECTOR_BYTES)).kind).toBe('have')
  expect(() => decodeSyncMessage(have(MAX_STATE_VECTOR_BYTES + 1))).toThrow()
  const cursors = (count: number, stateBytes = 4) =>
    encodeSyncMessage({
      kind: 'awareness',
      entries: Array.from({ length: count }, (_, i) => ({ clientId: i, clock: 1, state: new Uint8Array(stateBytes) }))
    })
  expect(decodeSyncMessage(cursors(MAX_AWARENESS_ENTRIES)).kind).toBe('awareness')
  expect(() => decodeSyncMessage(cursors(MAX_AWARENESS_ENTRIES + 1))).toThrow()
  expect(decodeSyncMessage(cursors(1, MAX_AWARENESS_STATE_BYTES)).kind).toBe('awareness')
  expect(() => decodeSyncMessage(cursors(1, MAX_AWARENESS_STATE_BYTES + 1))).toThrow()
  const update = (messageBytes: number) => {
    // type, step, and a length of four bytes
    const one = encodeSyncMessage({ kind: 'update', update: new Uint8Array(messageBytes - 6), answer: false })
    expect(one.length).toBe(messageBytes)
    return one
  }
  expect(decodeSyncMessage(update(MAX_SYNC_MESSAGE_BYTES)).kind).toBe('update')
  expect(() => decodeSyncMessage(update(MAX_SYNC_MESSAGE_BYTES + 1))).toThrow('too long')
})

test('our bytes are those of y-protocols', () => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, 'hello')
  const stock = (write: (encoder: encoding.Encoder) => void, type = 0): Uint8Array => {
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, type)
    write(encoder)
    return encoding.toUint8Array(encoder)
  }
  const update = Y.encodeStateAsUpdate(doc)
  const vector = Y.encodeStateVector(doc)
  expect(encodeSyncMessage({ kind: 'have', vector })).toEqual(stock((encoder) => writeSyncStep1(encoder, doc)))
  expect(encodeSyncMessage({ kind: 'update', update, answer: true })).toEqual(
    stock((encoder) => writeSyncStep2(encoder, doc))
  )
  expect(encodeSyncMessage({ kind: 'update', update, answer: false })).toEqual(
    stock((encoder) => writeUpdate(encoder, update))
  )
  const awareness = new Awareness(doc)
  awareness.setLocalState({ user: { name: 'Ada' } })
  const theirs = encodeAwarenessUpdate(awareness, [doc.clientID])
  const wrapped = stock((encoder) => encoding.writeVarUint8Array(encoder, theirs), 1)
  const read = decodeSyncMessage(wrapped)
  expect(read.kind === 'awareness' && encodeSyncMessage(read)).toEqual(wrapped)
  awareness.destroy()
  expect(decoding.readVarUint(decoding.createDecoder(wrapped))).toBe(1)
})

const liveMessage = fc.oneof(
  record({
    kind: fc.constant('open' as const),
    notes: fc.array(fc.constantFrom('day-1', 'x', 'a'.repeat(64)), { maxLength: 4 })
  }),
  record({
    kind: fc.constant('text' as const),
    note: fc.constant('day-1'),
    update: record({
      updates: fc.array(bytes, { maxLength: 3 }),
      authors: fc.constant([[7, new Uint8Array(16)] as const])
    })
  }),
  record({
    kind: fc.constant('cursors' as const),
    note: fc.constant('day-1'),
    cursors: fc.array(record({ clientId: clock, owner: fc.constant(new Uint8Array(16)), clock, state: bytes }), {
      maxLength: 3
    })
  }),
  fc.constant({ kind: 'digest' as const, note: 'day-1', vector: new Uint8Array(32), content: new Uint8Array(32) })
)

test('100,000 random and damaged messages between nodes: read or refused with a code', () => {
  fc.assert(
    fc.property(liveMessage, (one) => {
      expect(decodeLiveMessage(encodeLiveMessage(one))).toEqual(one)
    }),
    { numRuns: 2_000 }
  )
  const input = fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged(liveMessage.map(encodeLiveMessage)))
  fc.assert(
    fc.property(input, (one) => refusesOrReads(decodeLiveMessage, one)),
    RUNS
  )
})

test('limits between nodes hold at the limit and refuse one past it', () => {
  const open = (count: number) =>
    encodeLiveMessage({ kind: 'open', notes: Array.from({ length: count }, (_, i) => `n${i}`) })
  expect(decodeLiveMessage(open(MAX_LIVE_NOTES)).kind).toBe('open')
  expect(() => decodeLiveMessage(open(MAX_LIVE_NOTES + 1))).toThrow()
  const cursor = { clientId: 1, owner: new Uint8Array(16), clock: 1, state: new Uint8Array(4) }
  const cursors = (count: number) =>
    encodeLiveMessage({ kind: 'cursors', note: 'x', cursors: new Array(count).fill(cursor) })
  expect(decodeLiveMessage(cursors(MAX_LIVE_CURSORS)).kind).toBe('cursors')
  expect(() => decodeLiveMessage(cursors(MAX_LIVE_CURSORS + 1))).toThrow()
})

test('100,000 bodies of entries, right, nearly right and wrong: understood or left alone, never thrown at', () => {
  const value: fc.Arbitrary<CborValue> = fc.oneof(
    fc.nat(20),
    fc.string({ maxLength: 4 }),
    bytes,
    fc.constant(null),
    fc.array(fc.nat(20), { maxLength: 3 })
  )
  const body = fc.oneof(
    value,
    record(
      {
        updates: fc.oneof(value, fc.array(fc.oneof(bytes, value), { maxLength: 3 })),
        authors: fc.oneof(
          value,
          fc.array(fc.tuple(fc.nat(), fc.constantFrom(new Uint8Array(16), new Uint8Array(15))), { maxLength: 3 })
        ),
        fragment: fc.oneof(value, fc.tuple(fc.nat(20), fc.nat(20))),
        id: fc.oneof(value, fc.constant('day-1')),
        title: value
      },
      { requiredKeys: [] }
    )
  )
  fc.assert(
    fc.property(body, (one) => {
      const update = decodeNoteUpdate(one as CborValue)
      if (update) encodeCbor(encodeNoteUpdate(update))
      decodeNoteNamed(one as CborValue)
    }),
    RUNS
  )
})

test('limits of entries hold at the limit and refuse one past it', () => {
  const updates = (count: number) => ({ updates: new Array(count).fill(new Uint8Array(2)) })
  expect(decodeNoteUpdate(updates(MAX_UPDATES_PER_ENTRY))).toBeDefined()
  expect(decodeNoteUpdate(updates(MAX_UPDATES_PER_ENTRY + 1))).toBeUndefined()
  const fragment = (at: number, of: number) => ({ updates: [new Uint8Array(2)], fragment: [at, of] })
  expect(decodeNoteUpdate(fragment(MAX_FRAGMENTS - 1, MAX_FRAGMENTS))).toBeDefined()
  expect(decodeNoteUpdate(fragment(0, MAX_FRAGMENTS + 1))).toBeUndefined()
  expect(decodeNoteUpdate(fragment(2, 2))).toBeUndefined()
})

test('addresses of notes are plain, and tricks are none', () => {
  for (const id of ['a', 'day-1', '0', 'a'.repeat(64)]) expect(isNoteId(id), id).toBe(true)
  for (const id of [
    '',
    '-a',
    'a-',
    'A',
    'a'.repeat(65),
    'a.b',
    '..',
    'a/b',
    'a%2fb',
    'a b',
    'ä',
    'a\0',
    'a\n',
    '__proto__',
    'note/x'
  ])
    expect(isNoteId(id), JSON.stringify(id)).toBe(false)
  expect(noteIdOfTopic('note/day-1')).toBe('day-1')
  expect(noteIdOfTopic('note/../room')).toBeUndefined()
  expect(noteIdOfTopic('notes')).toBeUndefined()
})

test('titles are one line without disguises', () => {
  expect(cleanTitle('  Day\n1\t: Python  ')).toBe('Day 1 : Python')
  expect(cleanTitle('exe.\u202Etxt')).toBe('exe. txt')
  expect(cleanTitle(' \u200e\n ')).toBeUndefined()
  expect(cleanTitle('🙂'.repeat(MAX_TITLE_CHARACTERS + 1))).toBe('🙂'.repeat(MAX_TITLE_CHARACTERS))
})

test('100,000 random and damaged updates of Yjs: scanned or refused with a code', () => {
  const doc = new Y.Doc()
  const text = doc.getText('text')
  const valid: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => valid.push(update))
  text.insert(0, 'hello world')
  text.insert(5, ', dear 🙂')
  text.delete(2, 4)
  text.format(0, 3, { bold: true })
  doc.getMap('map').set('key', { deep: [1, 2, { nested: true }] })
  doc.getArray('list').push(['a', 1, null])
  const input = fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged(fc.constantFrom(...valid)))
  fc.assert(
    fc.property(input, (one) => refusesOrReads(scanUpdate, one)),
    RUNS
  )
})

test('an update that claims four billion items is refused at its first byte', () => {
  const claims = Uint8Array.of(1, 255, 255, 255, 255, 15, 5, 0)
  // Whoever believed it would fill gigabytes before it noticed the end, and fail otherwise.
  expect(() => scanUpdate(claims)).toThrow('not an update')
})

test('a cursor without a selection goes with half of its bytes, and every cursor comes back as it was', () => {
  const at = (clock: number) => ({ type: null, tname: 'text', item: { client: 7, clock }, assoc: 0 })
  const resting = JSON.stringify({ anchor: at(3), head: at(3) })
  expect(briefCursor(resting)).toBe(JSON.stringify({ anchor: at(3) }))
  for (const cursor of [
    { anchor: at(3), head: at(3) },
    { anchor: at(3), head: at(4) },
    { anchor: at(3), head: at(33) },
    { anchor: {}, head: {} },
    { anchor: 1, head: 1 },
    { anchor: ',"head":', head: ',"head":' },
    { anchor: at(3), head: at(3), more: 1 },
    { head: at(3), anchor: at(3) },
    { at: 5 },
    {},
    null
  ]) {
    expect(wholeCursor(JSON.parse(briefCursor(JSON.stringify(cursor))))).toEqual(cursor)
  }
})

test('any object comes back from its brief form', () => {
  fc.assert(
    fc.property(fc.record({ anchor: fc.json(), head: fc.json() }), fc.boolean(), ({ anchor, head }, same) => {
      const text = `{"anchor":${anchor},"head":${same ? anchor : head}}`
      expect(wholeCursor(JSON.parse(briefCursor(text)))).toEqual(JSON.parse(text))
    }),
    { numRuns: 10_000 }
  )
})
