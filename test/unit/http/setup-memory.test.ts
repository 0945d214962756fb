import { expect, test } from 'vitest'
import { MAX_REMEMBERED, SetupMemory } from '../../../node/http/setup-memory.ts'

test('what a laptop set up is remembered in the order of the pages, each once', () => {
  const memory = new SetupMemory()
  for (const tool of ['git', 'pip', 'git'] as const) memory.note('192.168.1.30', tool)
  expect(memory.of('192.168.1.30')).toEqual(['pip', 'git'])
  expect(memory.of('192.168.1.31')).toEqual([])
})

test('so many laptops are remembered; one more, and the one that was silent longest is forgotten', () => {
  const memory = new SetupMemory()
  for (let i = 0; i < MAX_REMEMBERED; i++) memory.note(`10.0.${i >> 8}.${i & 255}`, 'pip')
  memory.note('10.0.0.0', 'r')
  expect(memory.of('10.0.0.1')).toEqual(['pip'])
  memory.note('10.1.0.0', 'pip')
  expect(memory.of('10.0.0.1')).toEqual([])
  expect(memory.of('10.0.0.0')).toEqual(['pip', 'r'])
})
