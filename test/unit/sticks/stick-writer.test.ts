import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sharedDisk } from '../../../node/platform/disk.ts'
import { MAX_FAT_FILE_BYTES, SPAN_BYTES } from '../../../node/sticks/limits.ts'
import { formatStickList, parseStickList } from '../../../node/sticks/stick-list.ts'
import { type StickDevice, type StickSurvey, StickWriter } from '../../../node/sticks/stick-writer.ts'
import type { StickBytesRequest, StickItem } from '../../../protocols/stick.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

const hashOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
const never = new AbortController().signal

/** A device with these files; a name that ends in `.html` is a page made on the way. */
class FakeDevice implements StickDevice {
  readonly files = new Map<string, Buffer>()
  edition = 'one'
  readonly asked: StickBytesRequest[] = []
  /** Called before each span. */
  onSpan: (path: string, at: number) => void = () => undefined
  lie: string | undefined

  constructor(files: Readonly<Record<string, string | Buffer>>) {
    for (const [path, bytes] of Object.entries(files)) this.files.set(path, Buffer.from(bytes))
  }

  async *stickItems(): AsyncGenerator<StickItem> {
    yield { kind: 'edition' as const, edition: this.edition }
    for (const [path, bytes] of this.files) {
      const made = path.endsWith('.html')
      const source = made ? { kind: 'page' as const, path } : { kind: 'file' as const, collection: 'x', path }
      const sha256 = made ? {} : { sha256: hashOf(bytes) }
      yield { kind: 'entry' as const, entry: { path, sizeBytes: bytes.length, source, ...sha256 } }
    }
  }

  async *stickBytes(request: StickBytesRequest, signal?: AbortSignal) {
    this.asked.push(request)
    const { path } = request.source
    const bytes = this.files.get(path) ?? Buffer.alloc(0)
    for (let at = request.from ?? 0; at < bytes.length; at += SPAN_BYTES) {
      this.onSpan(path, at)
      signal?.throwIfAborted()
      const span = Buffer.from(bytes.subarray(at, at + SPAN_BYTES))
      if (this.lie === path) span[0] = (span[0] ?? 0) ^ 1
      yield { base64: span.toString('base64') }
    }
  }
}

const BIG = Buffer.alloc(3 * SPAN_BYTES + 5, 'abcdefg')
const files = (): Record<string, string | Buffer> => ({
  'START.html': '<p>hello',
  'r/src/contrib/a_1.0.tar.gz': 'aaa',
  'installers/big.exe': BIG
})

async function writeAll(
  device: FakeDevice,
  folder: string,
  more: { check?: boolean } = {},
  signal = never
): Promise<StickSurvey> {
  const writer = new StickWriter({ disk: sharedDisk, device }, { folder, system: 'linux', ...more })
  const survey = await writer.survey(signal)
  await writer.write(survey, signal, () => undefined)
  return survey
}

