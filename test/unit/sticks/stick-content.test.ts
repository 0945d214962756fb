import { describe, expect, test } from 'vitest'
import { createOfflineViews } from '../../../node/mirrors/index.ts'
import { StickContent, type StickStart } from '../../../node/sticks/index.ts'
import { MAX_ENTRIES, MAX_LISTED_DATA, SPAN_BYTES } from '../../../node/sticks/limits.ts'
import { fitsStick } from '../../../node/sticks/stick-names.ts'
import { digestOfCid } from '../../../protocols/cid.ts'
import { LEARNER_SYSTEMS, type LearnerSystem, type StickSource } from '../../../protocols/stick.ts'
import { MemoryContent } from '../../fixtures/memory-content.ts'
import { wheel } from '../../fixtures/python-packages.ts'
import { rSource } from '../../fixtures/r-packages.ts'

interface Room {
  content: MemoryContent
  stick: StickContent
  starts: StickStart[]
}

function room(): Room {
  const content = new MemoryContent()
  const starts: StickStart[] = []
  const stick = new StickContent(
    {
      index: content,
      blobs: content,
      views: createOfflineViews({ index: content, blobs: content }),
      sha256Of: ({ cid }) => Buffer.from(digestOfCid(cid)).toString('hex'),
      startPages(start) {
        starts.push(start)
        return new Map([['START.html', JSON.stringify(start)]])
      }
    },
    { room: () => 'Sala 3', version: '1.0' }
  )
  return { content, stick, starts }
}

const pathsOf = (stick: StickContent, system: LearnerSystem): string[] =>
  [...stick.items(system)].flatMap((item) => (item.kind === 'entry' ? [item.entry.path] : []))

async function bytesOf(stick: StickContent, source: StickSource, from?: number): Promise<Buffer> {
  const parts: Buffer[] = []
  const request = { system: 'linux' as const, source, ...(from === undefined ? {} : { from }) }
  for await (const { base64 } of stick.bytes(request)) parts.push(Buffer.from(base64, 'base64'))
  return Buffer.concat(parts)
}

