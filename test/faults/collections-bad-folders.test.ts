/** Folders that nobody should import as they are: each fault has its code and a sentence that names the file, and the rest is added. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ImportProblem, ImportReport } from '../../node/collections/index.ts'
import {
  IMPORT_HEAP_SHARE,
  MAX_IMPORT_FILES,
  PLANNED_DETAIL_FACTOR,
  PLANNED_FILE_BYTES
} from '../../node/collections/limits.ts'
import { nodeSourceFolder, type SourceFolder } from '../../node/platform/source-folder.ts'
import type { ContentInspector } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { MAX_BLOB_BYTES } from '../../protocols/piece-list.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { openTestNode, shownTexts, type TestNode, type TestNodeInit, writeTree } from '../unit/collections/test-node.ts'

let folder: TemporaryFolder
let node: TestNode
const LESSON = 'lessons/software-carpentry/git-novice'

beforeEach(async () => {
  folder = temporaryFolder()
  node = await openTestNode()
  writeTree(folder.path, { [`${LESSON}/index.html`]: 'good' })
})
afterEach(async () => {
  await node.collections.stop()
  folder[Symbol.dispose]()
})

function at(path: string): string {
  return join(folder.path, path)
}

function problemsOf({ problems }: ImportReport): string[] {
  return problems.map(({ code, path }) => `${code} ${path}`)
}

/** Imports, expects exactly these problems, and that the good file is there. */
async function expectProblems(
  expected: string[],
  options: Parameters<TestNode['collections']['importFolder']>[1] = {}
): Promise<ImportProblem[]> {
  const report = await node.collections.importFolder(folder.path, options)
  expect(problemsOf(report).sort()).toEqual(expected.sort())
  for (const { text, next, path } of report.problems) {
    expect(next.length).toBeGreaterThan(10)
    // The name can be found again from what is printed.
    expect(text).toContain(path.replace(/\p{C}/gu, '?').slice(0, 50))
  }
  expect(shownTexts(node, 'lessons')['software-carpentry/git-novice/index.html']).toBe('good')
  return report.problems
}

describe('a folder', () => {
  const code = (error: unknown): string => (error instanceof JoineryError ? error.code : String(error))
  const importing = (path: string, options = {}): Promise<string> =>
    node.collections.importFolder(path, options).then(() => 'imported', code)

  test('that is not there is said not to be', async () => {
    expect(await importing(at('nowhere'))).toBe('IMPORT_NO_FOLDER')
    expect(await importing(at(`${LESSON}/index.html/x`))).toBe('IMPORT_NO_FOLDER')
  })

  test('in which nothing is known, and a file of no kind, are said so', async () => {
    mkdirSync(at('empty'))
    expect(await importing(at('empty'))).toBe('IMPORT_NOTHING_FOUND')
    writeTree(folder.path, { 'photos/1.jpg': 'x', 'x.txt': 'x' })
    expect(await importing(at('photos'))).toBe('IMPORT_NOTHING_FOUND')
    expect(await importing(at('x.txt'))).toBe('IMPORT_NOTHING_FOUND')
    expect(await importing(at('empty'), { collection: 'things' })).toBe('IMPORT_NOTHING_FOUND')
  })

  test('cannot go into a collection or under a path that may not be', async () => {
    expect(await importing(folder.path, { collection: '../x' })).toBe('COLLECTION_NAME_WRONG')
    expect(await importing(folder.path, { collection: 'things', under: '../x' })).toBe('NAME_FORBIDDEN')
  })

  test('with more files than the limit is refused before anything is read, at the limit it is not', async () => {
    const sources = (files: number): SourceFolder => ({
      ...nodeSourceFolder,
      names: async (directory) =>
        directory.endsWith('many')
          ? Array.from({ length: files }, (_, i) => `.${i}`)
          : nodeSourceFolder.names(directory)
    })
    mkdirSync(at('lessons/many'))
    // Beside the many: the two folders of a lesson, its source, its first page.
    for (const [files, expected] of [
      [MAX_IMPORT_FILES - 4, 'imported'],
      [MAX_IMPORT_FILES - 3, 'IMPORT_TOO_MANY_FILES']
    ] as const) {
      const one = await openTestNode({ sources: sources(files) })
      expect(await one.collections.importFolder(folder.path).then(() => 'imported', code)).toBe(expected)
      expect(one.blobs.openSessions).toBe(0)
    }
  })

  test('with more files than there is memory for is refused, as much as fits is imported', async () => {
    writeTree(folder.path, { 'lessons/a/1.txt': 'one', 'lessons/a/2.txt': 'two', 'lessons/a/3.txt': 'three' })
    const files = 1 + 3
    // Of each its place in the plan, and `{}` for details.
    const planned = PLANNED_FILE_BYTES + PLANNED_DETAIL_FACTOR * 2
    for (const [most, expected] of [
      [files, 'imported'],
      [files - 1, 'IMPORT_MEMORY_FULL']
    ] as const) {
      const one = await openTestNode({ freeHeapBytes: () => Math.ceil((most * planned) / IMPORT_HEAP_SHARE) })
      expect(await one.collections.importFolder(folder.path).then(() => 'imported', code)).toBe(expected)
      expect(one.blobs.openSessions).toBe(0)
    }
  })

  test('that is imported twice at once is refused the second time', async () => {
    const first = node.collections.importFolder(folder.path)
    expect(await importing(folder.path)).toBe('IMPORT_RUNNING')
    await first
    expect(await importing(folder.path)).toBe('imported')
  })
})

