import { describe, expect, test } from 'vitest'
import { cloudFold, cloudLinksOf } from '../../../node/cloud/link-fold.ts'
import { sha256 } from '../../../node/platform/hash.ts'
import { createChainCheck } from '../../../node/room/chain-check.ts'
import { membershipFold } from '../../../node/room/membership-facts.ts'
import { viewMembership } from '../../../node/room/membership-view.ts'
import { createWriterAuthority } from '../../../node/room/writer-certificate.ts'
import { encodeChain, extendChain, RIGHT_ADMIT, roomIdOf } from '../../../protocols/certificate.ts'
import { type CloudFact, cloudEntry } from '../../../protocols/cloud-facts.ts'
import type { Entry } from '../../../protocols/journal.ts'
import { decodeWriterCertificate, encodeWriterCertificate } from '../../../protocols/writer-certificate.ts'
import { believingAuthority } from '../../kit/journal-pieces.ts'
import { HandWriter } from '../journal/hand-writer.ts'
import { allOf, newStore, openJournal } from '../journal/room.ts'
import { chainOf, FactWriter, keyOf, nodeOf, ROOM, type Step, tokenOf } from '../room/room-kit.ts'

const CLOUD: Step = { name: 'cloud', rights: 0 }

describe('what a cloud peer may write', () => {
  const writes = (topic: string, ...steps: (string | Step)[]): boolean => {
    const last = steps.at(-1) as string | Step
    const key = keyOf(typeof last === 'string' ? last : last.name)
    const authority = createWriterAuthority({ id: ROOM, chain: encodeChain(chainOf(...steps)) }, key)
    return authority.mayWrite(authority.certify(keyOf('some writer').publicKey), topic)
  }

  test('is about itself, in the topic of the room, and nothing of people, content, repositories, notes or erasing', () => {
    for (const topic of ['people', 'person/x', 'collections', 'repo/x', 'note/x', 'journal', 'cloud', '']) {
      expect(writes(topic, 'a', CLOUD)).toBe(false)
      expect(writes(topic, 'a', 'b')).toBe(true)
    }
    expect(writes('room', 'a', CLOUD)).toBe(true)
    expect(writes('room', { ...CLOUD, signedBy: 'thief' })).toBe(false)
  })

  /** Of node `c` nobody takes anything but topic `t`. */
  const authority = {
    ...believingAuthority,
    mayWrite: (certificate: Uint8Array, topic: string) =>
      believingAuthority.check(certificate).node !== 'c' || topic === 't'
  }

  test('anything else is refused with a code by whoever gets it, at once and after a restart; the rest of the journal goes on', async () => {
    const store = newStore()
    const { journal } = await openJournal('a', store, { authority })
    const cloud = new HandWriter(1, 'c')
    const honest = new HandWriter(2, 'b')
    const first = cloud.write('said of itself', 1)
    expect(await journal.exchange.take([first.bytes])).toMatchObject({ added: 1, refused: undefined })
    const bad = cloud.draft(cloud.head, [{ name: 'person', value: 1 }], {}, 'people')
    expect(await journal.exchange.take([bad.bytes])).toMatchObject({ added: 0, refused: { code: 'BATCH_NOT_ALLOWED' } })
    const fromTheStart = new HandWriter(3, 'c').draft(undefined, [{ name: 'person', value: 1 }], {}, 'people')
    expect(await journal.exchange.take([fromTheStart.bytes])).toMatchObject({ refused: { code: 'BATCH_NOT_ALLOWED' } })
    const good = honest.draft(undefined, [{ name: 'person', value: 2 }], {}, 'people')
    expect(await journal.exchange.take([good.bytes])).toMatchObject({ added: 1, refused: undefined })
    await journal.close()

    store.reopen()
    const { journal: again } = await openJournal('a', store, { authority })
    expect(await again.exchange.take([bad.bytes])).toMatchObject({ added: 0, refused: { code: 'BATCH_NOT_ALLOWED' } })
    expect((await allOf(again.entriesOf('people'))).map(({ node }) => node)).toEqual(['b'])
    await again.close()
  })

  test('entries of another room are refused, whoever brings them', async () => {
    const founding = keyOf('founding of another room')
    const key = keyOf('cloud')
    const chain = extendChain(
      { foundingKey: founding.publicKey, links: [] },
      { kind: 'node', subject: key.publicKey, rights: RIGHT_ADMIT, uses: null },
      (message) => founding.sign(message)
    )
    const elsewhere = createWriterAuthority(
      { id: roomIdOf(founding.publicKey, sha256), chain: encodeChain(chain) },
      key
    )
    const here = createWriterAuthority({ id: ROOM, chain: encodeChain(chainOf('a')) }, keyOf('a'))
    const { journal } = await openJournal('a', newStore(), {
      authority: here,
      certify: (writerKey) => here.certify(writerKey)
    })
    const writer = new HandWriter(7, 'cloud')
    const certificate = elsewhere.certify(writer.key.publicKey)
    const batch = writer.draft(undefined, [{ name: 'secret of B', value: 1 }], { certificate }, 'people')
    expect(await journal.exchange.take([batch.bytes])).toMatchObject({
      added: 0,
      refused: { code: 'BATCH_UNCERTIFIED', cause: { code: 'CERTIFICATE_OTHER_ROOM' } }
    })
    // With the room's name put over it the signature does not hold.
    const forged = Uint8Array.from(encodeWriterCertificate({ ...decodeWriterCertificate(certificate), room: ROOM }))
    const relabelled = writer.draft(undefined, [{ name: 'x', value: 1 }], { certificate: forged }, 'people')
    expect(await journal.exchange.take([relabelled.bytes])).toMatchObject({ refused: { code: 'BATCH_UNCERTIFIED' } })
    expect(await allOf(journal.entriesOf('people'))).toEqual([])
    await journal.close()
  })

  test('and its own journal does not let it write it', async () => {
    const { journal } = await openJournal('c', newStore(), { authority })
    const entry = { kind: 'set', version: 1, body: 1 }
    await expect(journal.append([{ ...entry, topic: 'people' }])).rejects.toMatchObject({ code: 'ENTRY_REFUSED' })
    await journal.append([{ ...entry, topic: 't' }])
    await journal.close()
  })
})

