import { describe, expect, test } from 'vitest'
import { type HelloEffect, HelloSession } from '../../../node/mesh/hello-session.ts'
import { signingKeyFromSeed, verifySignature } from '../../../node/platform/signing.ts'
import { decodeHello, encodeHello, type HelloMessage, type Verdict } from '../../../protocols/hello.ts'
import { nodeIdOfPublicKey } from '../../../protocols/node-id.ts'
import type { Role } from '../../../protocols/room-facts.ts'

const ROOM = 'abcdefgh'.repeat(4)

interface SideInit {
  seed: number
  peer: number
  room?: string | null
  admits?: Verdict
  judged?: Verdict
  role?: Role
  signsWith?: number
}

const keyOf = (seed: number): ReturnType<typeof signingKeyFromSeed> => signingKeyFromSeed(new Uint8Array(32).fill(seed))
const idOf = (seed: number): string => nodeIdOfPublicKey(keyOf(seed).publicKey)

function side(init: SideInit): { session: HelloSession; outcome: HelloEffect[]; judged: Verdict } {
  const { seed, peer, room = ROOM, admits = 'OK', judged = 'OK', role = 'node', signsWith = seed } = init
  const session = new HelloSession({
    self: {
      id: idOf(seed),
      bootId: new Uint8Array(16).fill(seed),
      nonce: new Uint8Array(32).fill(seed + 100),
      profile: { name: `n${seed}`, role, httpPort: 8080, capacityBytes: 5 },
      meshPort: 4001,
      sign: (message) => keyOf(signsWith).sign(message)
    },
    peer: idOf(peer),
    policy: {
      room: () => (room === null ? undefined : { id: room, name: 'Hall', chain: Uint8Array.of(seed) }),
      admits: () => admits
    },
    verify: verifySignature
  })
  return { session, outcome: [], judged }
}

type Side = ReturnType<typeof side>

/** Lets both talk until nothing moves; `tamper` stands between them. */
function converse(
  a: Side,
  b: Side,
  tamper: (message: HelloMessage, from: 'a' | 'b') => HelloMessage | undefined = (message) => message
): void {
  const queue: { to: Side; message: HelloMessage }[] = []
  const react = (on: Side, other: Side, effects: HelloEffect[]): void => {
    for (const effect of effects) {
      if (effect.kind === 'send') {
        const message = tamper(decodeHello(encodeHello(effect.message)), on === a ? 'a' : 'b')
        if (message) queue.push({ to: other, message })
      } else if (effect.kind === 'judge') react(on, other, on.session.handle({ kind: 'judged', verdict: on.judged }))
      else on.outcome.push(effect)
    }
  }
  react(a, b, a.session.handle({ kind: 'started' }))
  react(b, a, b.session.handle({ kind: 'started' }))
  for (let next = queue.shift(); next; next = queue.shift()) {
    react(next.to, next.to === a ? b : a, next.to.session.handle({ kind: 'received', message: next.message }))
  }
}

describe('two devices of one room', () => {
  test('admit each other, and know what the other said of itself', () => {
    const [a, b] = [side({ seed: 1, peer: 2 }), side({ seed: 2, peer: 1, role: 'laptop' })]
    converse(a, b)
    expect(a.outcome).toMatchObject([
      {
        kind: 'admitted',
        introduction: { profile: { name: 'n2', role: 'laptop', bootId: '02'.repeat(16) }, meshPort: 4001, version: 1 }
      }
    ])
    expect(b.outcome).toMatchObject([{ kind: 'admitted', introduction: { profile: { name: 'n1' } } }])
  })

  test.each(['NOT_A_MEMBER', 'REMOVED', 'INVITATION_USED_UP', 'INVITATION_REVOKED'] as const)(
    'who is refused as %s is told the code and nothing else',
    (code) => {
      const [a, b] = [side({ seed: 1, peer: 2, admits: code }), side({ seed: 2, peer: 1 })]
      converse(a, b)
      expect(a.outcome).toEqual([{ kind: 'refused', code, by: 'us', proven: false }])
      expect(b.outcome).toEqual([{ kind: 'refused', code, by: 'them', proven: true }])
    }
  )

  test('nobody is admitted when only one side agrees', () => {
    const [a, b] = [side({ seed: 1, peer: 2, judged: 'CLONED' }), side({ seed: 2, peer: 1 })]
    converse(a, b)
    expect([...a.outcome, ...b.outcome].map(({ kind }) => kind)).toEqual(['refused', 'refused'])
  })
})

