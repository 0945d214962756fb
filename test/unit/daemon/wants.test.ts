import { expect, test } from 'vitest'
import { MAX_NAME_CHARACTERS, MAX_WANTS, Wants } from '../../../node/daemon/wants.ts'

const want = (name: string) => ({ collection: 'pypi', name })

test('what is asked for most often comes first; for another Python it is another want', () => {
  const wants = new Wants()
  wants.add(want('numpy'))
  wants.add({ ...want('torch'), target: 'cp312' })
  wants.add({ ...want('torch'), target: 'cp313' })
  wants.add({ ...want('torch'), target: 'cp313' })
  expect(wants.list()).toEqual([
    { ...want('torch'), target: 'cp313', count: 2 },
    { ...want('numpy'), count: 1 },
    { ...want('torch'), target: 'cp312', count: 1 }
  ])
})

test('so many are kept; one more, and the one that was not asked for longest is forgotten', () => {
  const wants = new Wants()
  for (let i = 0; i < MAX_WANTS; i++) wants.add(want(`package-${i}`))
  wants.add(want('package-0'))
  expect(wants.list()).toHaveLength(MAX_WANTS)
  wants.add(want('one more'))
  const names = new Set(wants.list().map(({ name }) => name))
  expect([names.size, names.has('package-0'), names.has('package-1'), names.has('one more')]).toEqual([
    MAX_WANTS,
    true,
    false,
    true
  ])
})

test('a long name is cut, so that what a stranger sends takes little memory', () => {
  const wants = new Wants()
  wants.add(want('x'.repeat(MAX_NAME_CHARACTERS)))
  wants.add(want('x'.repeat(MAX_NAME_CHARACTERS + 1)))
  expect(wants.list()).toEqual([{ ...want('x'.repeat(MAX_NAME_CHARACTERS)), count: 2 }])
})