describe('what goes onto a stick', () => {
  test('has a name that every stick takes; what must keep a name that is none is left out and named', async () => {
    const { content, stick } = room()
    await content.add('pypi', 'con-1.0-py3-none-any.whl', wheel({ name: 'con', version: '1.0' }))
    await content.add('pypi', 'seeds-1.0-py3-none-any.whl', wheel({ name: 'seeds', version: '1.0' }))
    content.put('lessons', 'aux/a?b.html', Buffer.from('<title>x</title>'))
    for (const system of LEARNER_SYSTEMS)
      for (const path of pathsOf(stick, system)) expect(fitsStick(path), path).toBe(true)
    expect([...stick.items('linux')].filter(({ kind }) => kind === 'left-out')).toMatchObject([
      { path: 'python/simple/con/index.html' }
    ])
    expect(pathsOf(stick, 'linux')).toContain('lessons/_aux/a_b.html')
  })

  test('names each file once, with the hash of what is a file of the room', async () => {
    const { content, stick } = room()
    await content.add('cran', 'src/contrib/light_1.0.tar.gz', rSource({ name: 'light', version: '1.0' }))
    await content.add('pypi', 'seeds-1.0-py3-none-any.whl', wheel({ name: 'seeds', version: '1.0' }))
    const paths = pathsOf(stick, 'macos')
    expect(new Set(paths).size).toBe(paths.length)
    const file = content.get('cran', 'src/contrib/light_1.0.tar.gz')
    const entries = [...stick.items('macos')].flatMap((item) => (item.kind === 'entry' ? [item.entry] : []))
    const entry = entries.find(({ path }) => path === 'r/src/contrib/light_1.0.tar.gz')
    expect(entry).toMatchObject({ sizeBytes: file?.sizeBytes, source: { kind: 'file', collection: 'cran' } })
    expect(entry?.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  test.each([
    ['as many files as a stick can have', 0],
    ['one more, which is said', 1]
  ])('%s', (_what, more) => {
    const content = new MemoryContent()
    const one = content.put('cran', 'src/contrib/one_1.0.tar.gz', Buffer.from('x'))
    // A first page and two indexes come with them.
    const files = Array.from({ length: MAX_ENTRIES - 3 + more }, (_, i) => ({
      ...one,
      path: `src/contrib/${i}.tar.gz`
    }))
    const views = createOfflineViews({ index: content, blobs: content })
    const stick = new StickContent(
      {
        ...{ index: content, blobs: content, views: { ...views, rFiles: () => files }, sha256Of: () => '' },
        startPages: () => new Map([['START.html', '']])
      },
      { room: () => 'Sala 3', version: '1.0' }
    )
    const count = (): number => {
      let items = 0
      for (const _ of stick.items('linux')) items++
      return items
    }
    if (more === 0) expect(count()).toBe(1 + MAX_ENTRIES)
    else expect(count).toThrow(expect.objectContaining({ code: 'STICK_TOO_MANY_FILES' }))
  })

  test('is another edition as soon as anything in the room is', async () => {
    const { content, stick } = room()
    const edition = (): unknown => stick.items('linux').next().value
    const before = edition()
    expect(edition()).toEqual(before)
    content.put('lessons', 'a/index.html', Buffer.from('x'))
    expect(edition()).not.toEqual(before)
  })
})

describe('its bytes', () => {
  test('come in spans, from any place of a file, and are those of the room', async () => {
    const { content, stick } = room()
    const bytes = Buffer.alloc(2 * SPAN_BYTES + 7, 'seed')
    content.put('installers', 'big.exe', bytes)
    const source = { kind: 'file' as const, collection: 'installers', path: 'big.exe' }
    expect(await bytesOf(stick, source)).toEqual(bytes)
    expect(await bytesOf(stick, source, SPAN_BYTES + 3)).toEqual(bytes.subarray(SPAN_BYTES + 3))
    expect(await bytesOf(stick, source, bytes.length)).toHaveLength(0)
  })

  test('of what the room no longer has, and of what nobody makes, are refused', async () => {
    const { stick } = room()
    for (const source of [
      { kind: 'file' as const, collection: 'lessons', path: 'gone.png' },
      { kind: 'page' as const, path: 'gone.html' },
      { kind: 'made' as const, path: 'secrets.txt' },
      { kind: 'made' as const, path: '../START.html' }
    ])
      await expect(bytesOf(stick, source)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('of a page lead to files beside it; the first page lists lessons with their data, programs and packages of its system', async () => {
    const { content, stick, starts } = room()
    content.put(
      'lessons',
      'one/index.html',
      Buffer.from('<title>One</title><a href="data/n.csv">n</a> <a href="/">top</a>'),
      { title: 'One' }
    )
    content.put('lessons', 'one/data/n.csv', Buffer.from('n'))
    content.put('installers', 'R-4.4.1-win.exe', Buffer.from('MZ'), {
      product: 'R',
      version: '4.4.1',
      system: 'windows'
    })
    content.put('handouts', 'plan.txt', Buffer.from('x'))
    expect((await bytesOf(stick, { kind: 'page', path: 'one/index.html' })).toString()).toContain(
      '<a href="./data/n.csv">'
    )
    pathsOf(stick, 'windows')
    expect(starts.at(-1)).toMatchObject({
      ...{ system: 'windows', room: 'Sala 3' },
      lessons: [
        { title: 'One', href: 'lessons/one/index.html', data: [{ name: 'n.csv', href: 'lessons/one/data/n.csv' }] }
      ],
      installers: [{ name: 'R', version: '4.4.1', href: 'installers/R-4.4.1-win.exe' }],
      others: [{ name: 'handouts', href: 'files/handouts/', files: 1 }]
    })
    pathsOf(stick, 'linux')
    expect(starts.at(-1)?.installers).toEqual([])
    for (let i = 0; i < MAX_LISTED_DATA; i++) content.put('lessons', `one/data/more-${i}.csv`, Buffer.from('n'))
    pathsOf(stick, 'linux')
    expect(starts.at(-1)?.lessons[0]?.data).toHaveLength(MAX_LISTED_DATA)
  })
})
