import { describe, expect, test } from 'vitest'
import { type CloudFact, cloudEntry, decodeCloudFact } from '../../../protocols/cloud-facts.ts'
import {
  type CloudInvitation,
  decodeCloudInvitation,
  decodeCloudLinkAnswer,
  decodeCloudLinkRequest,
  encodeCloudInvitation,
  encodeCloudLinkAnswer,
  encodeCloudLinkRequest,
  MAX_CLOUD_ADDRESSES
} from '../../../protocols/cloud-link.ts'
import { decodeCloudState, encodeCloudState } from '../../../protocols/cloud-state.ts'
import { encodeInvitation } from '../../../protocols/invitation.ts'
import { expectStrictDecoder } from '../mesh/hostile-bytes.ts'
import { chainBytes, chainOf, nodeOf, ROOM } from '../room/room-kit.ts'

const bytes = (length: number, value = 7): Uint8Array => new Uint8Array(length).fill(value)
const ADDRESSES = ['/dns4/cloud.example.org/tcp/443/tls/ws', '/ip4/203.0.113.9/tcp/4417']
const INVITATION: CloudInvitation = { node: nodeOf('cloud'), addresses: ADDRESSES, secret: bytes(20) }

describe('whatever comes from the internet is decoded strictly or refused', () => {
  test('the question of a room', () => {
    const request = {
      room: ROOM,
      roomName: 'Library workshop',
      chain: Uint8Array.from(chainBytes('a', { name: 'cloud', rights: 0 })),
      ringKeys: [{ epoch: 3, key: bytes(32) }],
      secret: bytes(20)
    }
    expectStrictDecoder({ valid: [request], encode: encodeCloudLinkRequest, decode: decodeCloudLinkRequest })
  })
  test('the answer of a cloud peer', () => {
    expectStrictDecoder({ valid: ['LINKED', 'USED_UP'], encode: encodeCloudLinkAnswer, decode: decodeCloudLinkAnswer })
  })
  test('what a cloud peer says of itself', () => {
    const state = { journalOpen: true, full: false, missingFiles: 3, missingBytes: 2 ** 40, lackingRepositories: 1 }
    expectStrictDecoder({ valid: [state], encode: encodeCloudState, decode: decodeCloudState })
  })
})

describe('a link text', () => {
  const text = encodeCloudInvitation(INVITATION)

  test('is read back, however it was typed', () => {
    expect(decodeCloudInvitation(text)).toEqual(INVITATION)
    expect(decodeCloudInvitation(` ${text.toLowerCase().replace(/(.{7})/g, '$1 \n')}`)).toEqual(INVITATION)
  })

  test('with any one character mistyped is refused with a code', () => {
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === 'Q' ? 'R' : 'Q'
      const mistyped = text.slice(0, at) + other + text.slice(at + 1)
      expect(() => decodeCloudInvitation(mistyped)).toThrow(expect.objectContaining({ code: 'CLOUD_LINK_MISTYPED' }))
    }
  })

  test('cut short anywhere, or the invitation of a room, is refused with a code', () => {
    for (let end = 0; end < text.length; end++) {
      expect(() => decodeCloudInvitation(text.slice(0, end))).toThrow(
        expect.objectContaining({ code: 'CLOUD_LINK_MISTYPED' })
      )
    }
    const invitation = encodeInvitation({
      roomName: 'Hall',
      chain: chainOf('a', 'token'),
      tokenSeed: bytes(32),
      ringKey: { epoch: 0, key: bytes(32) },
      addresses: []
    })
    expect(() => decodeCloudInvitation(invitation)).toThrow(expect.objectContaining({ code: 'CLOUD_LINK_MISTYPED' }))
  })

  test('holds so many addresses and no more', () => {
    const some = (count: number): string[] => Array.from({ length: count }, (_, i) => `/ip4/203.0.113.${i}/tcp/4417`)
    const at = { ...INVITATION, addresses: some(MAX_CLOUD_ADDRESSES) }
    expect(decodeCloudInvitation(encodeCloudInvitation(at))).toEqual(at)
    for (const addresses of [some(MAX_CLOUD_ADDRESSES + 1), [], ['nonsense'], ['/ip4/1.2.3.4/tcp/1/p2p/x']]) {
      const past = encodeCloudInvitation({ ...INVITATION, addresses })
      expect(() => decodeCloudInvitation(past)).toThrow(expect.objectContaining({ code: 'CLOUD_LINK_MISTYPED' }))
    }
  })
})

test('facts about cloud peers are read back, and what has another shape is ignored', () => {
  const facts: CloudFact[] = [
    { kind: 'cloud-linked', ...INVITATION, budgetBytes: 5, budgetMinutes: null, count: bytes(8) },
    { kind: 'cloud-unlinked', node: nodeOf('cloud') }
  ]
  for (const fact of facts) {
    const { kind, body, audience } = cloudEntry(fact)
    expect(decodeCloudFact(kind, body)).toEqual(fact)
    // It carries a secret.
    expect(audience).toBe('nodes')
  }
  const linked = cloudEntry(facts[0] as CloudFact).body as { [key: string]: never }
  for (const spoilt of [
    { ...linked, node: 'x' },
    { ...linked, addresses: [] },
    { ...linked, secret: bytes(19) },
    { ...linked, budgetBytes: -1 },
    { ...linked, budgetMinutes: 'ten' },
    { ...linked, count: bytes(7) },
    null,
    []
  ]) {
    expect(decodeCloudFact('cloud-linked', spoilt)).toBeUndefined()
  }
  expect(decodeCloudFact('cloud-else', linked)).toBeUndefined()
  // As it was written before counts had names.
  const { count: _, ...older } = linked
  expect(decodeCloudFact('cloud-linked', older)).toEqual({ ...(facts[0] as object), count: bytes(8, 0) })
})
