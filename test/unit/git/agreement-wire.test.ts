/** What other devices say and write about repositories: read back as it was written, and harmless when it is anything else. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import {
  decodeHomeClaimed,
  decodeRefsChanged,
  decodeRepositoryMade,
  encodeHomeClaimed,
  encodeRefsChanged,
  MAX_BROUGHT_PER_ENTRY,
  MAX_CHANGES_PER_ENTRY,
  MAX_COVERED_PER_ENTRY,
  type RefsChanged
} from '../../../protocols/git-facts.ts'
import {
  decodeGitHead,
  decodeGitRequest,
  encodeGitHead,
  encodeGitRequest,
  type GitStreamHead,
  type GitStreamRequest,
  MAX_GIT_MESSAGE_BYTES,
  MAX_HOPS,
  MAX_TOLD_OBJECTS
} from '../../../protocols/git-stream.ts'
import { nodeIdOfPublicKey } from '../../../protocols/node-id.ts'
import { MAX_REQUEST_ID_CHARACTERS } from '../../../protocols/request-id.ts'

const RUNS = { numRuns: 100_000 }
const id = 'ab'.repeat(16)
const node = nodeIdOfPublicKey(new Uint8Array(32).fill(7))
const object = (at: number): string => at.toString(16).padStart(40, '0')

const fact: RefsChanged = {
  changes: [
    { ref: 'refs/heads/main', old: undefined, new: object(1) },
    { ref: 'refs/tags/v1', old: object(2), new: undefined }
  ],
  covers: [{ ref: 'refs/heads/main', object: object(3) }],
  brings: [{ ref: 'refs/heads/main', object: object(4) }],
  ...{ dropped: [object(2)], by: id, epoch: 3, side: 'local', from: 'pi-2' }
}

const requests: GitStreamRequest[] = [
  { do: 'ping' },
  { do: 'ping', node },
  { do: 'fetch', repository: id, objects: [object(1)] },
  { do: 'have', repository: id, objects: [] },
  { do: 'heads', repository: id, hops: 1 },
  {
    ...{ do: 'answer', repository: id, hops: 2, service: 'git-receive-pack', step: 'run' },
    ...{ person: id, protocol: 'version=2' }
  }
]

test('entries are read back as they were written', () => {
  expect(decodeRefsChanged(decodeCbor(encodeCbor(encodeRefsChanged(fact)), 10_000))).toEqual(fact)
  expect(decodeHomeClaimed(encodeHomeClaimed({ epoch: 1, node }))).toEqual({ epoch: 1, node })
})

test('an entry holds as much as it may and not one more', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ ref: 'refs/heads/x', object: object(at) }))
  const read = (change: Partial<RefsChanged>) => decodeRefsChanged(encodeRefsChanged({ ...fact, ...change }))
  const changes = (count: number) => many(count).map(({ ref, object: now }) => ({ ref, old: undefined, new: now }))
  expect(read({ changes: changes(MAX_CHANGES_PER_ENTRY) })).toBeDefined()
  expect(read({ changes: changes(MAX_CHANGES_PER_ENTRY + 1) })).toBeUndefined()
  expect(read({ covers: many(MAX_COVERED_PER_ENTRY) })).toBeDefined()
  expect(read({ covers: many(MAX_COVERED_PER_ENTRY + 1) })).toBeUndefined()
  expect(read({ brings: many(MAX_BROUGHT_PER_ENTRY) })).toBeDefined()
  expect(read({ brings: many(MAX_BROUGHT_PER_ENTRY + 1) })).toBeUndefined()
  expect(read({ changes: [] })).toBeUndefined()
  expect(read({ from: 'pi 2' })).toBeUndefined()
  expect(read({ changes: [{ ref: 'refs/mesh/kept', old: undefined, new: object(1) }] })).toBeUndefined()
})

test('the largest entry fits into the journal', () => {
  const ref = `refs/heads/${'x'.repeat(189)}`
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ ref, object: object(at) }))
  const changes = many(MAX_CHANGES_PER_ENTRY).map(({ object: now }) => ({ ref, old: now, new: now }))
  const covers = many(MAX_COVERED_PER_ENTRY)
  const dropped = [...changes, ...covers].map((_, at) => object(at))
  const body = encodeRefsChanged({ ...fact, changes, covers, brings: many(MAX_BROUGHT_PER_ENTRY), dropped })
  expect(encodeCbor(body).length).toBeLessThan(512 * 1024)
})

test('requests and heads are read back as they were written', () => {
  for (const asked of requests) {
    expect(decodeGitRequest(encodeGitRequest(asked))).toEqual({ asked, requestId: undefined })
    for (const requestId of ['12345678', 'x'.repeat(MAX_REQUEST_ID_CHARACTERS)])
      expect(decodeGitRequest(encodeGitRequest(asked, requestId))).toEqual({ asked, requestId })
    // What could end a line of a log, or says more than an id, is nobody's request.
    for (const requestId of [
      '1234567',
      'x'.repeat(MAX_REQUEST_ID_CHARACTERS + 1),
      '12345678\n',
      '12345678"',
      '12345678\u001b[2J'
    ])
      expect(() => decodeGitRequest(encodeGitRequest(asked, requestId))).toThrow(JoineryError)
  }
  const heads: GitStreamHead[] = [
    { ok: true },
    { ok: true, heads: new Uint8Array(32) },
    { ok: true, lacks: [object(1)] }
  ]
  for (const head of heads) expect(decodeGitHead(encodeGitHead(head))).toEqual(head)
  expect(decodeGitHead(encodeGitHead({ ok: false, code: 'HOME_UNREACHABLE' }))).toEqual({
    ok: false,
    code: 'HOME_UNREACHABLE'
  })
})

test('a request names as many objects and devices on the way as it may and not one more', () => {
  const objects = Array.from({ length: MAX_TOLD_OBJECTS }, (_, at) => object(at))
  const whole = encodeGitRequest({ do: 'fetch', repository: id, objects })
  expect(whole.length).toBeLessThan(MAX_GIT_MESSAGE_BYTES)
  expect(decodeGitRequest(whole)).toMatchObject({ asked: { objects } })
  const more = encodeCbor({ do: 'fetch', repository: id, objects: [...objects, object(0)] })
  expect(() => decodeGitRequest(more)).toThrow(JoineryError)
  expect(decodeGitRequest(encodeCbor({ do: 'heads', repository: id, hops: MAX_HOPS }))).toBeDefined()
  expect(() => decodeGitRequest(encodeCbor({ do: 'heads', repository: id, hops: MAX_HOPS + 1 }))).toThrow(JoineryError)
})

function mutated(of: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const change = fc.record({ which: fc.nat(of.length - 1), at: fc.nat(300), byte: fc.nat(255), cut: fc.nat(400) })
  const changed = change.map(({ which, at, byte, cut }) => {
    const bytes = Uint8Array.from(of[which] ?? [])
    if (at < bytes.length) bytes[at] = byte
    return cut < 100 ? bytes.subarray(0, cut) : bytes
  })
  return fc.oneof(changed, fc.uint8Array({ maxLength: 60 }))
}

test('whatever a device sends is a request or MALFORMED', () => {
  const heads = [encodeGitHead({ ok: true, heads: new Uint8Array(32) }), encodeGitHead({ ok: false, code: 'X' })]
  fc.assert(
    fc.property(mutated([...requests.map((one) => encodeGitRequest(one, 'ab'.repeat(8))), ...heads]), (bytes) => {
      for (const decode of [decodeGitRequest, decodeGitHead]) {
        try {
          decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(JoineryError)
        }
      }
    }),
    RUNS
  )
})

test('whatever a device writes is a fact or nothing', () => {
  const written = [encodeRefsChanged(fact), encodeHomeClaimed({ epoch: 1, node })].map((body) => encodeCbor(body))
  fc.assert(
    fc.property(mutated(written), (bytes) => {
      let body: ReturnType<typeof decodeCbor>
      try {
        body = decodeCbor(bytes, 10_000)
      } catch {
        return
      }
      for (const decode of [decodeRefsChanged, decodeHomeClaimed, decodeRepositoryMade]) decode(body)
    }),
    RUNS
  )
})
