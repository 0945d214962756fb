import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeInvitation, encodeInvitation, type Invitation } from '../../../protocols/invitation.ts'
import { chainOf, keyOf } from './room-kit.ts'

describe('an invitation', () => {
  const invitation: Invitation = {
    roomName: 'Hall 3',
    chain: chainOf('a', { name: 'token', uses: 3 }),
    tokenSeed: keyOf('token').seed,
    ringKey: { epoch: 1, key: new Uint8Array(32).fill(7) },
    addresses: ['/ip4/192.168.1.5/tcp/4001']
  }
  const text = encodeInvitation(invitation)

  test('is read in any case, with spaces, hyphens and line breaks', () => {
    expect(decodeInvitation(text)).toEqual(invitation)
    expect(decodeInvitation(`  ${text.toLowerCase().replace(/(.{5})/g, '$1 -\r\n')} `)).toEqual(invitation)
  })

  test('uses only what a QR code packs densely, and is short enough for one', () => {
    expect(text).toMatch(/^[A-Z0-9:]+$/)
    expect(text.length).toBeLessThan(800)
  })

  test('any changed, dropped, doubled or swapped character is found', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
    const at = fc.integer({ min: 8, max: text.length - 2 })
    const mistake = fc.tuple(at, fc.constantFrom('set', 'drop', 'double', 'swap'), fc.constantFrom(...alphabet))
    fc.assert(
      fc.property(mistake, ([i, kind, letter]) => {
        const [before, one, after] = [text.slice(0, i), text[i] as string, text.slice(i + 1)]
        const typed = {
          set: before + letter + after,
          drop: before + after,
          double: before + one + one + after,
          swap: before + (after[0] as string) + one + after.slice(1)
        }[kind]
        if (typed === text) return
        expect(() => decodeInvitation(typed as string)).toThrowError(
          expect.objectContaining({ code: 'INVITATION_MISTYPED' })
        )
      }),
      { numRuns: 20_000 }
    )
  })

  test('no other text is an invitation', () => {
    const noise = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `JOINERY:${rest}`),
      fc
        .array(fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'), { maxLength: 60 })
        .map((letters) => `JOINERY:${letters.join('')}`)
    )
    fc.assert(
      fc.property(noise, (typed) => {
        expect(() => decodeInvitation(typed)).toThrowError(expect.objectContaining({ code: 'INVITATION_MISTYPED' }))
      }),
      { numRuns: 100_000 }
    )
  })
})
