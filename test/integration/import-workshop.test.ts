/** A folder of the real layout with genuine wheels and R packages, through the real readers and the real blob store. */
import { createHash } from 'node:crypto'
import { appendFileSync, cpSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BlobStore, createBlobs } from '../../node/blobs/index.ts'
import { type Collections, openCollections } from '../../node/collections/index.ts'
import { collectionKinds } from '../../node/mirrors/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { openLevel } from '../../node/platform/key-value.ts'
import { systemRandom } from '../../node/platform/random.ts'
import { nodeSourceFolder } from '../../node/platform/source-folder.ts'
import type { BlobReader, ContentFile } from '../../protocols/content.ts'
import type { PeerLinks } from '../../protocols/message-stream.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { makeWorkshopFolder, type WorkshopFolder } from '../kit/workshop-folder.ts'
import { TestJournal } from '../unit/collections/shared-journal.ts'

interface Device {
  collections: Collections
  reader: BlobReader
  stop(): Promise<void>
}

const NO_LINKS: PeerLinks = {
  links: () => [],
  onLink: () => () => undefined,
  onLinkLost: () => () => undefined,
  handle: () => undefined
}
let folder: TemporaryFolder
let workshop: WorkshopFolder

beforeAll(async () => {
  folder = temporaryFolder()
  workshop = await makeWorkshopFolder(join(folder.path, 'workshop'))
})
afterAll(() => folder[Symbol.dispose]())

async function openDevice(data: string, journal: TestJournal): Promise<Device> {
  const index = await openLevel(join(data, 'index'))
  const store = await BlobStore.open(
    { disk: nodeDisk, index, clock: systemClock },
    { directory: join(data, 'blobs'), quotaBytes: 2 ** 40 }
  )
  const blobs = createBlobs({ store, links: NO_LINKS, clock: systemClock }, { self: 'self' })
  const memory = await openLevel(join(data, 'memory'))
  const collections = await openCollections(
    {
      journal,
      blobs: blobs.reader,
      writer: blobs.writing,
      sources: nodeSourceFolder,
      memory,
      random: systemRandom,
      clock: { ...systemClock, wallMs: () => systemClock.wallMs() + 60_000 },
      capacities: { bytes: () => [], onChange: () => () => undefined }
    },
    { kinds: collectionKinds(), readerVersion: 'test' }
  )
  return {
    collections,
    reader: blobs.reader,
    stop: async () => {
      await collections.stop()
      await blobs.stop()
      await memory.close()
    }
  }
}

function pathsOf({ collections }: Device, collection: string): string[] {
  return [...collections.list(collection)].map(({ path }) => path)
}

