import { beforeEach, describe, expect, test } from 'vitest'
import { createPypiMirror } from '../../../node/mirrors/pypi/index.ts'
import type { Mirror, MirrorAnswer } from '../../../protocols/content.ts'
import { cidOf, MemoryContent } from '../../fixtures/memory-content.ts'
import { sdist, type WheelInit, wheel, wheelFileName } from '../../fixtures/python-packages.ts'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const PIP_24 =
  'pip/24.2 {"ci":null,"cpu":"x86_64","distro":{"id":"bookworm","libc":{"lib":"glibc","version":"2.36"},"name":"Debian GNU/Linux","version":"12"},"implementation":{"name":"CPython","version":"3.13.0"},"installer":{"name":"pip","version":"24.2"},"openssl_version":"OpenSSL 3.0.15","python":"3.13.0","rustc_version":null,"system":{"name":"Linux","release":"6.1.0"}}'

interface Page {
  meta: { 'api-version': string }
  name: string
  versions: string[]
  files: { [key: string]: unknown }[]
}

let content: MemoryContent
let mirror: Mirror

const add = (init: WheelInit): Promise<unknown> => content.add('pypi', wheelFileName(init), wheel(init))
const get = (path: string, accept?: string, userAgent?: string): Promise<MirrorAnswer> =>
  mirror.answer({ path, query: new URLSearchParams(), headers: { accept, 'user-agent': userAgent } })
const text = (answer: MirrorAnswer): string =>
  answer.kind === 'bytes' ? Buffer.from(answer.bytes).toString() : `a ${answer.kind}`
const page = async (project: string): Promise<Page> => JSON.parse(text(await get(`simple/${project}/`, JSON_TYPE)))

beforeEach(() => {
  content = new MemoryContent()
  mirror = createPypiMirror({ index: content, blobs: content })
})

