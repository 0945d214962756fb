import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Device } from '../../../node/daemon/device.ts'
import { withUnpacked } from '../../../node/daemon/unpacked-folder.ts'
import { writeZip } from '../../../node/demo/sample/zip-writer.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

test('a second ZIP does not sweep away the first one while it is read, and comes in afterwards', async () => {
  using folder = temporaryFolder()
  const device = { config: { dataDirectory: folder.path }, disk: nodeDisk } as unknown as Device
  const zip = join(folder.path, 'lesson.zip')
  writeFileSync(zip, writeZip([{ name: 'index.html', bytes: Buffer.from('one') }]))
  const { signal } = new AbortController()
  await withUnpacked(device, zip, signal, async (first) => {
    await expect(withUnpacked(device, zip, signal, async () => undefined)).rejects.toMatchObject({
      code: 'IMPORT_RUNNING'
    })
    expect(await nodeDisk.stat(join(first, 'index.html'))).toMatchObject({ kind: 'file', sizeBytes: 3 })
  })
  expect(await nodeDisk.stat(join(folder.path, 'unpacking'))).toBeUndefined()
  expect(await withUnpacked(device, zip, signal, async () => 'again')).toBe('again')
})
