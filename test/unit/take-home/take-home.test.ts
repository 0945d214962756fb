import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../node/platform/clock.ts'
import { archiveName, UniqueNames } from '../../../node/take-home/archive-names.ts'
import { TakeHome, type TakeHomeComponents } from '../../../node/take-home/index.ts'
import { MAX_ARCHIVE_FILES, MAX_ARCHIVES, MAX_NAME_CHARACTERS } from '../../../node/take-home/limits.ts'
import { type ArchivePart, zipArchive } from '../../../node/take-home/zip-archive.ts'
import type { BlobReader, ContentIndex } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import type { Person } from '../../../protocols/people.ts'

const never = new AbortController().signal

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const spans: Uint8Array[] = []
  for await (const span of source) spans.push(span)
  return Buffer.concat(spans)
}

/** What stands in the list at the end of a ZIP. */
function pathsIn(zip: Buffer): string[] {
  const paths: string[] = []
  const list = zip.readUInt32LE(zip.lastIndexOf(Buffer.from('PK\u0005\u0006')) + 16)
  for (let at = list; zip.readUInt32LE(at) === 0x02014b50; ) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [
      number,
      number,
      number
    ]
    paths.push(zip.toString('utf8', at + 46, at + 46 + name))
    at += 46 + name + extra + comment
  }
  return paths
}

describe('names in an archive', () => {
  test('can be unpacked everywhere, whatever people wrote', () => {
    const nasty = fc.constantFrom(
      '..',
      '.',
      'CON',
      'nul.txt',
      'a/b',
      'a\\b',
      'C:x',
      ' x. ',
      '\u202Egpj.exe',
      '\u0000',
      'LPT1'
    )
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 300 })), (text) => {
        const name = archiveName(text)
        expect(name).toMatch(/^[^<>:"/\\|?*\p{C}]+$/u)
        expect(name).not.toMatch(/^[. ]|[. ]$/)
        expect(name).not.toMatch(/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i)
        expect(Array.from(name).length).toBeLessThanOrEqual(MAX_NAME_CHARACTERS + 1)
      }),
      { numRuns: 20_000 }
    )
  })

  test('are different also where capitals do not count', () => {
    const names = new UniqueNames()
    expect(['Day', 'day', 'DAY', 'day (2)'].map((name) => names.take(name, '.md'))).toEqual([
      'Day.md',
      'day (2).md',
      'DAY (3).md',
      'day (2) (2).md'
    ])
  })
})

describe('an archive', () => {
  const part = (path: string, text: string): ArchivePart => ({
    ...{ path, compress: true },
    async *bytes() {
      yield Buffer.from(text)
    }
  })

  test('has no end when a part fails: no program takes it for a whole one', async () => {
    async function* parts(): AsyncGenerator<ArchivePart> {
      yield part('one.txt', 'one')
      yield {
        ...{ path: 'two.txt', compress: false },
        // biome-ignore lint/correctness/useYield: it fails before
        async *bytes() {
          throw new JoineryError('BUSY', 'broken')
        }
      }
    }
    const spans: Uint8Array[] = []
    const reading = (async () => {
      for await (const span of zipArchive(parts(), systemClock, never)) spans.push(span)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'BUSY' })
    expect(Buffer.concat(spans).includes('PK\u0005\u0006')).toBe(false)
  })

  test('reads nothing before there is room for it, and stops when nobody reads on', async () => {
    let made = 0
    let stopped = false
    async function* parts(): AsyncGenerator<ArchivePart> {
      for (;;) {
        made++
        yield {
          ...{ path: `${made}.bin`, compress: false },
          async *bytes(signal) {
            signal.addEventListener('abort', () => {
              stopped = true
            })
            for (let span = 0; span < 100; span++) yield Buffer.alloc(65_536)
          }
        }
      }
    }
    for await (const span of zipArchive(parts(), systemClock, never)) if (span.length > 0) break
    expect(made).toBeLessThanOrEqual(2)
    expect(stopped).toBe(true)
  })

  test('takes as many files as the limit, and not one more', async () => {
    async function* parts(count: number): AsyncGenerator<ArchivePart> {
      for (let number = 0; number < count; number++) yield { ...part(`${number}`, ''), compress: false }
    }
    const most = await bytesOf(zipArchive(parts(MAX_ARCHIVE_FILES), systemClock, never))
    expect(pathsIn(most)).toHaveLength(MAX_ARCHIVE_FILES)
    await expect(bytesOf(zipArchive(parts(MAX_ARCHIVE_FILES + 1), systemClock, never))).rejects.toMatchObject({
      code: 'TAKE_HOME_TOO_MANY'
    })
    const content = {
      collections: () => ['lessons'],
      *list() {
        for (let number = 0; number < MAX_ARCHIVE_FILES; number++) yield { path: `${number}`, sizeBytes: 1 }
      }
    }
    const takeHome = new TakeHome(components({ content: content as unknown as ContentIndex }))
    // Three notes more: refused before the first byte.
    await expect(takeHome.lessonsAndNotes(never).next()).rejects.toMatchObject({ code: 'TAKE_HOME_TOO_MANY' })
  })
})