describe('names', () => {
  test('with control characters, backslashes, other direction marks and broken UTF-8 are refused one by one', async () => {
    writeTree(at(LESSON), { 'a\nb.html': '', 'a\\b.html': '', 'gp\u202egpj.exe': '', ['__proto__']: '' })
    writeFileSync(Buffer.concat([Buffer.from(`${at(LESSON)}/broken-`), Buffer.of(0xff)]), '')
    rmSync(`${at(LESSON)}/bad-ÿ.html`, { force: true })
    rmSync(`${at(LESSON)}/bad-\ufffd.html`, { force: true })
    await expectProblems([
      `NAME_FORBIDDEN ${LESSON}/a\nb.html`,
      `NAME_FORBIDDEN ${LESSON}/a\\b.html`,
      `NAME_FORBIDDEN ${LESSON}/gp\u202egpj.exe`,
      `NAME_FORBIDDEN ${LESSON}/__proto__`,
      `NAME_FORBIDDEN ${LESSON}/broken-\ufffd`
    ])
  })

  test('of 300 bytes, of `..` and of folders too deep are refused wherever they come from', async () => {
    const long = 'é'.repeat(150)
    const names: Record<string, string[]> = { [at(LESSON)]: ['index.html', long, '..', 'a/b'] }
    const sources: SourceFolder = {
      ...nodeSourceFolder,
      names: async (directory) => names[directory] ?? nodeSourceFolder.names(directory)
    }
    node = await openTestNode({ sources })
    const report = await node.collections.importFolder(folder.path)
    // `..` is hidden like all names with a dot in front; `a/b` is no name: it is not there.
    expect(problemsOf(report).sort()).toEqual([`FILE_CHANGED ${LESSON}/a/b`, `NAME_FORBIDDEN ${LESSON}/${long}`])
    expect(shownTexts(node, 'lessons')).toEqual({ 'software-carpentry/git-novice/index.html': 'good' })
    mkdirSync(at(`lessons/software-carpentry/${'d/'.repeat(40)}`), { recursive: true })
    await expectProblems([
      `NAME_FORBIDDEN lessons/software-carpentry/${'d/'.repeat(32).slice(0, -1)}`,
      `FILE_CHANGED ${LESSON}/a/b`,
      `NAME_FORBIDDEN ${LESSON}/${long}`
    ])
  })

  test('that differ in case only: the first is added, the second is named with it', async () => {
    writeTree(at(LESSON), { 'fig/A.png': '1', 'fig/a.png': '2' })
    const [problem] = await expectProblems([`NAMES_COLLIDE ${LESSON}/fig/a.png`])
    expect(problem?.text).toContain('fig/A.png')
    // What is there already is not pushed out by what comes later.
    rmSync(at(`${LESSON}/fig/A.png`))
    await expectProblems([`NAMES_COLLIDE ${LESSON}/fig/a.png`])
    expect(shownTexts(node, 'lessons')['software-carpentry/git-novice/fig/A.png']).toBe('1')
  })

  test('that are one name in normal form are added when their bytes are the same, and both refused when not', async () => {
    // The one that is named second is read sooner: which of them is named is no matter of chance.
    writeTree(at(LESSON), {
      'e\u0301.png': 'same',
      'é.png': 'same',
      'o\u0308.png': 'one'.repeat(1e6),
      'ö.png': 'other'
    })
    const [problem] = await expectProblems([`NAMES_COLLIDE ${LESSON}/ö.png`])
    expect(problem?.text).toContain(`${LESSON}/o\u0308.png`)
    const shown = shownTexts(node, 'lessons')
    expect(shown['software-carpentry/git-novice/é.png']).toBe('same')
    expect(Object.keys(shown)).toHaveLength(2)
  })

  test('needed for a file and a folder at once are refused', async () => {
    await node.collections.importFolder(folder.path)
    rmSync(at(LESSON), { recursive: true })
    writeTree(folder.path, {
      [`${LESSON}/index.html/deeper.html`]: 'x',
      [`${LESSON}`.replace('git-novice', 'other/a')]: 'x'
    })
    await expectProblems([`NAMES_COLLIDE ${LESSON}/index.html/deeper.html`])
    rmSync(at('lessons/software-carpentry'), { recursive: true })
    writeTree(folder.path, { 'lessons/software-carpentry/git-novice': 'a file now' })
    await expectProblems(['NAMES_COLLIDE lessons/software-carpentry/git-novice'])
  })
})

