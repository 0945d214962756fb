import { describe, expect, test } from 'vitest'
import { type AskEffect, AskedSession, AskingSession } from '../../../node/mesh/ask-session.ts'
import { sha256 } from '../../../node/platform/hash.ts'
import { type AskMessage, approvalCode, type Grant } from '../../../protocols/approval.ts'

const room = { id: 'abcdefgh'.repeat(4), name: 'Hall' }
const nonce = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
const asking = (fill = 1): AskingSession =>
  new AskingSession({ self: 'device', peer: 'member', nonce: nonce(fill), sha256 })
const asked = (fill = 2): AskedSession =>
  new AskedSession({ self: 'member', peer: 'device', nonce: nonce(fill), sha256, room })
const sent = (effects: AskEffect[]): AskMessage => {
  const send = effects.find((effect) => effect.kind === 'send')
  if (send?.kind !== 'send') throw new Error(`nothing was sent: ${JSON.stringify(effects)}`)
  return send.message
}
const codeOf = (effects: AskEffect[]): string | undefined =>
  effects.flatMap((effect) => (effect.kind === 'compare' ? [effect.code] : []))[0]

describe('the six digits', () => {
  test('are the same on both sides and hold both nonces and both ids', () => {
    const [device, member] = [asking(), asked()]
    const answered = device.receive(sent(member.receive(sent(device.start('Pi', 'node')))))
    const shown = codeOf(member.receive(sent(answered)))
    expect(shown).toMatch(/^\d{6}$/)
    expect(codeOf(answered)).toBe(shown)
    const codes = [nonce(1), nonce(3)].flatMap((one) =>
      [nonce(2), nonce(4)].map((other) =>
        approvalCode({ id: 'device', nonce: one }, { id: 'member', nonce: other }, sha256)
      )
    )
    expect(
      new Set([...codes, approvalCode({ id: 'x', nonce: nonce(1) }, { id: 'member', nonce: nonce(2) }, sha256)]).size
    ).toBe(5)
  })

  test('cannot be chosen by the device: another nonce than the committed one is refused', () => {
    const member = asked()
    member.receive(sent(asking(1).start('Pi', 'node')))
    expect(member.receive({ step: 'reveal', nonce: nonce(9) })).toEqual([{ kind: 'broken' }])
  })

  test('cannot be chosen by the member: it says its nonce before it sees the other one, and once', () => {
    const device = asking()
    device.start('Pi', 'node')
    device.receive({ step: 'nonce', nonce: nonce(2), room: room.id, roomName: '' })
    expect(device.receive({ step: 'nonce', nonce: nonce(5), room: room.id, roomName: '' })).toEqual([
      { kind: 'broken' }
    ])
  })
})

describe('an answer', () => {
  const grant = (id: string): Grant => ({ room: id, roomName: 'Hall', chain: Uint8Array.of(1), ringKeys: [] })

  test('is taken only for the room whose code was compared', () => {
    const device = asking()
    device.start('Pi', 'node')
    expect(device.receive({ step: 'grant', grant: grant(room.id) })).toEqual([{ kind: 'broken' }])
    const later = asking()
    later.receive({ step: 'nonce', nonce: nonce(2), room: room.id, roomName: 'Hall' })
    expect(later.receive({ step: 'grant', grant: grant('zzzzzzzz'.repeat(4)) })).toEqual([{ kind: 'broken' }])
    expect(later.receive({ step: 'grant', grant: grant(room.id) })).toMatchObject([{ kind: 'granted' }])
  })

  test('out of order is no answer', () => {
    expect(asked().receive({ step: 'reveal', nonce: nonce(1) })).toEqual([{ kind: 'broken' }])
    const member = asked()
    const commit = sent(asking().start('Pi', 'node'))
    member.receive(commit)
    expect(member.receive(commit)).toEqual([{ kind: 'broken' }])
  })
})
