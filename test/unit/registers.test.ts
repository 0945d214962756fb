/** The list of registers against the real folds: a value that its own device has overwritten may be gone, and no view is different for it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cloudFold } from '../../node/cloud/link-fold.ts'
import { collectionFold } from '../../node/collections/collection-fold.ts'
import { wantsFold } from '../../node/daemon/room-wants.ts'
import { repositoryFold } from '../../node/git/agreement/repository-fold.ts'
import { titleFold } from '../../node/notes/title-fold.ts'
import { peopleFold } from '../../node/people/people-fold.ts'
import { type MembershipFacts, membershipFold } from '../../node/room/membership-facts.ts'
import { wifiFold } from '../../node/room/wifi-setting.ts'
import { type CborValue, encodeCbor } from '../../protocols/cbor.ts'
import { cloudEntry } from '../../protocols/cloud-facts.ts'
import { CLOUD_SECRET_BYTES } from '../../protocols/cloud-link.ts'
import { policyEntry } from '../../protocols/collection-facts.ts'
import { COLLABORATOR_KIND, encodeCollaboratorSet, REPOSITORIES_TOPIC } from '../../protocols/git-facts.ts'
import { compareStamps, type Entry, type Fold, type NewEntry } from '../../protocols/journal.ts'
import { nodeIdOfPublicKey } from '../../protocols/node-id.ts'
import { encodeNoteNamed, NOTE_NAMED_KIND, NOTES_TOPIC } from '../../protocols/note-facts.ts'
import { personEntry } from '../../protocols/people-facts.ts'
import { ROOM_REGISTERS } from '../../protocols/registers.ts'
import { encodeRoomFact, ROOM_TOPIC, type RoomFact } from '../../protocols/room-facts.ts'
import { WANTS_KIND, wantsEntry } from '../../protocols/want-facts.ts'
import { WIFI_KIND, wifiEntry } from '../../protocols/wifi-facts.ts'

const NODES = [1, 2, 3].map((fill) => nodeIdOfPublicKey(new Uint8Array(32).fill(fill)))
const PEOPLE = ['0', '1'].map((digit) => digit.repeat(32))
const node = fc.constantFrom(...NODES)
const person = fc.constantFrom(...PEOPLE)
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })

const inRoom = (fact: RoomFact): NewEntry => ({
  topic: ROOM_TOPIC,
  kind: fact.kind,
  version: 1,
  body: encodeRoomFact(fact)
})

const KINDS: { [kind: string]: fc.Arbitrary<NewEntry> } = {
  'node-setting': fc
    .record({ node, setting: fc.constantFrom('drained', 'countsAsCopy'), value: fc.boolean() })
    .map((fact) => inRoom({ kind: 'node-setting', ...fact } as RoomFact)),
  'room-named': fc.string({ maxLength: 9 }).map((name) => inRoom({ kind: 'room-named', name })),
  policy: fc
    .record({
      collection: fc.constantFrom('pypi', 'lessons'),
      prefix: fc.constantFrom('', 'a/', 'a/b'),
      policy: fc.constantFrom(undefined, { kind: 'everywhere' } as const, { kind: 'copies', copies: 2 } as const)
    })
    .map(policyEntry),
  [NOTE_NAMED_KIND]: fc
    .record({ id: fc.constantFrom('a', 'b'), title: fc.constantFrom('One', 'Two', 'Three') })
    .map((fact) => ({ topic: NOTES_TOPIC, kind: NOTE_NAMED_KIND, version: 1, body: encodeNoteNamed(fact) })),
  [COLLABORATOR_KIND]: fc.record({ id: person, person, may: fc.boolean() }).map((fact) => ({
    topic: REPOSITORIES_TOPIC,
    kind: COLLABORATOR_KIND,
    version: 1,
    body: encodeCollaboratorSet(fact)
  })),
  'cloud-linked': fc
    .record({ node, secret: fc.constant(new Uint8Array(CLOUD_SECRET_BYTES)), budgetBytes: fc.constantFrom(null, 5) })
    .map((fact) =>
      cloudEntry({
        kind: 'cloud-linked',
        addresses: ['/ip4/192.0.2.1/tcp/4417'],
        budgetMinutes: null,
        count: new Uint8Array(8),
        ...fact
      })
    ),
  'cloud-unlinked': node.map((one) => cloudEntry({ kind: 'cloud-unlinked', node: one })),
  'person-code': fc.record({ who: person, hash }).map(({ who, hash: code }) => {
    const parameters = { cost: 1024, blockSize: 8, parallel: 1 }
    return personEntry(who, { kind: 'person-code', salt: new Uint8Array(16), hash: code, parameters })
  }),
  [WANTS_KIND]: fc
    .record({ node, name: fc.constantFrom('numpy', 'flask'), count: fc.integer({ min: 1, max: 3 }) })
    .map(({ node: by, name, count }) => {
      return wantsEntry({ node: by, wants: [{ collection: 'pypi', name, count, learners: 1, who: [] }] })
    }),
  [WIFI_KIND]: fc.record({ name: fc.constantFrom('', 'Class', 'Hall'), password: fc.constant('') }).map(wifiEntry),
  // Not registers: they must never be missing.
  'person-named': fc
    .record({ who: person, name: fc.constantFrom('ada', 'bob') })
    .map(({ who, name }) => personEntry(who, { kind: 'person-named', name, shownName: name })),
  'person-recovered': person.map((who) => personEntry(who, { kind: 'person-recovered' })),
  'person-session': fc
    .record({ who: person, session: hash })
    .map(({ who, session }) => personEntry(who, { kind: 'person-session', session })),
  'person-sessions-ended': fc
    .record({ who: person, session: hash })
    .map(({ who, session }) => personEntry(who, { kind: 'person-sessions-ended', sessions: [session] }))
}

const REGISTERS = [
  'cloud-linked',
  'cloud-unlinked',
  COLLABORATOR_KIND,
  NOTE_NAMED_KIND,
  'node-setting',
  'person-code',
  'policy',
  'room-named',
  WANTS_KIND,
  WIFI_KIND
].sort()

const FOLDS: readonly Fold<never>[] = [
  membershipFold,
  collectionFold,
  titleFold,
  repositoryFold,
  cloudFold,
  peopleFold,
  wantsFold,
  wifiFold
] as never

/** A history of three devices; a device goes on in a new log with each of its starts. */
const history: fc.Arbitrary<Entry[]> = fc
  .array(fc.record({ said: fc.oneof(...Object.values(KINDS)), by: fc.nat(2), start: fc.nat(1), lamport: fc.nat(20) }), {
    minLength: 40,
    maxLength: 60
  })
  .map((list) =>
    list.map(({ said, by, start, lamport }, number): Entry => {
      const { topic, kind, version, critical = false, body } = said
      const writer = `${by}${start}`.padEnd(64, '0')
      return { topic, kind, version, critical, body, lamport, writer, number, index: 0, node: NODES[by] as string }
    })
  )

