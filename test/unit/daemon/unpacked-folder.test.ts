import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DEFAULT_RESERVE_BYTES } from '../../../node/blobs/index.ts'
import type { Device } from '../../../node/daemon/device.ts'
import { withUnpacked } from '../../../node/daemon/unpacked-folder.ts'
import { writeZip } from '../../../node/demo/sample/zip-writer.ts'
import { type Disk, nodeDisk } from '../../../node/platform/disk.ts'
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

test('what fits beside the reserve of the disk is unpacked to the last byte; one byte less room refuses it, and nothing of it stays', async () => {
  using folder = temporaryFolder()
  let freeBytes = 0
  const disk: Disk = { ...nodeDisk, freeBytes: async () => freeBytes }
  const device = { config: { dataDirectory: folder.path }, disk } as unknown as Device
  const zip = join(folder.path, 'lesson.zip')
  const files = [
    { name: 'index.html', bytes: Buffer.alloc(40_000, 1) },
    { name: 'fig/plot.png', bytes: Buffer.alloc(2_345, 2) }
  ]
  writeFileSync(zip, writeZip(files))
  const { signal } = new AbortController()
  const unpacked = (): Promise<number[]> =>
    withUnpacked(device, zip, signal, async (top) => files.map(({ name }) => statSync(join(top, name)).size))
  freeBytes = DEFAULT_RESERVE_BYTES + 42_345
  expect(await unpacked()).toEqual([40_000, 2_345])
  freeBytes -= 1
  await expect(unpacked()).rejects.toMatchObject({ code: 'IMPORT_DISK_FULL' })
  expect(await nodeDisk.stat(join(folder.path, 'unpacking'))).toBeUndefined()
  // And afterwards it goes again.
  freeBytes += 1
  expect(await unpacked()).toEqual([40_000, 2_345])
})
