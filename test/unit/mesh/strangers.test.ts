import { expect, test } from 'vitest'
import { MAX_NEARBY, MAX_NEIGHBOURS } from '../../../node/mesh/limits.ts'
import { Strangers } from '../../../node/mesh/strangers.ts'

test.each([
  ['rooms', MAX_NEIGHBOURS],
  ['devices without a room', MAX_NEARBY]
])('so many %s are shown, and of one more the one that was met first goes', (what, most) => {
  const strangers = new Strangers()
  const shown = (): string[] =>
    what === 'rooms' ? strangers.neighbours('own').map(({ room }) => room) : strangers.nearby().map(({ node }) => node)
  const meet = (number: number): void => {
    const name = `n${number}`
    strangers.meet({ node: name, address: '10.0.0.1', room: what === 'rooms' ? name : null, roomName: '' })
  }
  for (let number = 0; number < most; number++) meet(number)
  const all = Array.from({ length: most }, (_, number) => `n${number}`)
  expect(shown()).toEqual(all)
  meet(most)
  expect(shown()).toEqual([...all.slice(1), `n${most}`])
})