describe('a workshop', () => {
  test('is shown as it is, stored once, verified byte by byte, and the same after a restart', async () => {
    using data = temporaryFolder()
    const journal = new TestJournal('one')
    const one = await openDevice(data.path, journal)
    const report = await one.collections.importFolder(workshop.path)
    expect(report.problems).toEqual([])
    expect(one.collections.index.collections()).toEqual(['cran', 'installers', 'lessons', 'pypi'])
    expect(pathsOf(one, 'cran')).toEqual(['src/contrib/seedling_1.2.0.tar.gz', 'src/contrib/sunlight_1.2.0.tar.gz'])
    expect(pathsOf(one, 'pypi')).toEqual(workshop.wheels.map((wheel) => `${wheel.split('-')[0]}/${wheel}`).sort())
    expect(pathsOf(one, 'installers')).toContain(workshop.installer.path)
    expect(pathsOf(one, 'lessons')).toContain(`${workshop.lesson.path}/index.html`)
    for (const file of one.collections.list('lessons'))
      expect(Buffer.from(await one.reader.bytes(file, 2 ** 22))).toEqual(
        readFileSync(join(workshop.path, 'lessons', file.path))
      )
    const pip = one.collections.index.get(
      'pypi',
      pathsOf(one, 'pypi').find((path) => path.startsWith('pip/')) ?? ''
    ) as ContentFile
    const metadata = { cid: pip.details.metadata as ContentFile['cid'], sizeBytes: pip.details.metadataBytes as number }
    expect(Buffer.from(await one.reader.bytes(metadata, 2 ** 20)).toString()).toMatch(
      /^Metadata-Version: .*\nName: pip\n/
    )
    const installer = one.collections.index.get('installers', workshop.installer.path) as ContentFile
    const parts: Uint8Array[] = []
    for await (const part of one.reader.stream(installer, 0, installer.sizeBytes)) parts.push(part)
    expect(createHash('sha256').update(Buffer.concat(parts)).digest('hex')).toBe(workshop.installer.sha256)
    const before = [...one.collections.list('pypi')]
    await one.stop()

    const again = await openDevice(data.path, journal)
    await again.collections.settled()
    expect([...again.collections.list('pypi')]).toEqual(before)
    for (const collection of again.collections.index.collections())
      expect([...again.collections.missingHere(collection)]).toEqual([])
    const second = await again.collections.importFolder(workshop.path)
    expect(second.collections.every(({ added, updated }) => added + updated === 0)).toBe(true)
    expect(journal.entries).toHaveLength(4)
    await again.stop()
  })

  test('in parts, with other names and in another order, ends as the same collections', async () => {
    using data = temporaryFolder()
    using other = temporaryFolder()
    const copy = join(other.path, 'www')
    cpSync(workshop.path, copy, { recursive: true })
    renameSync(join(copy, 'miniCRAN'), join(copy, 'minicran'))
    renameSync(join(copy, 'lessons/software-carpentry'), join(copy, 'swcarpentry.github.io'))
    const [one, two] = [
      await openDevice(join(data.path, 'one'), new TestJournal('one')),
      await openDevice(join(data.path, 'two'), new TestJournal('two'))
    ]
    await one.collections.importFolder(workshop.path)
    for (const part of ['minicran', 'pythonlibraries', 'R', 'rstudio', 'python'])
      await two.collections.importFolder(join(copy, part))
    await two.collections.importFolder(copy)
    for (const collection of ['cran', 'installers', 'lessons', 'pypi']) {
      const shown = ({ collections }: Device): unknown =>
        [...collections.list(collection)].map(({ path, cid, details }) => ({ path, cid, details }))
      expect(shown(two)).toEqual(shown(one))
    }
    await one.stop()
    await two.stop()
  })

  test('with damaged packages adds the rest and says which and why', async () => {
    using data = temporaryFolder()
    using other = temporaryFolder()
    const copy = join(other.path, 'www')
    cpSync(workshop.path, copy, { recursive: true })
    const inPypi = readdirSync(join(copy, 'pypi'), { recursive: true, encoding: 'utf8' })
    const wheel = `pypi/${inPypi.find((path) => path.includes('/pip-'))}`
    // Bytes after the end of a zip archive: it still opens, and is not the file that was listed.
    appendFileSync(join(copy, wheel), Buffer.alloc(10))
    truncateSync(join(copy, 'miniCRAN/src/contrib/seedling_1.2.0.tar.gz'), 200)
    writeFileSync(join(copy, 'R/R-4.4.1-win.exe'), '<html>502 Bad Gateway</html>')
    const one = await openDevice(data.path, new TestJournal('one'))
    const report = await one.collections.importFolder(copy)
    expect(report.problems.map(({ path }) => path).sort()).toEqual(
      ['R/R-4.4.1-win.exe', 'miniCRAN/src/contrib/seedling_1.2.0.tar.gz', wheel].sort()
    )
    for (const { text, path, next } of report.problems) {
      expect(text).toContain(path)
      expect(next.length).toBeGreaterThan(10)
    }
    expect(pathsOf(one, 'cran')).toEqual(['src/contrib/sunlight_1.2.0.tar.gz'])
    // The undamaged copy of the wheel lies in the other folder.
    expect(pathsOf(one, 'pypi')).toHaveLength(workshop.wheels.length)
    await one.stop()
  })
})
