/** The links of a room with its cloud peers, on one device: made, given a budget, ended and made again. */
import { expect, test } from 'vitest'
import type { CloudMembers, CloudRoads } from '../../../node/cloud/cloud-links.ts'
import { CloudLinks, CloudStates, LineWatch } from '../../../node/cloud/index.ts'
import { LINK_RETRY_REFUSED_MS, MAX_CLOUDS, STATE_FRESH_MS, UNLINKED_GRACE_MS } from '../../../node/cloud/limits.ts'
import '../../../node/room/errors.ts'
import { type CloudFacts, cloudFold } from '../../../node/cloud/link-fold.ts'
import { type CloudLinkAnswer, encodeCloudInvitation, encodeCloudLinkAnswer } from '../../../protocols/cloud-link.ts'
import { encodeCloudState } from '../../../protocols/cloud-state.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import type { AdmissionPolicy } from '../../../protocols/hello.ts'
import type { FoldView, NewEntry } from '../../../protocols/journal.ts'
import type { MessageStream, PeerLink, PeerLinks } from '../../../protocols/message-stream.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { chainBytes, nodeOf, ROOM } from '../room/room-kit.ts'

const SELF = nodeOf('self')
const CLOUD = nodeOf('cloud')

const textOf = (name: string, secret = 1): string =>
  encodeCloudInvitation({
    node: nodeOf(name),
    addresses: ['/dns4/cloud.example.org/tcp/4417'],
    secret: new Uint8Array(20).fill(secret)
  })

function streamThat(answers: Uint8Array): MessageStream {
  return {
    send: () => Promise.resolve(),
    receive: () => Promise.resolve(answers),
    close: () => Promise.resolve(),
    abort: () => undefined
  }
}

async function openLinks() {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(time)
  const facts = cloudFold.empty()
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of [...listeners]) listener()
  }
  const state = {
    members: new Set<string>(),
    removed: new Set<string>(),
    mayAdmit: true,
    answer: 'LINKED' as CloudLinkAnswer,
    asked: 0,
    roads: [] as string[]
  }
  let number = 0
  const members: CloudMembers = {
    self: SELF,
    mayAdmit: (node) => node === SELF && state.mayAdmit,
    isMember: (node) => state.members.has(node),
    isRemoved: (node) => state.removed.has(node),
    certify: () => ({
      room: ROOM,
      roomName: 'Hall',
      chain: chainBytes('a'),
      ringKeys: [{ epoch: 0, key: new Uint8Array(32) }]
    }),
    remove: (node) => {
      state.members.delete(node)
      state.removed.add(node)
      tell()
      return Promise.resolve()
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
  }
  const view: FoldView<CloudFacts> = {
    state: facts,
    onChange: (listener) => {
      const call = (): void => listener([])
      listeners.add(call)
      return () => void listeners.delete(call)
    }
  }
  const append = (entries: NewEntry[]) => {
    for (const { topic, kind, version, body } of entries) {
      const stamp = { lamport: ++number, writer: 'w'.repeat(64), number, index: 0 }
      cloudFold.apply(facts, { ...stamp, node: SELF, topic, kind, version, critical: false, body })
    }
    tell()
    return Promise.resolve([])
  }
  const links = await CloudLinks.open({
    journal: { append, view: async () => view as never },
    ...{ clock, random: seededRandom(1), members }
  })
  const roads: CloudRoads = {
    addStaticAddress: (address) => state.roads.push(address),
    visit: (_address, _protocol, _limits, talk) => {
      state.asked++
      return talk(streamThat(encodeCloudLinkAnswer(state.answer)))
    }
  }
  links.start(roads)
  return { time, links, state }
}

test('a room has so many cloud peers; one more is refused, and one that is there may be linked again', async () => {
  const { links } = await openLinks()
  for (let i = 0; i < MAX_CLOUDS; i++) await links.link({ text: textOf(`cloud ${i}`) })
  await expect(links.link({ text: textOf('one more') })).rejects.toMatchObject({ code: 'BUSY' })
  await links.link({ text: textOf('cloud 0', 2) })
  expect(links.list()).toHaveLength(MAX_CLOUDS)
})

test('who may not let devices in cannot give the room away, and what is not linked has no budget and no end', async () => {
  const { links, state } = await openLinks()
  const none = { budgetBytes: 1, budgetMinutes: null }
  await expect(links.setBudget(CLOUD, none)).rejects.toMatchObject({ code: 'CLOUD_UNKNOWN' })
  await expect(links.unlink(CLOUD, { forGood: false })).rejects.toMatchObject({ code: 'CLOUD_UNKNOWN' })
  state.mayAdmit = false
  await expect(links.link({ text: textOf('cloud') })).rejects.toMatchObject({ code: 'NOT_ALLOWED_TO_ADMIT' })
})

test('a budget keeps its count when it is changed, and begins again only when that is asked for or the room is linked anew', async () => {
  const { links } = await openLinks()
  await links.link({ text: textOf('cloud'), budgetBytes: 10 })
  const first = links.get(CLOUD)?.count
  await links.setBudget(CLOUD, { budgetBytes: 20, budgetMinutes: 5 })
  expect(links.get(CLOUD)).toMatchObject({ budgetBytes: 20, budgetMinutes: 5, count: first })
  await links.link({ text: textOf('cloud', 2) })
  expect(links.get(CLOUD)?.count).toEqual(first)
  await links.setBudget(CLOUD, { budgetBytes: 20, budgetMinutes: 5, again: true })
  const second = links.get(CLOUD)?.count
  expect(second).not.toEqual(first)
  await links.unlink(CLOUD, { forGood: false })
  expect(links.list()).toEqual([])
  await links.link({ text: textOf('cloud') })
  expect(links.get(CLOUD)?.count).not.toEqual(second)
})

