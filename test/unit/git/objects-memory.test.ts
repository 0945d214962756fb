import { expect, it } from 'vitest'
import { MAX_REMEMBERED_REPOSITORIES } from '../../../node/git/limits.ts'
import { ObjectsMemory } from '../../../node/git/objects-memory.ts'

const object = (at: number): string => at.toString(16).padStart(40, '0')

it('knows the newest objects of a repository, until something may have taken them away', () => {
  const memory = new ObjectsMemory()
  for (let at = 0; at < 64; at++) memory.note('a', [object(at)])
  memory.note('a', [object(0)])
  expect([0, 1, 63].map((at) => memory.has('a', object(at)))).toEqual([true, true, true])
  // One more, and the one that was noted longest ago goes.
  memory.note('a', [object(64)])
  expect([0, 1, 2, 64].map((at) => memory.has('a', object(at)))).toEqual([true, false, true, true])
  memory.note(
    'a',
    Array.from({ length: 1_000 }, (_, at) => object(1_000 + at))
  )
  expect([64, 1_935, 1_936, 1_999].map((at) => memory.has('a', object(at)))).toEqual([false, false, true, true])
  expect(memory.has('b', object(1_999))).toBe(false)
  memory.forget('a')
  expect(memory.has('a', object(1_999))).toBe(false)
})

it('knows some repositories', () => {
  const memory = new ObjectsMemory()
  for (let at = 0; at < MAX_REMEMBERED_REPOSITORIES; at++) memory.note(`r${at}`, [object(1)])
  expect(memory.has('r0', object(1))).toBe(true)
  memory.note('one more', [object(1)])
  expect(memory.has('r0', object(1))).toBe(false)
  expect(memory.has('r1', object(1))).toBe(true)
})
