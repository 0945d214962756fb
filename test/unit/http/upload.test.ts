import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import '../../../node/http/errors.ts'
import { MAX_FIELDS, MAX_UPLOAD_BYTES, receiveUpload } from '../../../node/http/upload.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

/** A form with so many fields and one file. @param lengthBytes as the browser says it */
async function upload(fields: number, lengthBytes: number, freeBytes = Number.MAX_SAFE_INTEGER): Promise<string> {
  using folder = temporaryFolder()
  const part = (head: string, body: string): string =>
    `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`
  const names = Array.from({ length: fields }, (_, number) => part(`name="field${number}"`, 'x'))
  const body = `${names.join('')}${part('name="file"; filename="lesson.zip"', 'bytes')}--b--\r\n`
  const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-length': `${lengthBytes}` }
  const request = Object.assign(Readable.from([Buffer.from(body)]), { headers }) as unknown as IncomingMessage
  const stored = await receiveUpload(request, nodeDisk, { folder: join(folder.path, 'upload'), freeBytes })
  expect([stored.fields.size, stored.sizeBytes]).toEqual([fields, 5])
  return stored.name
}

test('an upload may be said to be as large as the limit and as the disk has room for, and not a byte larger', async () => {
  expect(await upload(0, MAX_UPLOAD_BYTES)).toBe('lesson.zip')
  await expect(upload(0, MAX_UPLOAD_BYTES + 1)).rejects.toMatchObject({ code: 'UPLOAD_TOO_LARGE' })
  expect(await upload(0, 1_000, 1_000)).toBe('lesson.zip')
  await expect(upload(0, 1_001, 1_000)).rejects.toMatchObject({ code: 'UPLOAD_TOO_LARGE' })
})

test('a form has so many fields beside its file, and with one more it is refused', async () => {
  expect(await upload(MAX_FIELDS, 1_000)).toBe('lesson.zip')
  await expect(upload(MAX_FIELDS + 1, 1_000)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
})