test('an unlinked cloud peer stays a member that nobody lets in; linked again it is asked anew, since it may have dropped the room', async () => {
  const { time, links, state } = await openLinks()
  const policy: AdmissionPolicy = {
    room: () => undefined,
    admits: () => 'OK',
    members: () => [...state.members],
    onChange: () => () => undefined
  }
  const guarded = links.guard(policy)
  await links.link({ text: textOf('cloud') })
  await time.run(100)
  state.members.add(CLOUD)
  expect(state.asked).toBe(1)
  await links.unlink(CLOUD, { forGood: false })
  await time.run(time.nowMs + UNLINKED_GRACE_MS)
  expect([state.members.has(CLOUD), guarded.members(), links.unlinked()]).toEqual([true, [], [CLOUD]])
  await links.link({ text: textOf('cloud') })
  await time.run(time.nowMs + 100)
  expect([guarded.members(), links.unlinked(), state.asked]).toEqual([[CLOUD], [], 2])
  expect(state.roads).toHaveLength(2)
  // And no more than once.
  await time.run(time.nowMs + 10 * LINK_RETRY_REFUSED_MS)
  expect(state.asked).toBe(2)
  // For good, also after it was unlinked already.
  await links.unlink(CLOUD, { forGood: false })
  await links.unlink(CLOUD, { forGood: true })
  await expect(links.link({ text: textOf('cloud', 2) })).rejects.toMatchObject({ code: 'CLOUD_LINK_REFUSED' })
})

test('a cloud peer that says no is asked again after its time and not before; a person sees the code meanwhile', async () => {
  const { time, links, state } = await openLinks()
  state.answer = 'USED_UP'
  await links.link({ text: textOf('cloud') })
  await time.run(100)
  expect(links.get(CLOUD)).toMatchObject({ state: 'refused', code: 'CLOUD_LINK_USED_UP' })
  await time.run(LINK_RETRY_REFUSED_MS - 1)
  expect(state.asked).toBe(1)
  state.answer = 'LINKED'
  await time.run(LINK_RETRY_REFUSED_MS + 200)
  expect([state.asked, links.get(CLOUD)?.state]).toEqual([2, 'open'])
})

function someLinks() {
  const on = { up: new Set<(link: PeerLink) => void>(), lost: new Set<(link: PeerLink) => void>() }
  const open: PeerLink[] = []
  const listen = (set: Set<(link: PeerLink) => void>) => (listener: (link: PeerLink) => void) => {
    set.add(listener)
    return () => void set.delete(listener)
  }
  const links = {
    links: () => open,
    onLink: listen(on.up),
    onLinkLost: listen(on.lost),
    handle: () => undefined
  } as unknown as PeerLinks
  const tell = (what: 'up' | 'lost', link: PeerLink): void => {
    for (const listener of on[what]) listener(link)
  }
  return { links, open, tell }
}

test('how often a line broke and since when it is away is known of cloud peers only, and of so many', async () => {
  const time = new SimulatedTime()
  const { links, tell } = someLinks()
  const watch = new LineWatch(new SimulatedClock(time), links)
  const linkOf = (peer: string, role = 'cloud') => ({ peer, profile: { role } }) as unknown as PeerLink
  tell('up', linkOf('a'))
  expect(watch.of('a')).toEqual({ breaks: 0 })
  tell('lost', linkOf('a'))
  await time.run(5_000)
  expect(watch.of('a')).toEqual({ breaks: 1, awayMs: 5_000 })
  tell('up', linkOf('a'))
  expect(watch.of('a')).toEqual({ breaks: 1 })
  tell('lost', linkOf('b', 'node'))
  expect(watch.of('b')).toEqual({ breaks: 0 })
  for (let i = 0; i < MAX_CLOUDS; i++) tell('lost', linkOf(`cloud ${i}`))
  expect([watch.of('a').breaks, watch.of('cloud 0').breaks]).toEqual([0, 1])
  watch.stop()
  tell('lost', linkOf('cloud 0'))
  expect(watch.of('cloud 0').breaks).toBe(1)
})

test('what a cloud peer says of itself is not asked for again within its time, and kept when it cannot be asked', async () => {
  const time = new SimulatedTime()
  const { links, open } = someLinks()
  const states = new CloudStates({ clock: new SimulatedClock(time), links })
  let missingFiles = 1
  let fails = false
  open.push({
    peer: 'c',
    profile: { role: 'cloud' },
    open: () =>
      fails
        ? Promise.reject(new JoineryError('CLOSED', 'the line broke'))
        : Promise.resolve(
            streamThat(
              encodeCloudState({
                journalOpen: true,
                full: false,
                missingFiles,
                missingBytes: 0,
                lackingRepositories: 0
              })
            )
          )
  } as unknown as PeerLink)
  expect(await states.now('c')).toMatchObject({ missingFiles: 1 })
  missingFiles = 0
  await time.run(STATE_FRESH_MS - 1)
  expect(await states.now('c')).toMatchObject({ missingFiles: 1 })
  await time.run(STATE_FRESH_MS)
  expect(await states.now('c')).toMatchObject({ missingFiles: 0 })
  fails = true
  await time.run(2 * STATE_FRESH_MS)
  expect(await states.now('c')).toMatchObject({ missingFiles: 0 })
  expect(await states.now('never seen')).toBeUndefined()
  states.stop()
})
