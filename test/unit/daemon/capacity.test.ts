import { expect, test } from 'vitest'
import type { BlobStore } from '../../../node/blobs/index.ts'
import { offeredCapacity } from '../../../node/daemon/capacity.ts'
import type { Device } from '../../../node/daemon/device.ts'
import type { Member, Membership } from '../../../node/room/index.ts'

const MB = 2 ** 20

/** A device whose disk and room can be looked at: what it told the room is in `said`. */
function deviceWith(init: { freeBytes: number; capacityBytes?: number; told?: number }) {
  const said: unknown[] = []
  const settings: Member['settings'] = init.told === undefined ? {} : { capacityBytes: init.told }
  const device = {
    config: {
      dataDirectory: '/data',
      ...(init.capacityBytes === undefined ? {} : { capacityBytes: init.capacityBytes })
    },
    disk: { freeBytes: async () => init.freeBytes },
    identity: { node: 'self' }
  } as unknown as Device
  const membership = {
    view: () => ({ members: new Map([['self', { settings }]]) }),
    set: async (node: string, setting: string, value: number) => {
      said.push([node, setting, value])
      settings.capacityBytes = value
    }
  } as unknown as Membership
  const offer = (usedBytes = 0): Promise<number> =>
    offeredCapacity(device, { space: { usedBytes } } as BlobStore, membership)
  return { offer, said }
}

test('four fifths of the disk are offered at the first start, what is filled already included, in steps of 100 MB', async () => {
  expect(await deviceWith({ freeBytes: 1000 * MB }).offer()).toBe(800 * MB)
  expect(await deviceWith({ freeBytes: 900 * MB }).offer(100 * MB)).toBe(800 * MB)
  expect(await deviceWith({ freeBytes: 1124 * MB }).offer()).toBe(800 * MB)
  expect(await deviceWith({ freeBytes: 1125 * MB }).offer()).toBe(900 * MB)
})

test('what was told once stays, however full the disk is by then: placement would move files otherwise', async () => {
  const { offer, said } = deviceWith({ freeBytes: 50 * MB, told: 800 * MB })
  expect([await offer(700 * MB), said]).toEqual([800 * MB, []])
})

test('a setting changes it, and is told once', async () => {
  const { offer, said } = deviceWith({ freeBytes: 5000 * MB, told: 800 * MB, capacityBytes: 2e9 })
  expect([await offer(), await offer()]).toEqual([2e9, 2e9])
  expect(said).toEqual([['self', 'capacityBytes', 2e9]])
})