describe('links', () => {
  test('out of the folder are refused, files and folders and parts', async () => {
    using outside = temporaryFolder()
    writeTree(outside.path, { 'secret.txt': 'secret', 'more/x.html': 'x' })
    symlinkSync(join(outside.path, 'secret.txt'), at(`${LESSON}/secret.txt`))
    symlinkSync(join(outside.path, 'more'), at(`${LESSON}/more`))
    symlinkSync('../../../../../../../../etc/passwd', at(`${LESSON}/passwd`))
    symlinkSync(outside.path, at('R'))
    await expectProblems([
      `LINK_OUTSIDE ${LESSON}/secret.txt`,
      `LINK_OUTSIDE ${LESSON}/more`,
      `LINK_OUTSIDE ${LESSON}/passwd`,
      'LINK_OUTSIDE R'
    ])
    for (const bytes of node.blobs.blobs.values()) expect(Buffer.from(bytes).includes('secret')).toBe(false)
  })

  test('inside are followed once', async () => {
    writeTree(at(LESSON), { 'fig/a.png': 'picture' })
    symlinkSync('fig', at(`${LESSON}/figures`))
    symlinkSync('fig/a.png', at(`${LESSON}/b.png`))
    await expectProblems([])
    const shown = shownTexts(node, 'lessons')
    expect(shown['software-carpentry/git-novice/figures/a.png']).toBe('picture')
    expect(shown['software-carpentry/git-novice/b.png']).toBe('picture')
  })

  test('to nothing, in circles and through other links are refused', async () => {
    symlinkSync('nothing', at(`${LESSON}/broken`))
    symlinkSync('self', at(`${LESSON}/self`))
    symlinkSync('..', at(`${LESSON}/up`))
    writeTree(at(LESSON), { 'fig/a.png': '' })
    mkdirSync(at('lessons/software-carpentry/linked'))
    symlinkSync('../git-novice/fig', at('lessons/software-carpentry/linked/one'))
    symlinkSync('../../linked', at(`${LESSON}/fig/two`))
    await expectProblems([
      `LINK_BROKEN ${LESSON}/broken`,
      `LINK_BROKEN ${LESSON}/self`,
      `LINK_AGAIN ${LESSON}/up`,
      'LINK_AGAIN lessons/software-carpentry/linked/one/two',
      `LINK_AGAIN ${LESSON}/fig/two/one`
    ])
  })

  test('that appear between looking and opening are not followed', async () => {
    using outside = temporaryFolder()
    writeTree(outside.path, { 'index.html': 'secret' })
    writeTree(at(LESSON), { 'a.html': 'a' })
    const sources: SourceFolder = {
      ...nodeSourceFolder,
      open: async (path) => {
        if (path.endsWith('a.html')) {
          rmSync(path)
          symlinkSync(join(outside.path, 'index.html'), path)
        }
        return nodeSourceFolder.open(path)
      }
    }
    node = await openTestNode({ sources })
    await expectProblems([`FILE_UNREADABLE ${LESSON}/a.html`])
  })
})

