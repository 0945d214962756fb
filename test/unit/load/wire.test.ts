import { describe, expect, test } from 'vitest'
import { encodeCbor } from '../../../protocols/cbor.ts'
import { cidOfDigest } from '../../../protocols/cid.ts'
import { hasCode } from '../../../protocols/errors.ts'
import {
  decodeLoadAnswer,
  decodeLoadQuestion,
  encodeLoadAnswer,
  encodeLoadQuestion,
  type LoadAnswer,
  type LoadQuestion,
  MAX_LOAD_MESSAGE_BYTES,
  MOST_ACTIVE
} from '../../../protocols/load.ts'
import { MAX_REQUEST_ID_CHARACTERS } from '../../../protocols/request-id.ts'
import { expectStrictDecoder } from '../mesh/hostile-bytes.ts'

const cid = cidOfDigest(new Uint8Array(32).fill(7))
const questions: LoadQuestion[] = [
  { cid, active: 0 },
  { cid, active: MOST_ACTIVE },
  { cid, active: 1, requestId: '0123456789abcdef' },
  { cid, active: MOST_ACTIVE, requestId: 'x'.repeat(MAX_REQUEST_ID_CHARACTERS) }
]
const answers: LoadAnswer[] = [
  { takes: true, active: 3 },
  { takes: false, active: MOST_ACTIVE }
]

describe('a question about load', () => {
  test('comes back as it was, in a small message', () => {
    for (const question of questions) {
      expect(decodeLoadQuestion(encodeLoadQuestion(question))).toEqual(question)
      expect(encodeLoadQuestion(question).length).toBeLessThanOrEqual(MAX_LOAD_MESSAGE_BYTES)
    }
  })

  test('of foreign bytes is refused or encodes to the same bytes', () => {
    expectStrictDecoder({ valid: questions, encode: encodeLoadQuestion, decode: decodeLoadQuestion })
  })

  test.each([
    ['a short digest', encodeCbor([new Uint8Array(31), 1])],
    ['a negative count', encodeCbor([new Uint8Array(32), -1])],
    ['one more than the most', encodeCbor([new Uint8Array(32), MOST_ACTIVE + 1])],
    ['a third value that is no id of a request', encodeCbor([new Uint8Array(32), 1, 1])],
    ['an id that ends a line', encodeCbor([new Uint8Array(32), 1, '0123456789\n'])],
    ['an id that is too short', encodeCbor([new Uint8Array(32), 1, '0123456'])],
    ['an id that is too long', encodeCbor([new Uint8Array(32), 1, 'x'.repeat(MAX_REQUEST_ID_CHARACTERS + 1)])],
    ['a fourth value', encodeCbor([new Uint8Array(32), 1, '0123456789', 1])],
    ['no list', encodeCbor('x')]
  ])('with %s is refused', (_what, bytes) => {
    expect(() => decodeLoadQuestion(bytes)).toThrow(expect.toSatisfy((error) => hasCode(error, 'MALFORMED')))
  })

  test('that is too long is refused unread', () => {
    const atLimit = encodeCbor(new Uint8Array(MAX_LOAD_MESSAGE_BYTES - 2))
    expect(atLimit).toHaveLength(MAX_LOAD_MESSAGE_BYTES)
    expect(() => decodeLoadQuestion(atLimit)).toThrow(expect.toSatisfy((error) => hasCode(error, 'MALFORMED')))
    const longer = encodeCbor(new Uint8Array(MAX_LOAD_MESSAGE_BYTES - 1))
    expect(() => decodeLoadQuestion(longer)).toThrow(expect.toSatisfy((error) => hasCode(error, 'TOO_LARGE')))
  })
})

describe('an answer about load', () => {
  test('comes back as it was; a count that is too large is the most', () => {
    for (const answer of answers) expect(decodeLoadAnswer(encodeLoadAnswer(answer))).toEqual(answer)
    expect(decodeLoadAnswer(encodeLoadAnswer({ takes: true, active: 1e9 }))).toEqual({
      takes: true,
      active: MOST_ACTIVE
    })
  })

  test('of foreign bytes is refused or encodes to the same bytes', () => {
    expectStrictDecoder({ valid: answers, encode: encodeLoadAnswer, decode: decodeLoadAnswer })
  })
})
