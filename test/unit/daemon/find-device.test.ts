import { expect, test } from 'vitest'
import '../../../node/room/errors.ts'
import { findDevice } from '../../../node/daemon/find-device.ts'

const devices = [
  { node: '12D3KooWAAAAAAAAAAAAfront1', name: 'pi-front' },
  { node: '12D3KooWAAAAAAAAAAAAwindow', name: 'Pi-Window' },
  { node: '12D3KooWAAAAAAAAAAAAback01', name: 'pi-back' },
  { node: '12D3KooWAAAAAAAAAAAAback02', name: 'PI-BACK' },
  { node: '12D3KooWAAAAAAAAAAAAback02x', name: 'front1' }
]

test.each([
  ['by its name', 'pi-front', 'pi-front'],
  ['by its whole id', '12D3KooWAAAAAAAAAAAAwindow', 'Pi-Window'],
  ['by the end of its id', 'window', 'Pi-Window'],
  ['by its name in other letters', 'PI-WINDOW', 'Pi-Window'],
  ['by its exact name before one that differs in its letters', 'PI-BACK', 'PI-BACK'],
  ['by its exact name before the end of another id', 'front1', 'front1']
])('a device is found %s', (_how, said, name) => {
  expect(findDevice(devices, said).name).toBe(name)
})

test.each([
  ['several names', 'Pi-Back'],
  ['several ids', '12D3KooW']
])('what fits %s is refused', (_what, said) => {
  expect(() => findDevice(devices, said)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
})

test.each(['nobody', 'indow', ''])('%j is nobody: fewer than six characters of an id may fit by chance', (said) => {
  expect(() => findDevice(devices, said)).toThrow(expect.objectContaining({ code: 'MEMBER_UNKNOWN' }))
})