describe('what is no file', () => {
  test('pipes, sockets and devices are named and never waited for', async () => {
    makeNode('pipe', at(`${LESSON}/pipe`))
    makeNode('device', at(`${LESSON}/zero`))
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(at(`${LESSON}/socket`), resolve))
    await expectProblems([`NOT_A_FILE ${LESSON}/pipe`, `NOT_A_FILE ${LESSON}/socket`, `NOT_A_FILE ${LESSON}/zero`])
    server.close()
  })

  test('a pipe that takes a file’s place is not waited for either', async () => {
    writeTree(at(LESSON), { 'a.html': 'a' })
    const sources: SourceFolder = {
      ...nodeSourceFolder,
      open: async (path) => {
        if (path.endsWith('a.html')) {
          rmSync(path)
          makeNode('pipe', path)
        }
        return nodeSourceFolder.open(path)
      }
    }
    node = await openTestNode({ sources })
    await expectProblems([`FILE_CHANGED ${LESSON}/a.html`])
  })
})

describe('a file', () => {
  test('that cannot be read is named, and so is a folder', async () => {
    writeTree(at(LESSON), { 'locked.html': 'x', 'closed/x.html': 'x', 'torn.html': 'x' })
    const denied = (path: string): never => {
      throw Object.assign(new Error('denied'), { code: path.endsWith('torn.html') ? 'EIO' : 'EACCES' })
    }
    // Root may read everything, so the system's answer is put in here.
    const sources: SourceFolder = {
      ...nodeSourceFolder,
      names: async (path) => (path.endsWith('closed') ? denied(path) : nodeSourceFolder.names(path)),
      open: async (path) => {
        if (path.endsWith('locked.html')) denied(path)
        const file = await nodeSourceFolder.open(path)
        return path.endsWith('torn.html')
          ? { stat: () => file.stat(), close: () => file.close(), read: async () => denied(path) }
          : file
      }
    }
    node = await openTestNode({ sources })
    await expectProblems([
      `FILE_UNREADABLE ${LESSON}/locked.html`,
      `FILE_UNREADABLE ${LESSON}/closed`,
      `FILE_UNREADABLE ${LESSON}/torn.html`
    ])
  })

  const changes: [string, (path: string) => void][] = [
    ['grows', (path) => appendFileSync(path, 'more')],
    ['shrinks', (path) => writeFileSync(path, 'x')],
    ['gets other bytes of the same length', (path) => writeFileSync(path, 'y'.repeat(600_000))],
    [
      'gets other bytes and its old time',
      (path) => {
        writeFileSync(path, 'y'.repeat(600_000))
        utimesSync(path, 1000, 1000)
      }
    ]
  ]
  for (const [what, change] of changes) {
    test(`that ${what} while it is read is not added, and is on the next run`, async () => {
      writeTree(at(LESSON), { 'a.html': 'x'.repeat(600_000) })
      utimesSync(at(`${LESSON}/a.html`), 1000, 1000)
      let reads = 0
      const sources: SourceFolder = {
        ...nodeSourceFolder,
        open: async (path) => {
          const file = await nodeSourceFolder.open(path)
          if (!path.endsWith('a.html')) return file
          return {
            stat: () => file.stat(),
            close: () => file.close(),
            read: async (into, position) => {
              if (++reads === 2) change(path)
              return file.read(into, position)
            }
          }
        }
      }
      node = await openTestNode({ sources })
      await expectProblems([`FILE_CHANGED ${LESSON}/a.html`])
      expect(shownTexts(node, 'lessons')).not.toHaveProperty('software-carpentry/git-novice/a.html')
      await expectProblems([])
      expect(shownTexts(node, 'lessons')['software-carpentry/git-novice/a.html']).toBe(
        readFileSync(at(`${LESSON}/a.html`), 'utf8')
      )
    })
  }

  test('that goes away after it was seen is named', async () => {
    writeTree(at(LESSON), { 'a.html': 'x' })
    const sources: SourceFolder = {
      ...nodeSourceFolder,
      open: async (path) => {
        if (path.endsWith('a.html')) rmSync(path)
        return nodeSourceFolder.open(path)
      }
    }
    node = await openTestNode({ sources })
    await expectProblems([`FILE_CHANGED ${LESSON}/a.html`])
  })

  test('that was read before is read again as soon as anything about it is new', async () => {
    const path = at(`${LESSON}/index.html`)
    utimesSync(path, 1000, 1000)
    await node.collections.importFolder(folder.path)
    writeFileSync(path, 'GOOD')
    utimesSync(path, 1000, 1000)
    const report = await node.collections.importFolder(folder.path)
    expect(report.collections).toMatchObject([{ updated: 1, unchanged: 0 }])
    expect(shownTexts(node, 'lessons')['software-carpentry/git-novice/index.html']).toBe('GOOD')
  })

  test('that was changed within the grain of its clock is read again although nothing about it looks new', async () => {
    let content = 'good'
    const stat = await nodeSourceFolder.stat(at(`${LESSON}/index.html`))
    // A file system with a coarse clock: the file changes and its times do not.
    const sources: SourceFolder = {
      ...nodeSourceFolder,
      stat: async (path) => (path.endsWith('index.html') ? stat : nodeSourceFolder.stat(path)),
      open: async () => ({
        stat: async () => stat,
        close: async () => undefined,
        read: async (into, position) => {
          const bytes = Buffer.from(content).subarray(position)
          into.set(bytes)
          return bytes.length
        }
      })
    }
    const now: TestNodeInit['clock'] = {
      monotonicMs: () => 0,
      wallMs: () => stat.changedMs + 100,
      after: () => () => undefined
    }
    node = await openTestNode({ sources, clock: now })
    await node.collections.importFolder(folder.path)
    content = 'evil'
    await node.collections.importFolder(folder.path)
    expect(shownTexts(node, 'lessons')['software-carpentry/git-novice/index.html']).toBe('evil')
  })

  test('over the greatest size is refused unread, at it it is read', async () => {
    writeTree(at(LESSON), { 'big.zip': 'x', 'biggest.zip': 'x' })
    let read = 0
    const sized =
      (bytes: number): SourceFolder['open'] =>
      async (path) => {
        const file = await nodeSourceFolder.open(path)
        return {
          close: () => file.close(),
          stat: async () => ({ ...(await file.stat()), sizeBytes: bytes }),
          read: async () => {
            read++
            return 0
          }
        }
      }
    const sources: SourceFolder = {
      ...nodeSourceFolder,
      open: (path) =>
        path.endsWith('big.zip')
          ? sized(MAX_BLOB_BYTES + 1)(path)
          : path.endsWith('biggest.zip')
            ? sized(MAX_BLOB_BYTES)(path)
            : nodeSourceFolder.open(path)
    }
    node = await openTestNode({ sources })
    // The second pretends to be as big and has one byte: what is missing shows while it is read.
    await expectProblems([`FILE_TOO_LARGE ${LESSON}/big.zip`, `FILE_CHANGED ${LESSON}/biggest.zip`])
    expect(read).toBe(1)
  })
})

