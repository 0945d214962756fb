import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listAnswer, readListRequest, receiveAdvertisement } from '../../../node/git/advertisement.ts'
import { pktLine, readPkt, sideBand } from '../../../node/git/pkt-line.ts'
import { readPushRequest } from '../../../node/git/push-request.ts'
import { JoineryError } from '../../../protocols/errors.ts'

/** Bytes that often look like pkt-lines. */
const almostLines = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => pktLine(bytes)),
      fc
        .constantFrom('0000', '0001', '0002', '0003', '0004', 'ffff', 'FFf0', 'zz', '\0')
        .map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes))
    ),
    { maxLength: 8 }
  )
  .map((parts) => Buffer.concat(parts))

async function* inParts(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('a pkt-line', () => {
  it('is what was written, wherever it stands', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 20 }), (content, before) => {
        const bytes = Buffer.concat([before, pktLine(content)])
        const read = readPkt(bytes, before.length)
        expect(read).toEqual({ pkt: { kind: 'line', bytes: Buffer.from(content) }, next: bytes.length })
        expect(readPkt(bytes.subarray(0, -1), before.length)).toBeUndefined()
      })
    )
  })

  it('of 65,516 bytes is the longest', () => {
    const longest = pktLine(Buffer.alloc(65_516))
    expect(readPkt(longest, 0)?.next).toBe(65_520)
    expect(() => pktLine(Buffer.alloc(65_517))).toThrow(RangeError)
    expect(() => readPkt(Buffer.from('fff1'), 0)).toThrow(JoineryError)
    expect(sideBand(1, Buffer.alloc(70_000)).length).toBe(70_000 + 2 * 5)
  })

  it('never reads past the end, whatever comes', () => {
    fc.assert(
      fc.property(almostLines, (bytes) => {
        try {
          for (let at = 0; ; ) {
            const read = readPkt(bytes, at)
            if (!read) break
            expect(read.next).toBeGreaterThan(at)
            expect(read.next).toBeLessThanOrEqual(bytes.length)
            at = read.next
          }
        } catch (error) {
          expect(error).toBeInstanceOf(JoineryError)
        }
      }),
      { numRuns: 100_000 }
    )
  })
})

describe('the commands of a push', () => {
  it('are the same however they are cut, and only known errors come of anything else', async () => {
    await fc.assert(
      fc.asyncProperty(almostLines, fc.integer({ min: 1, max: 50 }), async (bytes, size) => {
        const outcome = async (parts: AsyncIterator<Uint8Array>): Promise<string> => {
          try {
            const push = await readPushRequest(parts)
            return JSON.stringify(push?.changes ?? 'probe')
          } catch (error) {
            if (!(error instanceof JoineryError)) throw error
            return error.code
          }
        }
        expect(await outcome(inParts(bytes, size))).toBe(await outcome(inParts(bytes, 1_000)))
      }),
      { numRuns: 5_000 }
    )
  })
})

describe('a list of refs', () => {
  it('is asked for in known words only; everything else is left to git', () => {
    fc.assert(
      fc.property(almostLines, (bytes) => {
        try {
          expect(readListRequest(bytes)).toBeUndefined()
        } catch (error) {
          expect(error).toHaveProperty('code', 'PUSH_MALFORMED')
        }
      })
    )
    const asked = Buffer.concat([
      pktLine('command=ls-refs\n'),
      Buffer.from('0001'),
      pktLine('peel\n'),
      Buffer.from('0000')
    ])
    expect(readListRequest(asked)).toEqual({ peel: true, symrefs: false, unborn: false, prefixes: [] })
    expect(readListRequest(Buffer.concat([asked, asked]))).toBeUndefined()
    expect(readListRequest(asked.subarray(0, -1))).toBeUndefined()
  })

  it('of an empty repository names the branch that is to come', () => {
    const list = { peel: false, symrefs: true, unborn: true, prefixes: [] }
    expect(listAnswer(new Map(), list).toString()).toBe('002eunborn HEAD symref-target:refs/heads/main\n0000')
    expect(listAnswer(new Map(), { ...list, unborn: false }).toString()).toBe('0000')
    expect(receiveAdvertisement(new Map(), 'atomic').toString()).toContain(
      `${'0'.repeat(40)} capabilities^{}\0atomic\n`
    )
  })
})
