import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_TAR_EXTENSION_BYTES } from '../../../node/mirrors/archives/limits.ts'
import { TarReader } from '../../../node/mirrors/archives/tar.ts'
import { readTarGz } from '../../../node/mirrors/archives/tar-gz.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { sourceOf } from '../../fixtures/memory-content.ts'
import { mutated } from '../../fixtures/mutations.ts'
import { refusal } from '../../fixtures/refusal.ts'
import { paxPart, type TarPart, tarBytes } from '../../fixtures/tar-bytes.ts'

function readAll(bytes: Uint8Array, step = bytes.length || 1): Map<string, string> {
  const found = new Map<string, string>()
  const reader = new TarReader('x.tar', ({ name, kind }) => {
    if (kind !== 'file') return undefined
    found.set(name, '')
    return (content) => found.set(name, (found.get(name) ?? '') + Buffer.from(content).toString('latin1'))
  })
  for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step))
  reader.end()
  return found
}

const refused = (...parts: TarPart[]): Promise<string> => refusal(() => readAll(tarBytes(parts)))
const file = (name: string): TarPart => ({ name, bytes: 'x' })

describe('a sound tar', () => {
  test('gives every file, however it arrives', () => {
    const bytes = tarBytes([
      { name: 'a/', type: '5' },
      { name: 'a/one', bytes: '1'.repeat(700) },
      { name: 'two', bytes: '' }
    ])
    const expected = new Map([
      ['a/one', '1'.repeat(700)],
      ['two', '']
    ])
    for (const step of [1, 7, 511, 512, 513, 100_000]) expect(readAll(bytes, step)).toEqual(expected)
  })

  test('may have long names: ustar prefix, pax path, GNU long name', () => {
    const long = `${'folder/'.repeat(20)}file`
    expect([...readAll(tarBytes([{ name: 'file', prefix: 'a/b', bytes: 'x' }])).keys()]).toEqual(['a/b/file'])
    expect([...readAll(tarBytes([paxPart({ path: long }), file('short')])).keys()]).toEqual([long])
    expect([
      ...readAll(tarBytes([{ name: '././@LongLink', type: 'L', bytes: `${long}\0` }, file('short')])).keys()
    ]).toEqual([long])
  })

  test('may begin every name with ./, and have a comment of git', () => {
    const comment = { ...paxPart({ comment: 'a'.repeat(40) }), type: 'g' }
    expect([...readAll(tarBytes([comment, { name: './', type: '5' }, file('./a/b')])).keys()]).toEqual(['a/b'])
  })

  test('may have links that stay inside', async () => {
    expect(
      await refused(file('a/b'), { name: 'a/c', type: '2', target: 'b' }, { name: 'd', type: '1', target: 'a/b' })
    ).toBe('not refused')
    expect(await refused(file('a/b'), { name: 'a/x/c', type: '2', target: '../../a/b' })).toBe('not refused')
  })
})

