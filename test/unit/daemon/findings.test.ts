import { expect, test } from 'vitest'
import { Distrusted } from '../../../node/blobs/distrusted.ts'
import { DEMOTED_MS, REMEMBERED_PEERS } from '../../../node/blobs/limits.ts'
import { distrustFindings, findingsOf, problemsOf, shareFindings } from '../../../node/daemon/findings.ts'
import type { RoomRuntime } from '../../../node/daemon/room-runtime.ts'
import type { RoomSlot } from '../../../node/daemon/room-slot.ts'
import '../../../node/git/errors.ts'
import { JoineryError } from '../../../protocols/errors.ts'
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

/** What differs from a device that is well, in a room with one other that is linked. */
interface Ill {
  moved?: string
  freeBytes?: number
  year?: number
  room?: null
  standing?: string
  refusals?: string[]
  forks?: string[]
  mayDecide?: boolean
  journal?: string
  readOnly?: boolean
  clones?: [string, string][]
  links?: number
  others?: number
  recovered?: string
  git?: JoineryError | { untidy(): { owner: string; name: string }[] }
}

function slotOf(ill: Ill): RoomSlot {
  const view = { members: new Map([['12D3KooWother', { name: 'pi-back' }]]), roomName: 'Library' }
  const others = Array.from({ length: ill.others ?? 1 }, (_, i) => `12D3KooW${i}`)
  const current = {
    room: { name: 'Library' },
    journal: {
      forks: () => (ill.forks ?? []).map((node) => ({ node })),
      mayDecide: () => ill.mayDecide ?? true,
      state: () => ill.journal ?? 'open'
    },
    membership: { standing: () => ill.standing ?? 'member', view: () => view, policy: { members: () => others } },
    refusals: new Map((ill.refusals ?? []).map((code, i) => [`12D3KooW${i}`, code])),
    uplink: { clouds: { list: () => [] }, states: { last: () => undefined } },
    blobs: {
      distrusted: () => [],
      store: { readOnly: ill.readOnly ?? false, partials: () => [] },
      status: async () => ({ missingBytes: 0, freeBytes: 10 ** 9 })
    },
    clones: new Map(ill.clones ?? []),
    git: ill.git,
    people: {
      person: () => ({ name: 'ana' }),
      recovered: () => (ill.recovered === undefined ? [] : [{ person: { name: 'ana' }, node: ill.recovered }])
    },
    roomClock: { wallMs: () => Date.UTC(ill.year ?? 2026, 5) }
  }
  return {
    device: {
      identity: { moved: ill.moved === undefined ? undefined : { explanation: ill.moved } },
      config: { dataDirectory: '/data', httpPort: 8080 },
      disk: { freeBytes: async () => ill.freeBytes ?? 10 ** 10 },
      clock: { wallMs: () => Date.UTC(ill.year ?? 2026, 5) }
    },
    current: ill.room === null ? undefined : current,
    mesh: {
      discovery: () => ({ advice: [] }),
      links: () => Array.from({ length: ill.links ?? 1 }, (_, i) => others[i])
    },
    httpPort: 8080
  } as unknown as RoomSlot
}

test('a device that is well has nothing to do', async () => {
  const found = []
  for await (const finding of findingsOf(slotOf({}))) found.push(finding)
  expect(found.map(({ level }) => level).filter((level) => level !== 'ok')).toEqual([])
  expect(await problemsOf(slotOf({}))).toEqual([])
})

test.each<[string, 'problem' | 'warning', Ill, RegExp]>([
  ['CARD_MOVED', 'problem', { moved: 'The card came from another computer.' }, /^The card came from another computer/],
  ['NO_ROOM', 'warning', { room: null }, /no room/],
  ['REMOVED_FROM_ROOM', 'problem', { standing: 'removed' }, /taken out/],
  ['INVITATION_USED_UP', 'problem', { standing: 'unwelcome' }, /invitation/],
  ['INVITATION_USED_UP', 'problem', { standing: 'waiting', refusals: ['INVITATION_REVOKED'] }, /invitation/],
  ['NOT_SEEN_YET', 'warning', { standing: 'waiting' }, /let this one in/],
  ['CARD_COPIED', 'problem', { forks: ['12D3KooWother'] }, /^Two devices spoke as pi-back/],
  ['CARD_COPIED', 'problem', { clones: [['12D3KooWother', '10.0.0.9']] }, /pi-back \(10\.0\.0\.9\)/],
  ['UPDATE_NEEDED', 'problem', { mayDecide: false }, /does not understand/],
  ['DISK_FULL', 'problem', { journal: 'full' }, /full/],
  ['DISK_FAILED', 'problem', { journal: 'read-only' }, /failed/],
  ['DISK_FAILED', 'problem', { readOnly: true }, /cannot be written/],
  ['DISK_NEARLY_FULL', 'problem', { freeBytes: 500 * MB - 1 }, /499 MB/],
  ['LINKS', 'warning', { links: 0 }, /0 of 1/],
  ['GIT_MISSING', 'warning', { git: new JoineryError('GIT_MISSING', 'git is not installed') }, /not installed/],
  ['REPOSITORY_UNTIDY', 'warning', { git: { untidy: () => [{ owner: 'p1', name: 'recipes' }] } }, /ana\/recipes/],
  ['CODE_RECOVERED', 'warning', { recovered: '12D3KooWother' }, /code of ana .* card of pi-back/],
  ['CODE_RECOVERED', 'warning', { recovered: '12D3KooWnobody99' }, /card of nobody99/],
  ['CLOCK_WRONG', 'warning', { year: 1970 }, /1970/],
  ['CLOCK_WRONG', 'warning', { year: 2023 }, /2023/]
])('%s is a %s, with a text and what to do', async (code, level, ill, text) => {
  const found = []
  for await (const finding of findingsOf(slotOf(ill))) if (finding.level !== 'ok') found.push(finding)
  expect(found).toEqual([expect.objectContaining({ code, level, text: expect.stringMatching(text) })])
  expect(found[0]?.next?.length).toBeGreaterThan(10)
  expect((await problemsOf(slotOf(ill))).map((one) => one.code)).toEqual(level === 'problem' ? [code] : [])
})

test('at its limit the disk is not nearly full, and the first sensible year is no wrong clock', async () => {
  const codes = []
  for await (const { code, level } of findingsOf(slotOf({ freeBytes: 500 * MB, year: 2024 })))
    if (level !== 'ok') codes.push(code)
  expect(codes).toEqual([])
})