describe('packages', () => {
  const inspector: ContentInspector = {
    async inspect(source) {
      const text = new TextDecoder().decode(await source.read(0, 100))
      if (text.startsWith('broken')) throw new JoineryError('MALFORMED', `${source.path}: not a package`)
      const project = source.path.split('/').at(-1)?.split('-')[0] ?? ''
      const details = text.startsWith('odd') ? { ['__proto__']: 'odd' } : { project }
      return {
        path: `${project}/${source.path.split('/').at(-1)}`,
        details,
        attachments: [{ name: 'metadata', bytes: Buffer.from(`of ${text}`) }]
      }
    }
  }
  const kinds = new Map([
    [
      'pypi',
      { collection: 'pypi', inspector, leftOut: (path: string) => (path.endsWith('.html') ? 'an index' : undefined) }
    ]
  ])

  test('that an inspector refuses, or of which it says what no manifest may hold, are named and the rest is added', async () => {
    writeTree(folder.path, { 'pypi/a/a-1.whl': 'good', 'pypi/b/b-1.whl': 'broken', 'pythonlibraries/c-1.whl': 'odd' })
    node = await openTestNode({ kinds })
    await expectProblems(['MALFORMED pypi/b/b-1.whl', 'MALFORMED pythonlibraries/c-1.whl'])
    expect(shownTexts(node, 'pypi')).toEqual({ 'a/a-1.whl': 'good' })
  })

  test('that lie in two folders are stored once, with what belongs to them', async () => {
    writeTree(folder.path, { 'pypi/a/a-1.whl': 'good', 'pythonlibraries/a-1.whl': 'good' })
    node = await openTestNode({ kinds })
    await expectProblems([])
    expect(shownTexts(node, 'pypi')).toEqual({ 'a/a-1.whl': 'good' })
    const file = node.collections.index.get('pypi', 'a/a-1.whl')
    expect(file?.details).toEqual({ project: 'a', metadata: expect.stringMatching(/^bafkrei/), metadataBytes: 7 })
    const again = await node.collections.importFolder(folder.path)
    expect(again.collections).toMatchObject([{ unchanged: 1 }, { added: 0, updated: 0, unchanged: 1 }])
  })

  test('of one name with different bytes are both refused and both named', async () => {
    writeTree(folder.path, { 'pypi/a/a-1.whl': 'one', 'pythonlibraries/a-1.whl': 'two' })
    node = await openTestNode({ kinds })
    const [problem] = await expectProblems(['NAMES_COLLIDE pythonlibraries/a-1.whl'])
    expect(problem?.text).toContain('pypi/a/a-1.whl')
    expect(node.collections.index.collections()).toEqual(['lessons'])
  })

  test('that are not what the index beside them says are refused', async () => {
    const sha256 = createHash('sha256').update('good').digest('hex')
    const page = (name: string): string => `<a href="${name}#sha256=${sha256}">${name}</a>`
    writeTree(folder.path, {
      'pypi/a/a-1.whl': 'good',
      'pypi/a/index.html': page('a-1.whl'),
      'pypi/b/b-1.whl': 'tampered',
      'pypi/b/index.html': page('b-1.whl')
    })
    node = await openTestNode({ kinds })
    await expectProblems(['FILE_NOT_AS_LISTED pypi/b/b-1.whl'])
    expect(shownTexts(node, 'pypi')).toEqual({ 'a/a-1.whl': 'good' })
  })
})