describe('a tar is refused', () => {
  test.each(['../a', 'a/../../b', '/etc/passwd', 'C:\\x', 'a\\b', 'a//b', 'a\nb'])('for the name %j', async (name) => {
    expect(await refused(file(name))).toBe('ARCHIVE_UNSAFE')
    expect(await refused(paxPart({ path: name }), file('a'))).toBe('ARCHIVE_UNSAFE')
  })

  test('for a link that leads out', async () => {
    expect(await refused({ name: 'a', type: '2', target: '/etc' })).toBe('ARCHIVE_UNSAFE')
    expect(await refused({ name: 'a/b', type: '2', target: '../../x' })).toBe('ARCHIVE_UNSAFE')
    expect(await refused({ name: 'a/b', type: '2', target: 'c/../../../x' })).toBe('ARCHIVE_UNSAFE')
    expect(await refused({ name: 'a/b', type: '1', target: '../x' })).toBe('ARCHIVE_UNSAFE')
    expect(await refused(paxPart({ linkpath: '../../x' }), { name: 'a/b', type: '2', target: 'c' })).toBe(
      'ARCHIVE_UNSAFE'
    )
  })

  test('for a file that would be written through a link', async () => {
    expect(await refused({ name: 'a', type: '2', target: 'b' }, file('a/c'))).toBe('ARCHIVE_UNSAFE')
  })

  test.each(['3', '4', '6', 'S', 'Z'])('for an entry of the kind %s', async (type) => {
    expect(await refused({ name: 'a', type })).toBe('ARCHIVE_UNSAFE')
  })

  test('when two files have one name', async () => {
    expect(await refused(file('a'), file('a'))).toBe('ARCHIVE_UNSAFE')
    expect(await refused(file('a'), file('./a'))).toBe('ARCHIVE_UNSAFE')
  })

  test('when a header is damaged', async () => {
    expect(await refused({ name: 'a', bytes: 'x', says: { checksum: 1 } })).toBe('ARCHIVE_BROKEN')
    expect(await refused({ name: 'a', bytes: 'x', says: { sizeField: new Uint8Array(12).fill(0xff) } })).toBe(
      'ARCHIVE_BROKEN'
    )
  })

  test('when an extended header is longer than the limit', async () => {
    const header = (sizeBytes: number): TarPart => ({ name: 'x', type: 'x', bytes: 'a', says: { sizeBytes } })
    expect(await refused(header(MAX_TAR_EXTENSION_BYTES + 1), file('a'))).toBe('ARCHIVE_UNSAFE')
    const value = 'v'.repeat(MAX_TAR_EXTENSION_BYTES - '65536 a=\n'.length)
    const longest = paxPart({ a: value })
    expect(Buffer.byteLength(String(longest.bytes))).toBe(MAX_TAR_EXTENSION_BYTES)
    expect(await refused(longest, file('a'))).toBe('not refused')
  })

  test('cut off inside of an entry, wherever that is', async () => {
    const whole = tarBytes([{ name: 'a', bytes: 'x'.repeat(600) }])
    for (let length = 0; length < 512 + 600; length++) {
      expect(await refusal(() => readAll(whole.subarray(0, length)))).toBe('ARCHIVE_BROKEN')
    }
  })
})

describe('a tar.gz is refused', () => {
  const read = (bytes: Uint8Array): Promise<string> =>
    refusal(() => readTarGz(sourceOf('x.tar.gz', bytes), () => undefined))
  const whole = gzipSync(tarBytes([{ name: 'a', bytes: 'hello'.repeat(100) }]))

  test('but not when it is sound', async () => {
    expect(await read(whole)).toBe('not refused')
  })

  test('cut off at every byte', async () => {
    for (let length = 0; length < whole.length; length++)
      expect(await read(whole.subarray(0, length))).toBe('ARCHIVE_BROKEN')
  })

  test('when it unpacks to more than a hundred times its size', async () => {
    expect(await read(gzipSync(tarBytes([{ name: 'a', bytes: new Uint8Array(20 * 2 ** 20) }])))).toBe('ARCHIVE_UNSAFE')
  })

  test('when it is something else', async () => {
    expect(await read(Buffer.from('<!DOCTYPE html>'))).toBe('ARCHIVE_BROKEN')
    expect(await read(gzipSync('hello'))).toBe('ARCHIVE_BROKEN')
  })

  test('or read, and nothing else, when it is damaged', async () => {
    await fc.assert(
      fc.asyncProperty(mutated([whole]), async (bytes) => {
        expect(await read(bytes)).toMatch(/^(?:ARCHIVE_|not refused)/)
      }),
      { numRuns: 3000 }
    )
  })
})

test('100,000 damaged tars are read or refused, and nothing else', () => {
  const sound = [
    tarBytes([
      { name: 'a/', type: '5' },
      { name: 'a/one', bytes: 'x'.repeat(20) },
      { name: 'a/two', type: '2', target: 'one' }
    ]),
    tarBytes([paxPart({ path: 'long/name', size: '3' }), { name: 'short', bytes: 'abc' }])
  ]
  let readable = 0
  fc.assert(
    fc.property(mutated(sound), fc.integer({ min: 1, max: 600 }), (bytes, step) => {
      try {
        readAll(bytes, step)
        readable++
      } catch (error) {
        if (!(error instanceof JoineryError)) throw error
      }
    }),
    { numRuns: 100_000 }
  )
  expect(readable).toBeGreaterThan(1000)
  expect(readable).toBeLessThan(95_000)
})
