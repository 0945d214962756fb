import { expect, test } from 'vitest'
import { CutOff } from '../../../node/cloud/cut-off.ts'
import { UNLINKED_GRACE_MS } from '../../../node/cloud/limits.ts'
import type { AdmissionPolicy } from '../../../protocols/hello.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

const policy: AdmissionPolicy = {
  room: () => undefined,
  admits: () => 'OK',
  members: () => ['a', 'cloud'],
  onChange: () => () => undefined
}
const NOTHING = new Uint8Array()

test('an unlinked cloud peer hears of it first, and then nobody lets it in or dials it until it is linked again', async () => {
  const time = new SimulatedTime()
  const cutOff = new CutOff(new SimulatedClock(time), [])
  const guarded = cutOff.guard(policy)
  let told = 0
  guarded.onChange(() => told++)
  cutOff.update(['cloud'])
  await time.run(UNLINKED_GRACE_MS - 1)
  expect(guarded.admits('cloud', NOTHING, 'cloud')).toBe('OK')
  await time.run(UNLINKED_GRACE_MS)
  expect(told).toBe(1)
  expect(guarded.admits('cloud', NOTHING, 'cloud')).toBe('NOT_A_MEMBER')
  expect(guarded.admits('a', NOTHING, 'node')).toBe('OK')
  expect(guarded.members()).toEqual(['a'])
  cutOff.update([])
  expect(told).toBe(2)
  expect(guarded.admits('cloud', NOTHING, 'cloud')).toBe('OK')
  expect(guarded.members()).toEqual(['a', 'cloud'])
})

test('linked again within the moment it was never cut off; what was unlinked before the start is cut off at once', async () => {
  const time = new SimulatedTime()
  const cutOff = new CutOff(new SimulatedClock(time), ['old'])
  expect(cutOff.has('old')).toBe(true)
  cutOff.update(['old', 'cloud'])
  cutOff.update(['old'])
  await time.run(2 * UNLINKED_GRACE_MS)
  expect(cutOff.has('cloud')).toBe(false)
  cutOff.update(['old', 'cloud'])
  cutOff.stop()
  expect(time.pending).toBe(0)
})
