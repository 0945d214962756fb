import { expect, test } from 'vitest'
import { LinkDesk } from '../../../node/cloud/index.ts'
import { MAX_LINK_TEXTS, MAX_QUESTIONS_AT_ONCE } from '../../../node/cloud/limits.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { sha256 } from '../../../node/platform/hash.ts'
import { encodeChain, extendChain, type RoomId, roomIdOf } from '../../../protocols/certificate.ts'
import { type CloudLinkRequest, decodeCloudInvitation } from '../../../protocols/cloud-link.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'
import { chainBytes, keyOf, nodeOf, ROOM, type Step } from '../room/room-kit.ts'

const CLOUD: Step = { name: 'cloud', rights: 0 }
const KEYS = [{ epoch: 0, key: new Uint8Array(32) }]
const ADDRESS = '/dns4/cloud.example.org/tcp/4417'

interface Taken {
  rooms: RoomId[]
  full: boolean
  refused: Set<RoomId>
}

async function openDesk(folder: string, taken: Taken = { rooms: [], full: false, refused: new Set() }) {
  const desk = await LinkDesk.open(
    {
      disk: nodeDisk,
      random: seededRandom(1),
      rooms: {
        hasRoomFor: () => Promise.resolve(!taken.full),
        isRefused: (room) => taken.refused.has(room),
        takeIn: ({ room }) => Promise.resolve(void (taken.rooms.includes(room) || taken.rooms.push(room)))
      }
    },
    { folder, publicKey: keyOf('cloud').publicKey }
  )
  return { desk, taken }
}

const secretOf = (text: string): Uint8Array => decodeCloudInvitation(text).secret

function question(secret: Uint8Array, ...steps: (string | Step)[]): CloudLinkRequest {
  return { room: ROOM, roomName: 'Hall', chain: chainBytes(...steps), ringKeys: KEYS, secret }
}

/** A room of its own, founded by somebody else and joined by nobody but its first device. */
function otherRoom(name: string, secret: Uint8Array): CloudLinkRequest {
  const founding = keyOf(`founding ${name}`)
  let chain = extendChain(
    { foundingKey: founding.publicKey, links: [] },
    { kind: 'node', subject: keyOf('a').publicKey, rights: 1, uses: null },
    (message) => founding.sign(message)
  )
  const cloud = { kind: 'node', subject: keyOf('cloud').publicKey, rights: 0, uses: null } as const
  chain = extendChain(chain, cloud, (message) => keyOf('a').sign(message))
  const room = roomIdOf(founding.publicKey, sha256)
  return { room, roomName: name, chain: encodeChain(chain), ringKeys: KEYS, secret }
}

test('a room that shows a link text is taken in once, and may ask again; the next room finds it used up', async () => {
  using folder = temporaryFolder()
  const { desk, taken } = await openDesk(folder.path)
  const secret = secretOf(await desk.invite({ uses: 1, addresses: [ADDRESS] }))
  expect(await desk.answer(question(secret, 'a', CLOUD), nodeOf('a'))).toBe('LINKED')
  // Another device of the room came a moment later.
  expect(await desk.answer(question(secret, 'a', 'b', CLOUD), nodeOf('b'))).toBe('LINKED')
  expect(await desk.answer(otherRoom('two', secret), nodeOf('a'))).toBe('USED_UP')
  expect(taken.rooms).toEqual([ROOM])
  // The same after a restart: what was used up stays so, and the room is known.
  const again = await openDesk(folder.path)
  expect(await again.desk.answer(otherRoom('two', secret), nodeOf('a'))).toBe('USED_UP')
  expect(await again.desk.answer(question(secret, 'a', CLOUD), nodeOf('a'))).toBe('LINKED')
})