describe('a project page', () => {
  test('in JSON says all that pip reads', async () => {
    const init = { name: 'foo', version: '1.0', requiresPython: '>=3.7' }
    await add(init)
    const bytes = wheel(init)
    const sha256 = (await import('node:crypto')).createHash('sha256').update(bytes).digest('hex')
    const found = await page('foo')
    expect(found).toMatchObject({ meta: { 'api-version': '1.1' }, name: 'foo', versions: ['1.0'] })
    expect(found.files).toEqual([
      {
        filename: 'foo-1.0-py3-none-any.whl',
        url: `../../files/${cidOf(bytes)}/foo/foo-1.0-py3-none-any.whl`,
        hashes: { sha256 },
        size: bytes.length,
        'requires-python': '>=3.7',
        'core-metadata': { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }
      }
    ])
  })

  test('lists versions in order, the same version once', async () => {
    for (const version of ['1.10', '1.9', '1.9rc1', '2.0.dev1']) await add({ name: 'foo', version })
    await add({ name: 'foo', version: '1.9', tags: 'cp311-cp311-win_amd64' })
    await content.add('pypi', 'foo-1.9.tar.gz', sdist({ name: 'foo', version: '1.9' }))
    const { versions, files } = await page('foo')
    expect(versions).toEqual(['1.9rc1', '1.9', '1.10', '2.0.dev1'])
    expect(files).toHaveLength(6)
  })

  test('in HTML says the same, escaped', async () => {
    await add({ name: 'foo', version: '1.0', requiresPython: '>=3.7,<4' })
    const html = text(await get('simple/foo/', 'text/html'))
    expect(html).toMatch(
      /<a href="\.\.\/\.\.\/files\/[^"]+#sha256=[0-9a-f]{64}" data-requires-python="&#62;=3.7,&#60;4" data-core-metadata="sha256=[0-9a-f]{64}" data-dist-info-metadata="sha256=[0-9a-f]{64}">foo-1.0-py3-none-any.whl<\/a>/
    )
    expect(html).toContain('<meta name="pypi:repository-version" content="1.1">')
  })

  test('never has dist-info-metadata in JSON, which breaks pip 23.0', async () => {
    await add({ name: 'foo', version: '1.0' })
    expect(text(await get('simple/foo/', JSON_TYPE))).not.toContain('dist-info-metadata')
  })

  test('announces metadata only while this device holds it', async () => {
    const file = await content.add('pypi', 'foo-1.0-py3-none-any.whl', wheel({ name: 'foo', version: '1.0' }))
    expect((await page('foo')).files[0]).toHaveProperty('core-metadata')
    content.takeAway(String(file?.details.metadata) as never)
    expect((await page('foo')).files[0]).not.toHaveProperty('core-metadata')
    expect(text(await get('simple/foo/', 'text/html'))).not.toContain('data-core-metadata')
  })

  test('says what was yanked, and why', async () => {
    await add({ name: 'foo', version: '1.0' })
    await add({ name: 'foo', version: '2.0' })
    await content.add('pypi', 'foo-1.0-py3-none-any.whl.yanked', Buffer.from('deletes <files>'))
    await content.add('pypi', 'foo-2.0-py3-none-any.whl.yanked', Buffer.from(''))
    expect((await page('foo')).files.map((file) => file.yanked)).toEqual(['deletes <files>', true])
    expect(text(await get('simple/foo/', 'text/html'))).toContain('data-yanked="deletes &#60;files&#62;"')
  })

  test('changes its ETag with its content only, and its type with Accept', async () => {
    await add({ name: 'foo', version: '1.0' })
    const first = await get('simple/foo/', JSON_TYPE)
    await add({ name: 'bar', version: '1.0' })
    const second = await get('simple/foo/', JSON_TYPE)
    await add({ name: 'foo', version: '2.0' })
    const third = await get('simple/foo/', JSON_TYPE)
    const tags = [first, second, third].map((answer) => (answer.kind === 'bytes' ? answer.etag : ''))
    expect(tags[0]).toBe(tags[1])
    expect(tags[2]).not.toBe(tags[1])
    expect(first).toMatchObject({ contentType: JSON_TYPE, headers: { vary: 'Accept', 'cache-control': 'no-cache' } })
    expect(await get('simple/foo/')).toMatchObject({ contentType: 'text/html; charset=utf-8' })
  })

  test('does not list what another device put under a wrong name', async () => {
    content.put('pypi', 'foo/bar-1.0-py3-none-any.whl', Buffer.from('x'))
    content.put('pypi', 'foo/readme.txt', Buffer.from('x'))
    expect(await get('simple/foo/')).toMatchObject({ kind: 'missing' })
    content.put('pypi', 'foo/foo-1.0-py3-none-any.whl', Buffer.from('x'), {
      requiresPython: 7,
      metadata: ['x'],
      metadataBytes: -1
    })
    const [file] = (await page('foo')).files
    expect(Object.keys(file ?? {})).toEqual(['filename', 'url', 'hashes', 'size'])
  })
})

describe('the list of projects', () => {
  test('has each project once', async () => {
    await add({ name: 'Foo', version: '1.0' })
    await add({ name: 'foo', version: '2.0' })
    await add({ name: 'bar-baz', version: '1.0' })
    expect(JSON.parse(text(await get('simple/', JSON_TYPE)))).toEqual({
      meta: { 'api-version': '1.1' },
      projects: [{ name: 'bar-baz' }, { name: 'foo' }]
    })
    expect(text(await get('simple/'))).toContain('<a href="bar-baz/">bar-baz</a>')
  })

  test('is empty in an empty room', async () => {
    expect(JSON.parse(text(await get('simple/', JSON_TYPE)))).toMatchObject({ projects: [] })
  })
})

