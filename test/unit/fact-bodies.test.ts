/** Decoders of small facts and of cursors, under 100,000 inputs each: whatever another device or browser sends is understood or left alone. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CborValue } from '../../protocols/cbor.ts'
import { JoineryError } from '../../protocols/errors.ts'
import {
  decodeCollaboratorSet,
  decodeRepositoryRemoved,
  encodeCollaboratorSet,
  encodeRepositoryRemoved
} from '../../protocols/git-facts.ts'
import { decodeNoteNamed, decodeNoteRemoved, encodeNoteNamed } from '../../protocols/note-facts.ts'
import {
  decodeAwareness,
  encodeAwareness,
  MAX_AWARENESS_ENTRIES,
  MAX_AWARENESS_STATE_BYTES
} from '../../protocols/notes-sync.ts'
import { hostileBytes, INPUTS } from './mesh/hostile-bytes.ts'

const ID = '0123456789abcdef0123456789abcdef'

/** Fields that some fact has, with values that fit and values that do not. */
const value: fc.Arbitrary<CborValue> = fc.oneof(
  fc.constantFrom<CborValue>(ID, 'garden-notes', 'Garden', true, false, null, 0, 1, -1, 2 ** 40, '', '../x', 'a\nb'),
  fc.string({ maxLength: 200 }),
  fc.uint8Array({ maxLength: 40 }),
  fc.array(fc.constantFrom<CborValue>(ID, 1), { maxLength: 3 })
)
const mostly = (fitting: CborValue): fc.Arbitrary<CborValue> =>
  fc.oneof({ arbitrary: fc.constant(fitting), weight: 2 }, { arbitrary: value, weight: 3 })
const fields = { id: mostly(ID), person: mostly(ID), may: mostly(true), title: mostly('Garden') }
const body: fc.Arbitrary<CborValue> = fc.oneof(
  { arbitrary: fc.record(fields, { requiredKeys: [] }), weight: 6 },
  { arbitrary: value, weight: 1 }
)

test('bodies of facts about notes and repositories: understood or nothing, and what is understood says itself again', () => {
  const understood = { note: 0, removed: 0, collaborator: 0, repository: 0 }
  fc.assert(
    fc.property(body, (said) => {
      const note = decodeNoteNamed(said)
      if (note) {
        understood.note++
        expect(decodeNoteNamed(encodeNoteNamed(note))).toEqual(note)
      }
      const removed = decodeNoteRemoved(said)
      if (removed !== undefined) {
        understood.removed++
        expect(removed).toMatch(/^[a-z0-9-]{1,64}$/)
      }
      const collaborator = decodeCollaboratorSet(said)
      if (collaborator) {
        understood.collaborator++
        expect(decodeCollaboratorSet(encodeCollaboratorSet(collaborator))).toEqual(collaborator)
      }
      const repository = decodeRepositoryRemoved(said)
      if (repository !== undefined) {
        understood.repository++
        expect(decodeRepositoryRemoved(encodeRepositoryRemoved(repository))).toBe(repository)
      }
    }),
    { numRuns: INPUTS }
  )
  // Inputs of which none is understood would prove little.
  for (const [kind, times] of Object.entries(understood)) expect([kind, times > 100]).toEqual([kind, true])
})

test('cursors: read as they were written, or refused; at the limits they pass, one past them they do not', () => {
  const entry = (clientId: number, bytes = 3) => ({ clientId, clock: 7, state: new Uint8Array(bytes).fill(120) })
  const many = (count: number) => encodeAwareness(Array.from({ length: count }, (_, i) => entry(i)))
  expect(decodeAwareness(many(MAX_AWARENESS_ENTRIES))).toHaveLength(MAX_AWARENESS_ENTRIES)
  expect(() => decodeAwareness(many(MAX_AWARENESS_ENTRIES + 1))).toThrow(JoineryError)
  expect(decodeAwareness(encodeAwareness([entry(1, MAX_AWARENESS_STATE_BYTES)]))).toHaveLength(1)
  expect(() => decodeAwareness(encodeAwareness([entry(1, MAX_AWARENESS_STATE_BYTES + 1)]))).toThrow(JoineryError)
  let refused = 0
  fc.assert(
    fc.property(hostileBytes([many(0), many(1), many(3), encodeAwareness([entry(2 ** 32, 40)])]), (bytes) => {
      try {
        const entries = decodeAwareness(bytes)
        expect(decodeAwareness(encodeAwareness(entries))).toEqual(entries)
      } catch (error) {
        if (!(error instanceof JoineryError)) throw error
        refused++
      }
    }),
    { numRuns: INPUTS }
  )
  expect(refused).toBeGreaterThan(INPUTS / 10)
  expect(refused).toBeLessThan(INPUTS)
})
