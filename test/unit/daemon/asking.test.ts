import { expect, test } from 'vitest'
import { type Asking, deviceOperations } from '../../../node/daemon/device-operations.ts'
import type { RoomSlot } from '../../../node/daemon/room-slot.ts'
import type { AskProgress } from '../../../node/mesh/index.ts'

/** A device outside that hears this of the members it asks. */
async function shown(heard: readonly AskProgress[]): Promise<(Asking | undefined)[]> {
  const mesh = {
    async *ask() {
      yield* heard
    }
  }
  const slot = { device: { config: { name: 'pi-spare', role: 'node' } }, mesh } as unknown as RoomSlot
  const seen: (Asking | undefined)[] = []
  const operations = deviceOperations(slot, { onAsking: (asking) => seen.push(asking) })
  for await (const step of operations.askToJoin({ roomId: 'r' })) expect(step.kind).toMatch(/asking|code/)
  return seen
}

const compare = (member: string, code: string): AskProgress => ({
  step: 'compare',
  member,
  room: 'r',
  roomName: 'Greenhouse',
  code
})

test('where several devices of a room are in reach, the page of the one that asks has the code of each; one that was asked again has its newest', async () => {
  const seen = await shown([
    { step: 'looking' },
    compare('12D3KooWone', '111111'),
    compare('12D3KooWtwo', '222222'),
    { step: 'refused', code: 'TIMED_OUT' },
    compare('12D3KooWone', '333333')
  ])
  const room = 'Greenhouse'
  expect(seen).toEqual([
    {},
    { room, code: '111111' },
    { room, code: '111111', others: ['222222'] },
    { room, code: '333333', others: ['222222'] },
    undefined
  ])
})