function registerOf({ topic, kind, body }: Entry): string | undefined {
  if (body === undefined || !ROOM_REGISTERS.covers(topic, kind)) return undefined
  const name = ROOM_REGISTERS.registerOf(topic, kind, body)
  return name === undefined ? undefined : `${topic} ${name}`
}

/** As every device shows it once it has let go of what may go. */
function withoutOverwritten(entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => {
    const register = registerOf(entry)
    const isOverwritten =
      register !== undefined &&
      entries.some(
        (other) => other.node === entry.node && registerOf(other) === register && compareStamps(entry, other) < 0
      )
    return isOverwritten ? { ...entry, body: undefined } : entry
  })
}

function statesOf(entries: readonly Entry[]): string[] {
  return FOLDS.map((fold) => {
    const state = fold.empty()
    for (const entry of entries) if (fold.reads(entry.topic)) fold.apply(state, entry)
    const shown = (fold as unknown) === membershipFold ? newestSettings(state) : fold.save(state)
    return Buffer.from(encodeCbor(sorted(shown))).toString('hex')
  })
}

/** The fold of members remembers some older values, for removals; what counts is the newest of each author. */
function newestSettings(facts: MembershipFacts): CborValue {
  return [...facts.values(() => true)].map(({ fact, author }) => [author, encodeRoomFact(fact)])
}

/** Maps are saved in the order of arrival, which says nothing. */
function sorted(value: CborValue): CborValue {
  if (Array.isArray(value)) {
    const items = value.map(sorted)
    return items.sort((a, b) => Buffer.compare(encodeCbor(a), encodeCbor(b)))
  }
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, sorted(item as CborValue)]))
}

test('no view of the room differs by what its own device has overwritten, whatever the order and the clocks', () => {
  const gone = new Map<string, number>()
  fc.assert(
    fc.property(history, fc.nat(), (entries, turn) => {
      const kept = withoutOverwritten(entries)
      for (const { kind, body } of kept) if (body === undefined) gone.set(kind, (gone.get(kind) ?? 0) + 1)
      const elsewhere = kept.map((_, i) => kept[(i + turn) % kept.length] as Entry)
      expect(statesOf(elsewhere)).toEqual(statesOf(entries))
    }),
    { numRuns: 400 }
  )
  // Each kind of register was overwritten often, and nothing else ever.
  expect([...gone.keys()].sort()).toEqual(REGISTERS)
  for (const times of gone.values()) expect(times).toBeGreaterThan(50)
})

describe('what still says something when it is old', () => {
  test.each([
    ['room', ['joined', 'admitted', 'invited', 'revoked', 'removed']],
    [
      `person/${PEOPLE[0]}`,
      [
        'person-named',
        'person-recovered',
        'person-session',
        'person-sessions-ended',
        'person-role',
        'person-roles-taken'
      ]
    ],
    ['people', ['person-removed']],
    ['collections', ['head']],
    ['repositories', ['repository-made', 'repository-removed']],
    [`repo/${PEOPLE[0]}`, ['refs-changed', 'home-claimed']],
    ['note/a', ['note-update', 'note-merged']],
    ['journal', ['erased', 'covered', 'overwritten']]
  ])('in topic %s is no register', (topic, kinds) => {
    for (const kind of [...kinds, 'toString', '__proto__']) expect(ROOM_REGISTERS.covers(topic, kind)).toBe(false)
  })
})