test('`strict` adds nothing at all when there is one problem', async () => {
  writeTree(at(LESSON), { 'a\nb.html': '' })
  const told: string[] = []
  await expect(
    node.collections.importFolder(folder.path, { strict: true, problem: ({ code }) => told.push(code) })
  ).rejects.toMatchObject({ code: 'IMPORT_HAS_PROBLEMS' })
  expect(told).toEqual(['NAME_FORBIDDEN'])
  expect(node.collections.index.collections()).toEqual([])
  expect(node.journal.entries).toEqual([])
})

test('a dry run says what would happen and changes nothing', async () => {
  writeTree(at(LESSON), { 'a\nb.html': '' })
  const report = await node.collections.importFolder(folder.path, { dryRun: true })
  expect(report.collections).toEqual([{ collection: 'lessons', added: 1, updated: 0, unchanged: 0, addedBytes: 4 }])
  expect(problemsOf(report)).toHaveLength(1)
  expect([node.blobs.blobs.size, node.journal.entries.length]).toEqual([0, 0])
})

test('what systems and crawlers leave behind is left out and listed', async () => {
  linkSync(at(`${LESSON}/index.html`), at(`${LESSON}/copy.html`))
  writeTree(folder.path, {
    [`${LESSON}/.DS_Store`]: '',
    [`${LESSON}/.git/HEAD`]: '',
    [`${LESSON}.html`]: 'good',
    'lessons/__MACOSX/x': ''
  })
  chmodSync(at(`${LESSON}/.git/HEAD`), 0)
  const report = await node.collections.importFolder(folder.path)
  expect(report.leftOut.map(({ path }) => path).sort()).toEqual(
    ['lessons/__MACOSX', `${LESSON}.html`, `${LESSON}/.DS_Store`, `${LESSON}/.git`].sort()
  )
  expect(Object.keys(shownTexts(node, 'lessons'))).toEqual([
    'software-carpentry/git-novice/copy.html',
    'software-carpentry/git-novice/index.html'
  ])
})

function makeNode(kind: 'pipe' | 'device', path: string): void {
  execFileSync('bash', ['-c', kind === 'pipe' ? 'mknod "$0" p' : 'mknod "$0" c 1 5', path])
}
