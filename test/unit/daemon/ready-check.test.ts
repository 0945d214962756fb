import { expect, test } from 'vitest'
import { ReadyCheck } from '../../../node/daemon/ready/ready-check.ts'
import type { RoomSlot } from '../../../node/daemon/room-slot.ts'

test('a check that could not even begin is over: the page does not wait for it', async () => {
  const people = {
    list: () => [],
    add: async () => {
      throw new Error('no more people fit')
    }
  }
  const random = { bytes: (length: number) => new Uint8Array(length) }
  const check = new ReadyCheck({ runtime: { people }, device: { random } } as unknown as RoomSlot, {
    overview: async () => {
      throw new Error('not asked for')
    },
    ownAddress: () => ''
  })
  const running = check.run(new AbortController().signal)
  expect(check.state?.isRunning).toBe(true)
  await expect(running).rejects.toThrow('no more people fit')
  expect(check.state).toEqual({ isRunning: false, report: { ready: false, devices: [] } })
})