test.each<[string, string, (secret: Uint8Array) => [CloudLinkRequest, string]]>([
  ['a secret that nobody gave out', 'UNKNOWN_SECRET', () => [question(new Uint8Array(20), 'a', CLOUD), 'a']],
  ['a certificate for another peer', 'NOT_VALID', (s) => [question(s, 'a', { name: 'other', rights: 0 }), 'a']],
  ['a certificate with the right to admit', 'NOT_VALID', (s) => [question(s, 'a', 'cloud'), 'a']],
  ['a certificate that somebody else signed', 'NOT_VALID', (s) => [question(s, 'a', CLOUD), 'b']],
  ['a forged certificate', 'NOT_VALID', (s) => [question(s, 'a', { ...CLOUD, signedBy: 'thief' }), 'a']],
  ['a certificate of another room', 'NOT_VALID', (s) => [{ ...otherRoom('x', s), room: ROOM }, 'a']],
  ['bytes that are no certificate', 'NOT_VALID', (s) => [{ ...question(s, 'a', CLOUD), chain: new Uint8Array(9) }, 'a']]
])('%s brings no room in and uses nothing up', async (_what, answer, make) => {
  using folder = temporaryFolder()
  const { desk, taken } = await openDesk(folder.path)
  const secret = secretOf(await desk.invite({ uses: 1, addresses: [ADDRESS] }))
  const [request, peer] = make(secret)
  expect(await desk.answer(request, nodeOf(peer))).toBe(answer)
  expect(taken.rooms).toEqual([])
  expect(await desk.answer(question(secret, 'a', CLOUD), nodeOf('a'))).toBe('LINKED')
})

test('a cloud peer without disk says so, and one that was unlinked from a room does not take it again', async () => {
  using folder = temporaryFolder()
  const { desk, taken } = await openDesk(folder.path)
  const secret = secretOf(await desk.invite({ uses: 2, addresses: [ADDRESS] }))
  taken.full = true
  expect(await desk.answer(question(secret, 'a', CLOUD), nodeOf('a'))).toBe('FULL')
  taken.full = false
  taken.refused.add(ROOM)
  expect(await desk.answer(question(secret, 'a', CLOUD), nodeOf('a'))).toBe('REFUSED')
  expect(taken.rooms).toEqual([])
})

test('so many questions are answered at once and no more', async () => {
  using folder = temporaryFolder()
  const { desk } = await openDesk(folder.path)
  const secret = secretOf(await desk.invite({ uses: 1, addresses: [ADDRESS] }))
  const ask = () => desk.answer(question(secret, 'a', CLOUD), nodeOf('a'))
  const answers = await Promise.all(Array.from({ length: MAX_QUESTIONS_AT_ONCE + 1 }, ask))
  expect(answers.filter((answer) => answer === 'LINKED')).toHaveLength(MAX_QUESTIONS_AT_ONCE)
  expect(answers.at(-1)).toBe('BUSY')
  expect(await ask()).toBe('LINKED')
})

test('so many link texts are kept; used-up ones go first, then the oldest', async () => {
  using folder = temporaryFolder()
  const { desk } = await openDesk(folder.path)
  const invite = async () => secretOf(await desk.invite({ uses: 1, addresses: [ADDRESS] }))
  const used = await invite()
  expect(await desk.answer(question(used, 'a', CLOUD), nodeOf('a'))).toBe('LINKED')
  const oldest = await invite()
  for (let i = 2; i < MAX_LINK_TEXTS; i++) await invite()
  expect(await desk.answer(question(used, 'a', CLOUD), nodeOf('a'))).toBe('LINKED')
  await invite()
  expect(await desk.answer(question(used, 'a', CLOUD), nodeOf('a'))).toBe('UNKNOWN_SECRET')
  expect(await desk.answer(question(oldest, 'a', CLOUD), nodeOf('a'))).toBe('LINKED')
})

test('a number of rooms that makes no sense, or a text without an address, is refused', async () => {
  using folder = temporaryFolder()
  const { desk } = await openDesk(folder.path)
  for (const uses of [0, 1.5, 1001]) {
    await expect(desk.invite({ uses, addresses: [ADDRESS] })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  }
  await expect(desk.invite({ uses: 1, addresses: [] })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
})