test('a cloud peer lets nobody in or out, makes no invitation that counts, sets nothing of others and gives the room no name', () => {
  const [a, cloud] = [new FactWriter('a'), new FactWriter('cloud')]
  const entries = [
    a.joined('a'),
    a.admitted('b', 'a', 'b'),
    a.admitted('cloud', 'a', CLOUD),
    a.write({ kind: 'room-named', name: 'Hall' }),
    cloud.joined('a', CLOUD),
    cloud.admitted('x', 'a', 'token', 'x'),
    cloud.removed('b', { lamport: 1 }),
    cloud.write({ kind: 'invited', token: tokenOf('mine'), label: '', uses: null }),
    cloud.write({ kind: 'revoked', token: tokenOf('token'), keeps: [] }),
    cloud.write({ kind: 'node-setting', node: nodeOf('b'), setting: 'drained', value: true }),
    cloud.write({ kind: 'node-setting', node: nodeOf('cloud'), setting: 'capacityBytes', value: 5 }),
    cloud.write({ kind: 'room-named', name: 'Mine' }, 99)
  ]
  const facts = membershipFold.empty()
  for (const entry of entries) membershipFold.apply(facts, entry)
  const view = viewMembership(facts, createChainCheck(ROOM))
  expect([...view.members.keys()].sort()).toEqual(['a', 'b', 'cloud'].map(nodeOf).sort())
  expect(view.removed.size).toBe(0)
  expect(view.tokens.size).toBe(0)
  expect(view.roomName).toBe('Hall')
  expect(view.members.get(nodeOf('b'))?.settings).toEqual({})
  // What is its own it sets.
  expect(view.members.get(nodeOf('cloud'))?.settings).toEqual({ capacityBytes: 5 })
})

describe('which cloud peers a room is to have', () => {
  const linked = (secret: number): CloudFact => ({
    kind: 'cloud-linked',
    node: nodeOf('cloud'),
    addresses: ['/dns4/cloud.example.org/tcp/4417'],
    secret: new Uint8Array(20).fill(secret),
    budgetBytes: null,
    budgetMinutes: null,
    count: new Uint8Array(8)
  })
  const entryOf = (author: string, lamport: number, fact: CloudFact): Entry => {
    const { kind, body } = cloudEntry(fact)
    const stamp = new FactWriter(author).write({ kind: 'room-named', name: 'x' }, lamport)
    return { ...stamp, number: lamport, topic: 'cloud', kind, body }
  }
  const viewOf = (entries: Entry[], mayDecide: readonly string[]) => {
    const state = cloudFold.empty()
    for (const entry of entries) cloudFold.apply(state, entry)
    const saved = cloudFold.load(cloudFold.save(state))
    expect(saved).toEqual(state)
    return cloudLinksOf(state, (node) => mayDecide.map(nodeOf).includes(node)).map(({ secret }) => secret[0])
  }

  test('is what was said last, whatever came first', () => {
    const entries = [
      entryOf('a', 1, linked(1)),
      entryOf('b', 3, linked(3)),
      entryOf('a', 2, { kind: 'cloud-unlinked', node: nodeOf('cloud') })
    ]
    expect(viewOf(entries, ['a', 'b'])).toEqual([3])
    expect(viewOf([...entries].reverse(), ['a', 'b'])).toEqual([3])
    expect(viewOf(entries.slice(0, 1), ['a', 'b'])).toEqual([1])
    // Without the word of `b`, who was removed, what `a` said last counts.
    expect(viewOf(entries, ['a'])).toEqual([])
  })

  test('is never the word of a cloud peer, nor of somebody who is no member', () => {
    const entries = [entryOf('a', 1, linked(1)), entryOf('cloud', 9, linked(9)), entryOf('stranger', 10, linked(10))]
    expect(viewOf(entries, ['a'])).toEqual([1])
  })
})
