/** What every Disk does, on a real file system and in the simulator. */
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type Disk, nodeDisk } from '../../node/platform/disk.ts'
import { readSmallFile, writeDurably } from '../../node/platform/durable-file.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { SimulatedDisk } from '../kit/simulated-disk.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const disposals: Disposable[] = []
afterEach(() => {
  for (const one of disposals.splice(0)) one[Symbol.dispose]()
})

async function simulated(): Promise<{ disk: Disk; folder: string }> {
  const disk = new SimulatedDisk({ random: seededRandom(1) })
  await disk.makeDirectory('/data')
  return { disk, folder: '/data' }
}

async function real(): Promise<{ disk: Disk; folder: string }> {
  const folder = temporaryFolder()
  disposals.push(folder)
  return { disk: nodeDisk, folder: folder.path }
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString()
const bytes = (of: string): Uint8Array => new Uint8Array(Buffer.from(of))

describe.each([
  ['simulated', simulated],
  ['real', real]
])('%s disk', (_name, make) => {
  test('reads what was written, and 0 at the end', async () => {
    const { disk, folder } = await make()
    const file = await disk.open(join(folder, 'a'), 'create')
    await file.write(bytes('hello world'), 0)
    await file.write(bytes('W'), 6)
    const into = new Uint8Array(100)
    expect(await file.read(into, 6)).toBe(5)
    expect(text(into.subarray(0, 5))).toBe('World')
    expect(await file.read(into, 11)).toBe(0)
    expect(await file.read(into, 5000)).toBe(0)
    expect(await file.sizeBytes()).toBe(11)
    await file.sync()
    await file.close()
  })

  test('a write past the end leaves zeros between, and truncate cuts and grows', async () => {
    const { disk, folder } = await make()
    const file = await disk.open(join(folder, 'a'), 'create')
    await file.write(bytes('abc'), 0)
    await file.truncate(2)
    await file.write(bytes('z'), 4)
    await file.truncate(6)
    const into = new Uint8Array(10)
    expect(await file.read(into, 0)).toBe(6)
    expect([...into.subarray(0, 6)]).toEqual([97, 98, 0, 0, 122, 0])
    await file.close()
  })

  test('read and update need a file, exclusive needs none, create empties one', async () => {
    const { disk, folder } = await make()
    const path = join(folder, 'a')
    await expect(disk.open(path, 'read')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(disk.open(path, 'update')).rejects.toMatchObject({ code: 'ENOENT' })
    const first = await disk.open(path, 'exclusive')
    await first.write(bytes('abc'), 0)
    await first.close()
    await expect(disk.open(path, 'exclusive')).rejects.toMatchObject({ code: 'EEXIST' })
    const updated = await disk.open(path, 'update')
    expect(await updated.sizeBytes()).toBe(3)
    await updated.close()
    const created = await disk.open(path, 'create')
    expect(await created.sizeBytes()).toBe(0)
    await created.close()
    await expect(disk.open(join(folder, 'no/such'), 'create')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('stat, list and remove: a missing name is undefined or no error', async () => {
    const { disk, folder } = await make()
    await disk.makeDirectory(join(folder, 'x/y'))
    await disk.makeDirectory(join(folder, 'x/y'))
    await writeDurably(disk, join(folder, 'x/file'), bytes('12345'))
    expect(await disk.stat(join(folder, 'nothing'))).toBeUndefined()
    expect(await disk.stat(join(folder, 'x/file'))).toMatchObject({ kind: 'file', sizeBytes: 5 })
    expect(await disk.stat(join(folder, 'x'))).toMatchObject({ kind: 'directory' })
    const names = (await disk.list(join(folder, 'x'))).sort((a, b) => (a.name < b.name ? -1 : 1))
    expect(names).toEqual([
      { name: 'file', kind: 'file' },
      { name: 'y', kind: 'directory' }
    ])
    await disk.remove(join(folder, 'x'))
    await disk.remove(join(folder, 'x'))
    expect(await disk.stat(join(folder, 'x/file'))).toBeUndefined()
    await expect(disk.list(join(folder, 'x'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('rename replaces the target and moves between folders; an open file goes with it', async () => {
    const { disk, folder } = await make()
    await disk.makeDirectory(join(folder, 'sub'))
    await writeDurably(disk, join(folder, 'sub/b'), bytes('old'))
    const file = await disk.open(join(folder, 'a'), 'create')
    await file.write(bytes('new'), 0)
    await disk.rename(join(folder, 'a'), join(folder, 'sub/b'))
    await file.write(bytes('!'), 3)
    await file.close()
    expect(text(await readSmallFile(disk, join(folder, 'sub/b'), 100))).toBe('new!')
    await expect(disk.rename(join(folder, 'a'), join(folder, 'c'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('writeDurably replaces whole files, and readSmallFile refuses long ones', async () => {
    const { disk, folder } = await make()
    const path = join(folder, 'a')
    expect(await readSmallFile(disk, path, 10)).toBeUndefined()
    await writeDurably(disk, path, bytes('0123456789'))
    await writeDurably(disk, path, bytes('abcdefghij'))
    expect(text(await readSmallFile(disk, path, 10))).toBe('abcdefghij')
    await expect(readSmallFile(disk, path, 9)).rejects.toThrow('at most 9')
    expect((await disk.list(folder)).map(({ name }) => name)).toEqual(['a'])
  })

  test('free space is a number of bytes', async () => {
    const { disk, folder } = await make()
    expect(await disk.freeBytes(folder)).toBeGreaterThan(0)
  })
})

test('a file of which a read was refused before it began can still be closed', async () => {
  const { disk, folder } = await real()
  const file = await disk.open(join(folder, 'a'), 'create')
  await expect(file.read(new Uint8Array(1), Number.MAX_VALUE)).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' })
  await file.close()
  await expect(file.read(new Uint8Array(1), 0)).rejects.toMatchObject({ code: 'EBADF' })
})