describe('addresses', () => {
  test('are those of a normalized name, with a slash', async () => {
    await add({ name: 'foo-bar', version: '1.0' })
    for (const [from, to] of [
      ['simple/Foo_Bar/', '../foo-bar/'],
      ['simple/Foo.Bar', './foo-bar/'],
      ['simple/foo-bar', './foo-bar/'],
      ['simple', './simple/'],
      ['', './simple/']
    ] as const) {
      expect([from, await get(from)]).toEqual([from, { kind: 'redirect', location: to, permanent: true }])
    }
  })

  test('of files give the file and its metadata, for ever', async () => {
    const init = { name: 'foo', version: '1.0' }
    await add(init)
    const bytes = wheel(init)
    const path = `files/${cidOf(bytes)}/foo/foo-1.0-py3-none-any.whl`
    expect(await get(path)).toMatchObject({
      kind: 'file',
      file: { cid: cidOf(bytes), sizeBytes: bytes.length },
      headers: { 'cache-control': expect.stringContaining('immutable') }
    })
    const metadata = await get(`${path}.metadata`)
    expect(metadata.kind === 'file' ? Buffer.from(await content.bytes(metadata.file, 1000)).toString() : '').toContain(
      'Name: foo'
    )
  })

  test('of a file that was replaced since give nothing rather than other bytes', async () => {
    await add({ name: 'foo', version: '1.0' })
    expect(await get(`files/${cidOf(Buffer.from('old'))}/foo/foo-1.0-py3-none-any.whl`)).toEqual({ kind: 'missing' })
  })

  test('of the older static mirrors go on working', async () => {
    await add({ name: 'foo', version: '1.0' })
    expect(text(await get('foo/'))).toContain('href="../files/')
    expect(await get('foo/foo-1.0-py3-none-any.whl')).toMatchObject({ kind: 'file' })
  })

  test('that are none give nothing', async () => {
    await add({ name: 'foo', version: '1.0' })
    await content.add('pypi', 'foo-1.0-py3-none-any.whl.yanked', Buffer.from('x'))
    for (const path of [
      'simple/foo/bar',
      'simple/foo/bar/',
      'files',
      'files/x',
      'simple/../',
      'simple//',
      'a/b/c',
      'simple/-/',
      `simple/${'a'.repeat(129)}/`,
      'foo/foo-1.0-py3-none-any.whl.yanked',
      'foo/__proto__'
    ]) {
      expect([path, (await get(path)).kind]).toEqual([path, 'missing'])
    }
  })
})

describe('what the room lacks', () => {
  test('becomes a want that says for which Python, system and CPU', async () => {
    expect(await get('simple/numpy/', JSON_TYPE, PIP_24)).toEqual({
      kind: 'missing',
      want: {
        ...{ collection: 'pypi', name: 'numpy', target: 'Python 3.13, Linux x86_64 (glibc 2.36)' },
        client: { runs: 'Python', version: '3.13', system: 'Linux', cpu: 'x86_64' }
      }
    })
    const mac =
      'pip/23.0.1 {"cpu":"arm64","distro":{"name":"macOS","version":"14.1"},"python":"3.9.18","system":{"name":"Darwin","release":"23.1.0"}}'
    expect(await get('simple/numpy/', JSON_TYPE, mac)).toMatchObject({ want: { target: 'Python 3.9, macOS arm64' } })
  })

  test('becomes a want without a target when the client says nothing that can be believed', async () => {
    for (const agent of [
      undefined,
      'curl/8',
      'pip/1 {',
      'pip/1 []',
      'pip/1 {"python":{}}',
      'pip/1 {"python":"<b>","cpu":"\\n"}',
      `pip/1 {"cpu":"${'x'.repeat(5000)}"}`,
      'pip/1 {"__proto__":{"python":"3.1"}}'
    ]) {
      expect([agent, await get('simple/numpy/', JSON_TYPE, agent)]).toEqual([
        agent,
        { kind: 'missing', want: { collection: 'pypi', name: 'numpy' } }
      ])
    }
  })
})