const person = (name: string, role: Person['role'] = 'learner'): Person => ({ id: name, name, shownName: name, role })
const components = (more: Partial<TakeHomeComponents> = {}): TakeHomeComponents => ({
  clock: systemClock,
  content: { collections: () => [] } as unknown as ContentIndex,
  blobs: {} as BlobReader,
  people: { list: () => [person('ana'), person('=cmd', 'helper')] },
  notes: {
    list: () => [
      { id: 'a', title: 'Day/one', written: true },
      { id: 'b', title: 'empty', written: false },
      { id: 'c', title: 'gone', written: true }
    ],
    exportText: async (id) => {
      if (id === 'c') throw new JoineryError('NOT_FOUND', 'removed meanwhile')
      return { title: 'Day/one', text: 'text' }
    }
  },
  ...more
})

describe('what may be taken home', () => {
  test('is made for a few at once, and for one more when one has ended', async () => {
    const takeHome = new TakeHome(components())
    const running = Array.from({ length: MAX_ARCHIVES }, () => takeHome.lessonsAndNotes(never))
    for (const one of running) await one.next()
    await expect(takeHome.lessonsAndNotes(never).next()).rejects.toMatchObject({ code: 'BUSY' })
    // Lessons are for anybody: however slowly they are taken, a facilitator has a place beside them, and one.
    const wholeClass = takeHome.wholeClass(never)
    expect((await wholeClass.next()).done).toBe(false)
    await expect(takeHome.wholeClass(never).next()).rejects.toMatchObject({ code: 'BUSY' })
    await wholeClass.return(undefined)
    await running[0]?.return(undefined)
    expect(pathsIn(await bytesOf(takeHome.lessonsAndNotes(never)))).toEqual(['notes/Day one.md'])
  })

  test('waits for commits that this device does not have yet', async () => {
    const repository = { id: 'r', owner: 'ana', name: 'recipes', collaborators: [] }
    const takeHome = new TakeHome(
      components({
        repositories: {
          directory: {
            ofOwner: (id) => (id === 'ana' ? [repository] : []),
            refs: () => new Map([['refs/heads/main', 'c']])
          },
          missing: async () => ['c'],
          bundle: async function* () {
            yield Buffer.from('bundle')
          },
          files: async function* () {
            yield Buffer.from('zip')
          }
        }
      })
    )
    await expect(bytesOf(takeHome.ofPerson(person('ana'), never))).rejects.toMatchObject({
      code: 'TAKE_HOME_NOT_READY'
    })
    expect(pathsIn(await bytesOf(takeHome.ofPerson(person('bob'), never)))).toEqual(['account.json'])
  })

  test('sums up to another state after anything that people did', async () => {
    const given = components()
    const before = await new TakeHome({ ...given, notes: undefined } as never).state()
    const people = { list: () => [person('ana')] }
    const states = await Promise.all(
      [
        { people },
        { people: { list: () => [person('ana', 'helper')] } },
        {
          people,
          notes: {
            list: () => [{ id: 'a', title: 'x', written: true }],
            exportText: async () => ({ title: 'x', text: '' })
          }
        },
        {
          people,
          notes: {
            list: () => [{ id: 'a', title: 'x', written: true }],
            exportText: async () => ({ title: 'x', text: 'y' })
          }
        },
        {
          people,
          notes: {
            list: () => [{ id: 'a', title: 'z', written: true }],
            exportText: async () => ({ title: 'z', text: 'y' })
          }
        }
      ].map((change) => new TakeHome({ ...given, notes: undefined, ...change } as never).state())
    )
    expect(new Set([before, ...states]).size).toBe(6)
  })
})
