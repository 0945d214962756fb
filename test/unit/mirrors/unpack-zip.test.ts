import { expect, test } from 'vitest'
import { MAX_UNPACKED_FILES, unpackZip } from '../../../node/mirrors/unpack-zip.ts'
import { refusal } from '../../fixtures/refusal.ts'
import { zipBytes } from '../../fixtures/zip-bytes.ts'

function sourceOf(names: readonly string[]) {
  const bytes = zipBytes(names.map((name) => ({ name, bytes: name.endsWith('/') ? '' : 'x', stored: true })))
  return {
    path: 'many.zip',
    sizeBytes: bytes.length,
    read: async (position: number, length: number) => bytes.slice(position, position + length)
  }
}

test('the most files come out, folders not counted; one file more is refused before anything is unpacked', async () => {
  const names = Array.from({ length: MAX_UNPACKED_FILES }, (_, i) => `f/${i}`)
  let files = 0
  for await (const { path, bytes } of unpackZip(sourceOf(['f/', ...names]))) {
    if (files++ === 0) {
      expect(path).toBe('f/0')
      for await (const span of bytes) expect([...span]).toEqual([120])
    }
  }
  expect(files).toBe(MAX_UNPACKED_FILES)
  const tooMany = unpackZip(sourceOf([...names, 'one-more']))
  expect(await refusal(() => tooMany.next())).toBe('ARCHIVE_TOO_LARGE')
})
