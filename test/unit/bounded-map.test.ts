import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedMap } from '../../protocols/bounded-map.ts'

test('as many as the limit stay, and for one more the one that was set longest ago goes', () => {
  const map = new BoundedMap<string, number>(3, [
    ['a', 1],
    ['b', 2],
    ['c', 3]
  ])
  expect([...map.keys()]).toEqual(['a', 'b', 'c'])
  // Known: no further one, and the newest from then on.
  map.set('a', 4)
  expect([...map]).toEqual([
    ['b', 2],
    ['c', 3],
    ['a', 4]
  ])
  map.set('d', 5)
  expect([...map.keys()]).toEqual(['c', 'a', 'd'])
  expect([...new BoundedMap(2, map).keys()]).toEqual(['a', 'd'])
})

test('whatever is set and deleted, it holds the newest of what is left', () => {
  const step = fc.record({ key: fc.nat(9), set: fc.boolean() })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 60 }), (most, steps) => {
      const map = new BoundedMap<number, number>(most)
      let expected: number[] = []
      for (const { key, set } of steps) {
        expected = expected.filter((one) => one !== key)
        if (set) {
          map.set(key, key)
          expected = [...expected, key].slice(-most)
        } else map.delete(key)
        expect([...map.keys()]).toEqual(expected)
      }
    })
  )
})
