import { expect, test } from 'vitest'
import { Distrusted } from '../../../node/blobs/distrusted.ts'
import { DEMOTED_MS, REMEMBERED_PEERS } from '../../../node/blobs/limits.ts'
import { distrustFindings, shareFindings } from '../../../node/daemon/findings.ts'
import type { RoomRuntime } from '../../../node/daemon/room-runtime.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

const MB = 2 ** 20

/** What is wanted, what is coming already, and what still fits, in bytes. */
function share(missingBytes: number, coming: readonly number[], freeBytes: number) {
  const partials = coming.map((sizeBytes) => ({ ref: { sizeBytes } }))
  const blobs = { status: async () => ({ missingBytes, freeBytes }), store: { partials: () => partials } }
  return shareFindings({ blobs } as unknown as RoomRuntime)
}

test('a share that fits to the byte is no finding; one byte more is, and says how many megabytes are lacking', async () => {
  expect(await share(10 * MB, [], 10 * MB)).toEqual([])
  expect(await share(10 * MB + 1, [], 10 * MB)).toMatchObject([
    { level: 'warning', code: 'SHARE_DOES_NOT_FIT', text: expect.stringContaining('1 MB more') }
  ])
  expect(await share(10 * MB, [], 3 * MB)).toMatchObject([{ text: expect.stringContaining('7 MB more') }])
})

test('what comes already has its place and is not counted as lacking', async () => {
  expect(await share(10 * MB, [6 * MB], 4 * MB)).toEqual([])
  expect(await share(10 * MB + 1, [5 * MB, 1 * MB], 4 * MB)).toMatchObject([{ code: 'SHARE_DOES_NOT_FIT' }])
})

test('a device that sent wrong bytes is a problem with its name, or with the end of its id when nobody knows a name', () => {
  const members = new Map([['12D3KooWliar', { name: 'pi-back' }]])
  const current = {
    blobs: { distrusted: () => ['12D3KooWliar', '12D3KooWnobody99'] },
    membership: { view: () => ({ members }) }
  } as unknown as RoomRuntime
  expect([...distrustFindings({ current })]).toMatchObject([
    { level: 'problem', code: 'DEVICE_SENT_WRONG_BYTES', next: expect.stringContaining('joinery verify') },
    { level: 'problem', code: 'DEVICE_SENT_WRONG_BYTES', text: expect.stringMatching(/^nobody99 /) }
  ])
  expect([...distrustFindings({ current })][0]?.text).toMatch(/^pi-back /)
  expect([...distrustFindings({ current: undefined })]).toEqual([])
})

test('it is forgotten after an hour without a further lie, and so many are remembered and no more', async () => {
  const time = new SimulatedTime()
  const distrusted = new Distrusted(new SimulatedClock(time))
  distrusted.note('one')
  await time.run(DEMOTED_MS - 1)
  expect(distrusted.list()).toEqual(['one'])
  distrusted.note('one')
  await time.run(2 * DEMOTED_MS - 2)
  expect(distrusted.list()).toEqual(['one'])
  await time.run(2 * DEMOTED_MS - 1)
  expect(distrusted.list()).toEqual([])
  for (let i = 0; i < REMEMBERED_PEERS; i++) distrusted.note(`peer-${i}`)
  expect(distrusted.list()).toHaveLength(REMEMBERED_PEERS)
  distrusted.note('one-more')
  expect(distrusted.list()).toHaveLength(REMEMBERED_PEERS)
  expect(distrusted.list()).not.toContain('peer-0')
})
