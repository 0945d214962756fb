import { expect, test } from 'vitest'
import { createWriterAuthority } from '../../../node/room/writer-certificate.ts'
import { encodeChain } from '../../../protocols/certificate.ts'
import { chainOf, keyOf, ROOM, type Step } from './room-kit.ts'

function mayErase(...steps: (string | Step)[]): boolean {
  const last = steps.at(-1) as string | Step
  const key = keyOf(typeof last === 'string' ? last : last.name)
  const authority = createWriterAuthority({ id: ROOM, chain: encodeChain(chainOf(...steps)) }, key)
  return authority.mayErase(authority.certify(keyOf('some writer').publicKey))
}

test('a device that may let others in may erase', () => {
  expect(mayErase('a')).toBe(true)
  expect(mayErase('a', 'token 1', 'b')).toBe(true)
})

test('a cloud peer, which may only read, may not; nor may whoever shows a chain that does not hold', () => {
  expect(mayErase('a', { name: 'cloud', rights: 0 })).toBe(false)
  expect(mayErase('a', { name: 'thief', signedBy: 'thief' })).toBe(false)
})
