import { expect, test } from 'vitest'
import { Authors } from '../../../node/notes/authors.ts'
import { Cursors } from '../../../node/notes/cursors.ts'
import * as limits from '../../../node/notes/limits.ts'
import type { AwarenessEntry } from '../../../protocols/notes-sync.ts'

const ADA = 'ad'.repeat(16)
const EVE = 'ee'.repeat(16)
const via = {}

function entry(clientId: number, clock: number, state: unknown): AwarenessEntry {
  return { clientId, clock, state: new TextEncoder().encode(JSON.stringify(state)) }
}

const textOf = (state: Uint8Array | undefined): string => new TextDecoder().decode(state)

test('only the newest state of a client is sent, however many came', () => {
  const cursors = new Cursors(new Authors())
  for (let clock = 1; clock <= 5; clock++) cursors.accept([entry(1, clock, { cursor: { at: clock } })], ADA, via, 0)
  const { clientIds } = cursors.take()
  expect(clientIds).toEqual([1])
  expect(cursors.states([1]).map(({ clock, state }) => [clock, textOf(state)])).toEqual([[5, '{"cursor":{"at":5}}']])
  expect(cursors.take().clientIds).toEqual([])
})

test('names and colours go once, then only the cursor, and again when the name changes', () => {
  const cursors = new Cursors(new Authors())
  cursors.accept([entry(1, 1, { user: { name: 'Ada' }, cursor: null })], ADA, via, 0)
  expect(cursors.take()).toMatchObject({ fresh: [1], cursors: [] })
  cursors.move([{ clientId: 1, clock: 2, cursor: new TextEncoder().encode('{"at":7}') }], ADA, 0)
  expect(cursors.take()).toMatchObject({ fresh: [], cursors: [{ clientId: 1, clock: 2 }] })
  expect(textOf(cursors.all()[0]?.state)).toBe('{"user":{"name":"Ada"},"cursor":{"at":7}}')
  cursors.accept([entry(1, 3, { user: { name: 'Ada L.' }, cursor: { at: 7 } })], ADA, via, 0)
  expect(cursors.take()).toMatchObject({ fresh: [1], cursors: [] })
})

test('nobody moves another person’s cursor, and a position that is no JSON moves nothing', () => {
  const cursors = new Cursors(new Authors())
  cursors.accept([entry(1, 1, { user: {} })], ADA, via, 0)
  cursors.take()
  const moves = ['{"at":1}', '{"broken', '7', '[]']
  cursors.move([{ clientId: 1, clock: 9, cursor: new TextEncoder().encode(moves[0]) }], EVE, 0)
  for (const move of moves.slice(1))
    cursors.move([{ clientId: 1, clock: 9, cursor: new TextEncoder().encode(move) }], ADA, 0)
  cursors.move([{ clientId: 1, clock: 9, cursor: Uint8Array.of(34, 255, 34) }], ADA, 0)
  cursors.move([{ clientId: 2, clock: 9, cursor: new TextEncoder().encode(moves[0]) }], ADA, 0)
  expect(cursors.take().clientIds).toEqual([])
})

test('an echo of somebody who left does not bring them back', () => {
  const cursors = new Cursors(new Authors())
  cursors.accept([entry(1, 4, { user: {} })], ADA, via, 0)
  cursors.removeVia(via, 0)
  const gone = cursors.states(cursors.take().clientIds)
  expect(gone.map(({ clock, state }) => [clock, textOf(state)])).toEqual([[5, 'null']])
  cursors.accept([entry(1, 4, { user: {} }), entry(1, 5, { user: {} })], EVE, {}, 0)
  expect(cursors.size).toBe(0)
})

test('a state that only says "still here" waits for company, a moved cursor does not', () => {
  const cursors = new Cursors(new Authors())
  cursors.accept([entry(1, 1, { user: {} })], ADA, via, 0)
  cursors.take()
  cursors.accept([entry(1, 2, { user: {} })], ADA, via, 1_000)
  expect(cursors.dueAtMs(0, 200)).toBe(1_000 + limits.CURSORS_RENEWAL_MS)
  cursors.accept([entry(1, 3, { user: {}, cursor: { at: 1 } })], ADA, via, 1_001)
  expect(cursors.dueAtMs(0, 200)).toBe(200)
})

test('who does not renew is gone after the time that stock clients wait', () => {
  const cursors = new Cursors(new Authors())
  cursors.accept([entry(1, 1, { user: {} })], ADA, via, 0)
  cursors.expire(limits.CURSOR_LIFE_MS)
  expect(cursors.size).toBe(1)
  cursors.expire(limits.CURSOR_LIFE_MS + 1)
  expect(cursors.size).toBe(0)
})

test('a person with many tabs is one person, and only so many of the tabs are shown', () => {
  const cursors = new Cursors(new Authors())
  for (let tab = 0; tab < limits.MAX_CURSORS_PER_OWNER; tab++) cursors.accept([entry(tab, 1, {})], ADA, via, 0)
  expect([cursors.size, cursors.people]).toEqual([limits.MAX_CURSORS_PER_OWNER, 1])
  cursors.accept([entry(99, 1, {})], ADA, via, 0)
  expect(cursors.size).toBe(limits.MAX_CURSORS_PER_OWNER)
  expect(cursors.states([0]).map(({ state }) => textOf(state))).toEqual(['null'])
})

test('so many cursors in a note, and not one more', () => {
  const cursors = new Cursors(new Authors())
  for (let i = 0; i <= limits.MAX_CURSORS_PER_NOTE; i++)
    cursors.accept([entry(i, 1, {})], i.toString(16).padStart(32, '0'), via, 0)
  expect(cursors.size).toBe(limits.MAX_CURSORS_PER_NOTE)
})