describe('a device that does not belong', () => {
  test('another room is met, and no proof is ever sent to it', () => {
    const sent: HelloMessage['step'][] = []
    const [a, b] = [side({ seed: 1, peer: 2 }), side({ seed: 2, peer: 1, room: 'zzzzzzzz'.repeat(4) })]
    converse(a, b, (message) => {
      sent.push(message.step)
      return message
    })
    expect(sent).toEqual(['opening', 'opening'])
    expect(a.outcome).toMatchObject([{ kind: 'met', what: 'other-room', room: 'zzzzzzzz'.repeat(4) }])
    expect(b.outcome).toMatchObject([{ kind: 'met', what: 'other-room', room: ROOM, roomName: 'Hall' }])
  })

  test('a device without a room is met as such by both sides', () => {
    const [a, b] = [side({ seed: 1, peer: 2 }), side({ seed: 2, peer: 1, room: null })]
    converse(a, b)
    expect(a.outcome).toMatchObject([{ kind: 'met', what: 'no-room', room: null }])
    expect(b.outcome).toMatchObject([{ kind: 'met', what: 'no-room', room: ROOM }])
  })

  test('a proof signed by another key is refused', () => {
    const [a, b] = [side({ seed: 1, peer: 2 }), side({ seed: 2, peer: 1, signsWith: 3 })]
    converse(a, b)
    expect(a.outcome).toMatchObject([{ kind: 'refused', code: 'NOT_A_MEMBER', by: 'us' }])
    expect(b.outcome).toMatchObject([{ kind: 'refused', code: 'NOT_A_MEMBER', by: 'them' }])
  })

  test('a proof of an earlier connection is good for nothing', () => {
    let recorded: HelloMessage | undefined
    converse(side({ seed: 1, peer: 2 }), side({ seed: 2, peer: 1 }), (message, from) => {
      if (from === 'b' && message.step === 'proof') recorded = message
      return message
    })
    const a = side({ seed: 1, peer: 2 })
    // Same device, other nonce: as after a new connection.
    const later = side({ seed: 2, peer: 1 })
    converse(a, later, (message, from) => {
      if (from === 'b' && message.step === 'opening') return { ...message, nonce: new Uint8Array(32).fill(77) }
      return from === 'b' && message.step === 'proof' && recorded ? recorded : message
    })
    expect(a.outcome).toMatchObject([{ kind: 'refused', code: 'NOT_A_MEMBER', by: 'us' }])
  })

  test('a proof passed on by somebody in between is refused: it names both ends', () => {
    // 3 stands between 1 and 2 and shows each the other's proof as its own.
    const a = side({ seed: 1, peer: 3 })
    const b = side({ seed: 2, peer: 3 })
    converse(a, b)
    expect(a.outcome).toMatchObject([{ kind: 'refused', code: 'NOT_A_MEMBER' }])
    expect(b.outcome.every(({ kind }) => kind === 'refused')).toBe(true)
  })

  test('no common version: both sides end it and nobody proves anything', () => {
    const [a, b] = [side({ seed: 1, peer: 2 }), side({ seed: 2, peer: 1 })]
    converse(a, b, (message) =>
      message.step === 'opening' ? { ...message, newestVersion: 9, oldestVersion: 8 } : message
    )
    expect(a.outcome).toEqual([{ kind: 'refused', code: 'UPDATE_NEEDED', by: 'us', proven: false }])
    expect(b.outcome).toEqual([{ kind: 'refused', code: 'UPDATE_NEEDED', by: 'us', proven: false }])
  })
})

describe('the session is bounded', () => {
  const opening: HelloMessage = {
    step: 'opening',
    room: ROOM,
    roomName: '',
    newestVersion: 1,
    oldestVersion: 1,
    bootId: new Uint8Array(16),
    nonce: new Uint8Array(32)
  }

  test('whatever is out of order ends it', () => {
    for (const messages of [
      [opening, opening],
      [{ step: 'verdict', verdict: 'OK' }],
      [opening, { step: 'verdict', verdict: 'OK' }]
    ] as HelloMessage[][]) {
      const a = side({ seed: 1, peer: 2 })
      let effects = a.session.handle({ kind: 'started' })
      for (const message of messages) effects = a.session.handle({ kind: 'received', message })
      expect(effects.at(-1)).toMatchObject({ kind: 'refused', code: 'NOT_A_MEMBER' })
      expect(a.session.ended).toBe(true)
      expect(a.session.handle({ kind: 'received', message: opening })).toEqual([])
    }
  })
})