describe('a stick', () => {
  test('gets every file, readable by anybody, with a list that names each hash', async () => {
    using folder = temporaryFolder()
    const stick = join(folder.path, 'linux')
    const survey = await writeAll(new FakeDevice(files()), stick)
    expect(survey).toMatchObject({ files: 3, bytes: BIG.length + 11, bytesToWrite: BIG.length + 11 })
    for (const [path, bytes] of Object.entries(files()))
      expect(readFileSync(join(stick, path))).toEqual(Buffer.from(bytes))
    expect(statSync(join(stick, 'START.html')).mode & 0o777).toBe(0o644)
    expect(statSync(join(stick, 'installers')).mode & 0o777).toBe(0o755)
    const { edition, hashes } = parseStickList(readFileSync(join(stick, 'SHA256SUMS'), 'utf8'))
    expect(edition).toBe('one')
    expect(hashes.get('installers/big.exe')).toBe(hashOf(BIG))
    expect(readdirSync(stick, { recursive: true }).filter((name) => String(name).endsWith('.part'))).toEqual([])
  })

  test('asks for no byte the second time, and for what changed the third', async () => {
    using folder = temporaryFolder()
    const device = new FakeDevice(files())
    await writeAll(device, folder.path)
    device.asked.length = 0
    expect(await writeAll(device, folder.path)).toMatchObject({ toWrite: [], bytesToWrite: 0 })
    expect(device.asked).toEqual([])
    device.edition = 'two'
    device.files.set('r/src/contrib/a_1.1.tar.gz', Buffer.from('new'))
    device.files.delete('r/src/contrib/a_1.0.tar.gz')
    writeFileSync(join(folder.path, 'r/src/contrib/mine.txt'), 'from somebody')
    const third = await writeAll(device, folder.path)
    // Pages may lead elsewhere in a new edition.
    expect(third.toWrite.map(({ path }) => path)).toEqual(['START.html', 'r/src/contrib/a_1.1.tar.gz'])
    expect(readdirSync(join(folder.path, 'r/src/contrib')).sort()).toEqual(['a_1.1.tar.gz', 'mine.txt'])
  })

  test('goes on inside of a big file after an interruption', async () => {
    using folder = temporaryFolder()
    const device = new FakeDevice(files())
    const stop = new AbortController()
    device.onSpan = (path, at) => {
      if (path === 'installers/big.exe' && at === 2 * SPAN_BYTES) stop.abort()
    }
    await expect(writeAll(device, folder.path, {}, stop.signal)).rejects.toThrow()
    expect(existsSync(join(folder.path, 'installers/big.exe'))).toBe(false)
    device.onSpan = () => undefined
    device.asked.length = 0
    await writeAll(device, folder.path)
    expect(device.asked.filter(({ source }) => source.path === 'installers/big.exe')).toEqual([
      expect.objectContaining({ from: 2 * SPAN_BYTES })
    ])
    expect(readFileSync(join(folder.path, 'installers/big.exe'))).toEqual(BIG)
  })

  test('what a power cut left of a file is believed only when it is right', async () => {
    using folder = temporaryFolder()
    const device = new FakeDevice(files())
    mkdirSync(join(folder.path, 'installers'), { recursive: true })
    writeFileSync(join(folder.path, 'installers/big.exe.part'), Buffer.alloc(SPAN_BYTES))
    await writeAll(device, folder.path)
    expect(readFileSync(join(folder.path, 'installers/big.exe'))).toEqual(BIG)
    expect(existsSync(join(folder.path, 'installers/big.exe.part'))).toBe(false)
  })

  test('a file without a list is believed by its bytes, one of another size is written again', async () => {
    using folder = temporaryFolder()
    const device = new FakeDevice(files())
    mkdirSync(join(folder.path, 'installers'), { recursive: true })
    writeFileSync(join(folder.path, 'installers/big.exe'), BIG)
    expect((await writeAll(device, folder.path)).toWrite.map(({ path }) => path)).toEqual([
      'START.html',
      'r/src/contrib/a_1.0.tar.gz'
    ])
    writeFileSync(join(folder.path, 'installers/big.exe'), 'cut')
    expect((await writeAll(device, folder.path)).toWrite.map(({ path }) => path)).toEqual(['installers/big.exe'])
  })

  test('with --check a rotten file of the right size is found and written again', async () => {
    using folder = temporaryFolder()
    const device = new FakeDevice(files())
    await writeAll(device, folder.path)
    const rotten = Buffer.from(BIG)
    rotten[7] = 0
    writeFileSync(join(folder.path, 'installers/big.exe'), rotten)
    expect((await writeAll(device, folder.path)).toWrite).toEqual([])
    expect((await writeAll(device, folder.path, { check: true })).toWrite).toHaveLength(1)
    expect(readFileSync(join(folder.path, 'installers/big.exe'))).toEqual(BIG)
  })

  test('bytes that are not those of the file never get its name', async () => {
    using folder = temporaryFolder()
    const device = new FakeDevice(files())
    device.lie = 'installers/big.exe'
    await expect(writeAll(device, folder.path)).rejects.toMatchObject({ code: 'STICK_FILE_BROKEN' })
    expect(readdirSync(join(folder.path, 'installers'))).toEqual([])
  })

  test('a folder that is a file is said to be unwritable', async () => {
    using folder = temporaryFolder()
    writeFileSync(join(folder.path, 'linux'), '')
    await expect(writeAll(new FakeDevice(files()), join(folder.path, 'linux'))).rejects.toMatchObject({
      code: 'STICK_FOLDER_UNWRITABLE'
    })
  })

  test('a list from a stranger removes and hides nothing outside of the stick', async () => {
    using folder = temporaryFolder()
    const stick = join(folder.path, 'linux')
    mkdirSync(stick)
    writeFileSync(join(folder.path, 'precious.txt'), 'mine')
    const hash = hashOf('mine')
    writeFileSync(
      join(stick, 'SHA256SUMS'),
      `# one\n${hash}  ../precious.txt\n${hash}  /etc/hostname\n${hash}  a/../../precious.txt\n${hash}  a\\b\nrubbish\n`
    )
    expect((await writeAll(new FakeDevice(files()), stick)).stale).toEqual([])
    expect(readFileSync(join(folder.path, 'precious.txt'), 'utf8')).toBe('mine')
  })

  test('a file whose name only changed its case is not removed: on a stick the two are one', async () => {
    using folder = temporaryFolder()
    const device = new FakeDevice({ 'installers/R-4.4.exe': 'R', 'installers/gone.exe': 'gone' })
    await writeAll(device, folder.path)
    device.files.clear()
    device.files.set('installers/r-4.4.exe', Buffer.from('R'))
    expect((await writeAll(device, folder.path)).stale).toEqual(['installers/gone.exe'])
    expect(readFileSync(join(folder.path, 'installers/r-4.4.exe'), 'utf8')).toBe('R')
  })

  test('a file that is larger than FAT32 takes is named before anything is written', async () => {
    using folder = temporaryFolder()
    const device = new FakeDevice({})
    device.stickItems = async function* () {
      for (const [path, sizeBytes] of [['fits', MAX_FAT_FILE_BYTES] as const, ['big', MAX_FAT_FILE_BYTES + 1] as const])
        yield { kind: 'entry', entry: { path, sizeBytes, source: { kind: 'made', path } } }
    }
    const writer = new StickWriter({ disk: sharedDisk, device }, { folder: folder.path, system: 'linux' })
    expect((await writer.survey(never)).tooBigForFat).toEqual(['big'])
  })

  test('the list comes back as it was', () => {
    const list = { edition: 'joinery 1, "Sala 3"', hashes: new Map([['a b/c.html', hashOf('x')]]) }
    expect(parseStickList(formatStickList(list))).toEqual(list)
  })
})
