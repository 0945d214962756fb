/** Stock git against one device's git host, through the real front door. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pktLine } from '../../node/git/pkt-line.ts'
import { run, runAnyway } from '../kit/child.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { type GitLocalHost, startGitHost } from './git-local-host.ts'

const folder = temporaryFolder()
const NONE = '0'.repeat(40)
const CLIENT = {
  HOME: folder.path,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ana',
  GIT_AUTHOR_EMAIL: 'ana@example.org',
  GIT_COMMITTER_NAME: 'Ana',
  GIT_COMMITTER_EMAIL: 'ana@example.org'
}
let host: GitLocalHost
let names = 0

beforeAll(async () => {
  host = await startGitHost(join(folder.path, 'host'))
})
afterAll(async () => {
  await host.stop()
  folder[Symbol.dispose]()
})

const git = (cwd: string, ...words: string[]) => run(['git', ...words], { cwd, env: CLIENT })
const tryGit = (cwd: string, ...words: string[]) => runAnyway(['git', ...words], { cwd, env: CLIENT })
const textOf = async (cwd: string, ...words: string[]): Promise<string> => (await git(cwd, ...words)).stdout.trim()

/** A repository of ana's with one commit on `main`, pushed, and the working folder it was pushed from. */
async function pushedRepository(): Promise<{ name: string; id: string; work: string; bare: string }> {
  const name = `r${++names}`
  const { id } = await host.make(name)
  const work = join(folder.path, name)
  await git(folder.path, 'init', '-q', '-b', 'main', work)
  await git(work, 'remote', 'add', 'origin', host.address(name, 'ana'))
  await commit(work, 'first.txt', 'one\n')
  await git(work, 'push', '-q', '-u', 'origin', 'main')
  return { name, id, work, bare: host.repositories.folder(id) }
}

async function commit(work: string, file: string, text: string | Uint8Array): Promise<string> {
  writeFileSync(join(work, file), text)
  await git(work, 'add', '--', file)
  await git(work, 'commit', '-q', '-m', `change ${file}`)
  return await textOf(work, 'rev-parse', 'HEAD')
}

/** What a push that did not come to its end may have left. */
function leftovers(bare: string): string[] {
  const found = readdirSync(bare, { recursive: true, encoding: 'utf8' })
  return found.filter((name) => /\.lock$|\.keep$|tmp_|incoming/.test(name))
}

interface Answer {
  status: number
  bytes: Buffer
}

async function post(
  name: string,
  service: string,
  body: Uint8Array,
  headers: Record<string, string> = {}
): Promise<Answer> {
  const answer = await fetch(`${host.address(name)}/git-${service}`, {
    method: 'POST',
    headers: {
      'Content-Type': `application/x-git-${service}-request`,
      Authorization: `Basic ${Buffer.from('ana:code-ana').toString('base64')}`,
      ...headers
    },
    body: Buffer.from(body)
  })
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) }
}

const push = (commands: string[], pack: Uint8Array = Buffer.alloc(0)): Buffer =>
  Buffer.concat([
    ...commands.map((line, at) => pktLine(at === 0 ? `${line}\0report-status side-band-64k agent=test` : line)),
    Buffer.from('0000'),
    pack
  ])

type PackObject = { type: 1 | 2 | 3; content: Uint8Array; saysBytes?: number }

/** A pack by hand: what no honest git makes. */
function packOf(objects: readonly PackObject[]): Buffer {
  const head = Buffer.alloc(12)
  head.write('PACK')
  head.writeUInt32BE(2, 4)
  head.writeUInt32BE(objects.length, 8)
  const parts: Buffer[] = [head]
  for (const { type, content, saysBytes = content.length } of objects) {
    const header: number[] = []
    let size = Math.floor(saysBytes / 16)
    header.push((type << 4) | (saysBytes % 16) | (size > 0 ? 0x80 : 0))
    for (; size > 0; size = Math.floor(size / 128)) header.push((size % 128) | (size >= 128 ? 0x80 : 0))
    parts.push(Buffer.from(header), deflateSync(content))
  }
  const pack = Buffer.concat(parts)
  return Buffer.concat([pack, createHash('sha1').update(pack).digest()])
}

const hashOf = (type: string, content: Uint8Array): string =>
  createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex')
const entry = (mode: string, name: string, id: string): Buffer =>
  Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')])

/** One commit with this tree. */
function commitOf(tree: Buffer, blobs: readonly Buffer[]): { tip: string; pack: Buffer } {
  const who = 'Eve <eve@example.org> 1700000000 +0000'
  const text = Buffer.from(`tree ${hashOf('tree', tree)}\nauthor ${who}\ncommitter ${who}\n\nx\n`)
  const objects: PackObject[] = [
    { type: 1, content: text },
    { type: 2, content: tree }
  ]
  return {
    tip: hashOf('commit', text),
    pack: packOf([...objects, ...blobs.map((content) => ({ type: 3 as const, content }))])
  }
}

describe('what the lesson does', () => {
  it('clones an empty repository, pushes, clones, and sees git refuse the second of two', async () => {
    const { id, name } = await host.make(`r${++names}`)
    const empty = join(folder.path, `${name}-empty`)
    await git(folder.path, 'clone', '-q', host.address(name), empty)
    expect(await textOf(empty, 'symbolic-ref', 'HEAD')).toBe('refs/heads/main')
    await commit(empty, 'a.txt', 'a\n')
    await git(empty, 'push', '-q', host.address(name, 'ana'), 'main')

    const mine = join(folder.path, `${name}-ana`)
    const theirs = join(folder.path, `${name}-ben`)
    await git(folder.path, 'clone', '-q', host.address(name, 'ana'), mine)
    await git(folder.path, 'clone', '-q', host.address(name, 'ben'), theirs)
    await commit(mine, 'mine.txt', 'm\n')
    await commit(theirs, 'theirs.txt', 't\n')
    await git(mine, 'push', '-q', 'origin', 'main')
    const second = await tryGit(theirs, 'push', 'origin', 'main')
    expect(second.code).toBe(1)
    expect(second.stderr).toMatch(/\[rejected\] +main -> main \(fetch first\)/)
    await git(theirs, 'pull', '-q', '--no-rebase', '--no-edit', 'origin', 'main')
    const merged = await textOf(theirs, 'rev-parse', 'HEAD')
    await git(theirs, 'push', '-q', 'origin', 'main')
    await git(mine, 'pull', '-q', 'origin', 'main')
    expect(await textOf(mine, 'rev-parse', 'HEAD')).toBe(merged)
    expect(host.directory.refs(id).get('refs/heads/main')).toBe(merged)
  })

  it('branches, tags, a forced push and a deletion; what is overwritten is in the log', async () => {
    const { id, work, name } = await pushedRepository()
    const first = await textOf(work, 'rev-parse', 'HEAD')
    await git(work, 'tag', '-a', 'v1', '-m', 'one')
    await git(work, 'branch', 'feature/x')
    await git(work, 'push', '-q', 'origin', 'v1', 'feature/x')
    await git(work, 'commit', '-q', '--amend', '-m', 'other words')
    expect((await tryGit(work, 'push', 'origin', 'main')).stderr).toContain('[rejected]')
    await git(work, 'push', '-q', '--force', 'origin', 'main')
    await git(work, 'push', '-q', 'origin', ':feature/x')
    const tip = await textOf(work, 'rev-parse', 'HEAD')
    const tag = await textOf(work, 'rev-parse', 'v1')
    expect(new Map(host.directory.refs(id))).toEqual(
      new Map([
        ['refs/heads/main', tip],
        ['refs/tags/v1', tag]
      ])
    )
    const listed = await textOf(work, 'ls-remote', host.address(name))
    const expected = [`${tip}\tHEAD`, `${tip}\trefs/heads/main`, `${tag}\trefs/tags/v1`, `${first}\trefs/tags/v1^{}`]
    expect(listed.split('\n')).toEqual(expected)
  })

  it('a push of several megabytes comes in parts after a probe', async () => {
    const { id, work, name } = await pushedRepository()
    let text = ''
    for (let at = 0; at < 60_000; at++) text += createHash('sha1').update(String(at)).digest('hex')
    const tip = await commit(work, 'big.bin', text)
    await git(work, 'push', '-q', 'origin', 'main')
    expect(host.directory.refs(id).get('refs/heads/main')).toBe(tip)
    const copy = join(folder.path, `${name}-copy`)
    await git(folder.path, 'clone', '-q', host.address(name), copy)
    expect(await textOf(copy, 'rev-parse', 'HEAD')).toBe(tip)
    await git(copy, 'fsck', '--strict')
  })

  it('what the recorder says is shown as remote lines', async () => {
    const { work } = await pushedRepository()
    host.directory.beforeRecord = () => ['Saved on this device only, so far.']
    await commit(work, 'b.txt', 'b\n')
    const { stderr } = await git(work, 'push', 'origin', 'main')
    host.directory.beforeRecord = () => []
    expect(stderr).toContain('remote: Saved on this device only, so far.')
  })

  it('more pushes at once than one person has places: all are stored', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => pushedRepository()))
    const tips = await Promise.all(
      made.map(async ({ work, id }) => {
        const tip = await commit(work, 'more.txt', id)
        await git(work, 'push', '-q', 'origin', 'main')
        return tip
      })
    )
    expect(made.map(({ id }) => host.directory.refs(id).get('refs/heads/main'))).toEqual(tips)
  })
})

describe('who may', () => {
  it('reads without a name; pushes as owner or collaborator only', async () => {
    const { work, name, id } = await pushedRepository()
    const before = host.directory.refs(id).get('refs/heads/main')
    await commit(work, 'b.txt', 'b\n')
    const nobody = await tryGit(work, 'push', host.address(name), 'main')
    expect(nobody.stderr).toMatch(/could not read Username|Authentication failed/)
    const stranger = await tryGit(work, 'push', host.address(name, 'eve'), 'main')
    expect(stranger.stderr).toContain('403')
    const wrong = await tryGit(work, 'push', host.address(name, 'ana').replace('code-ana', 'wrong'), 'main')
    expect(wrong.stderr).toContain('Authentication failed')
    expect(host.directory.refs(id).get('refs/heads/main')).toBe(before)
    await git(work, 'push', '-q', host.address(name, 'ben'), 'main')
    expect((await fetch(`${host.address('none')}/info/refs?service=git-upload-pack`)).status).toBe(404)
  })

  it('asks at the probe of a long push already', async () => {
    const { name } = await pushedRepository()
    const asked = await post(name, 'receive-pack', Buffer.from('0000'), { Authorization: '' })
    expect(asked.status).toBe(401)
    expect(await post(name, 'receive-pack', Buffer.from('0000'))).toEqual({ status: 200, bytes: Buffer.alloc(0) })
  })

  it('takes no request of a page, and none of another type', async () => {
    const { name } = await pushedRepository()
    expect((await post(name, 'upload-pack', Buffer.from('0000'), { Origin: 'http://evil.example' })).status).toBe(403)
    expect((await post(name, 'upload-pack', Buffer.from('0000'), { 'Content-Type': 'text/plain' })).status).toBe(400)
  })
})

describe('what is said without a process is what git says', () => {
  it('of receive-pack and of lists, byte by byte', async () => {
    const { work, name, bare } = await pushedRepository()
    await git(work, 'tag', '-a', 'v1', '-m', 'one')
    for (const branch of ['b', 'a/x', 'a-b', 'Z', 'ä']) await git(work, 'branch', branch)
    await git(work, 'push', '-q', 'origin', '--all')
    await git(work, 'push', '-q', 'origin', '--tags')
    await git(bare, 'update-ref', 'refs/mesh/kept/x', 'HEAD')
    const told = await fetch(`${host.address(name, undefined)}/info/refs?service=git-receive-pack`, {
      headers: { Authorization: `Basic ${Buffer.from('ana:code-ana').toString('base64')}` }
    })
    const hidden = ['-c', 'transfer.hideRefs=refs/mesh']
    const direct = await git(bare, ...hidden, 'receive-pack', '--http-backend-info-refs', bare)
    expect((await told.text()).replace('001f# service=git-receive-pack\n0000', '')).toBe(direct.stdout)

    const requests = [
      ['peel', 'symrefs', 'unborn'],
      ['symrefs', 'ref-prefix refs/heads/', 'ref-prefix HEAD'],
      ['peel', 'ref-prefix refs/tags/v'],
      []
    ].map((lines) =>
      Buffer.concat([
        pktLine('command=ls-refs\n'),
        pktLine('agent=x\n'),
        Buffer.from('0001'),
        ...lines.map((line) => pktLine(`${line}\n`)),
        Buffer.from('0000')
      ])
    )
    for (const request of requests) {
      const ours = await post(name, 'upload-pack', request, { 'Git-Protocol': 'version=2' })
      const theirs = await run(['git', ...hidden, 'upload-pack', '--stateless-rpc', bare], {
        env: { ...CLIENT, GIT_PROTOCOL: 'version=2' },
        input: request
      })
      expect(ours.bytes.toString()).toBe(theirs.stdout)
    }
  })

  it('clients of the older protocols get the same', async () => {
    const { name, work } = await pushedRepository()
    const lists = await Promise.all(
      ['0', '1', '2'].map((version) =>
        textOf(work, '-c', `protocol.version=${version}`, 'ls-remote', host.address(name))
      )
    )
    expect(new Set(lists).size).toBe(1)
    for (const version of ['0', '2']) {
      const copy = join(folder.path, `${name}-v${version}`)
      await git(folder.path, '-c', `protocol.version=${version}`, 'clone', '-q', host.address(name), copy)
    }
  })

  it('a repository without main opens on the branch that it has', async () => {
    const { id, name } = await host.make(`r${++names}`)
    const work = join(folder.path, name)
    await git(folder.path, 'init', '-q', '-b', 'master', work)
    const tip = await commit(work, 'a.txt', 'a\n')
    await git(work, 'push', '-q', host.address(name, 'ana'), 'master')
    const copy = join(folder.path, `${name}-copy`)
    await git(folder.path, 'clone', '-q', host.address(name), copy)
    expect(await textOf(copy, 'rev-parse', 'HEAD')).toBe(tip)
    expect(host.directory.refs(id).get('refs/heads/master')).toBe(tip)
  })
})

describe('hostile pushes are refused, and leave nothing', () => {
  const refused = async (name: string, id: string, body: Uint8Array): Promise<string> => {
    const before = new Map(host.directory.refs(id))
    const { bytes } = await post(name, 'receive-pack', body)
    expect(new Map(host.directory.refs(id))).toEqual(before)
    expect(await host.repositories.refs(id)).toEqual(before)
    expect(leftovers(host.repositories.folder(id))).toEqual([])
    return bytes.toString('latin1')
  }

  it('names that git or we do not allow', async () => {
    const { name, id, work } = await pushedRepository()
    const tip = await textOf(work, 'rev-parse', 'HEAD')
    const names = ['refs/heads/../../x', 'refs/heads/a..b', 'refs/heads/a.lock', 'refs/heads/-x', 'refs/heads/HEAD']
    names.push(
      'refs/heads/a b',
      'refs/heads/a\u202eb',
      'refs/heads/',
      'refs/mesh/kept/x',
      'refs/notes/x',
      'HEAD',
      'config'
    )
    for (const ref of names)
      expect(await refused(name, id, push([`${NONE} ${tip} ${ref}`])), ref).toMatch(
        /ng .* this name is not allowed here/
      )
  })

  it('trees with .git, two entries of one name, a link as .gitmodules, a submodule that is an option', async () => {
    const { name, id } = await pushedRepository()
    const blob = Buffer.from('x\n')
    const modules = Buffer.from('[submodule "x"]\n\tpath = x\n\turl = -uevil\n')
    const link = Buffer.from('../../etc/passwd')
    const at = hashOf('blob', blob)
    const cases: [string, Buffer, Buffer[]][] = [
      ['hasDotgit', entry('100644', '.GiT', at), [blob]],
      ['duplicateEntries', Buffer.concat([entry('100644', 'a', at), entry('100644', 'a', at)]), [blob]],
      ['gitmodulesSymlink', entry('120000', '.gitmodules', hashOf('blob', link)), [link]],
      ['gitmodulesUrl', entry('100644', '.gitmodules', hashOf('blob', modules)), [modules]]
    ]
    for (const [expected, tree, blobs] of cases) {
      const { tip, pack } = commitOf(tree, blobs)
      expect(await refused(name, id, push([`${NONE} ${tip} refs/heads/evil`], pack))).toContain(expected)
    }
  })

  it('a .gitmodules whose path ends with a carriage return, deep in a history', async () => {
    const { name, id, work } = await pushedRepository()
    await git(work, 'config', 'core.autocrlf', 'false')
    await commit(work, '.gitmodules', '[submodule "x"]\n\tpath = "x\r"\n\turl = ./x\n')
    await git(work, 'rm', '-q', '.gitmodules')
    await git(work, 'commit', '-q', '-m', 'gone again')
    const before = host.directory.refs(id).get('refs/heads/main')
    const answer = await tryGit(work, 'push', 'origin', 'main')
    expect(answer.stderr).toContain('.gitmodules has a control character')
    expect(host.directory.refs(id).get('refs/heads/main')).toBe(before)
    expect((await host.repositories.refs(id)).get('refs/heads/main')).toBe(before)
    expect(await textOf(work, 'ls-remote', host.address(name), 'refs/heads/main')).toContain(`${before}`)
    // What it brought is tidied away, the rest stays.
    expect(host.repositories.hasWaste(id)).toBe(true)
    expect(await host.maintenance.tidy(id)).toBe(true)
    expect((await host.repositories.missing(id, [await textOf(work, 'rev-parse', 'HEAD')])).length).toBe(1)
    expect(await host.repositories.missing(id, [before ?? ''])).toEqual([])
  })

  it('an object that says it unpacks to gigabytes', async () => {
    const { name, id } = await pushedRepository()
    const pack = packOf([{ type: 2, content: Buffer.alloc(1000), saysBytes: 3 * 2 ** 30 }])
    expect(await refused(name, id, push([`${NONE} ${'1'.repeat(40)} refs/heads/evil`], pack))).toMatch(
      /over limit|abnormal exit/
    )
  })

  it('a wrong checksum, a cut pack, a tip that is not in it, a wrong old value', async () => {
    const { name, id } = await pushedRepository()
    const blob = Buffer.from('x\n')
    const { tip, pack } = commitOf(entry('100644', 'a', hashOf('blob', blob)), [blob])
    const bad = Buffer.from(pack)
    bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1
    const command = `${NONE} ${tip} refs/heads/evil`
    expect(await refused(name, id, push([command], bad))).toMatch(/ng|unpack/)
    expect(await refused(name, id, push([command], pack.subarray(0, -30)))).toMatch(/ng|unpack/)
    expect(await refused(name, id, push([`${NONE} ${'2'.repeat(40)} refs/heads/evil`], pack))).toMatch(/ng|unpack/)
    expect(await refused(name, id, push([`${'3'.repeat(40)} ${tip} refs/heads/main`], pack))).toMatch(
      /ng refs\/heads\/main/
    )
  })

  it('a push that is cut off halfway changes nothing, and others go on meanwhile', async () => {
    const { name, id, work } = await pushedRepository()
    const { tip, pack } = commitOf(entry('100644', 'a', hashOf('blob', Buffer.from('x\n'))), [Buffer.from('x\n')])
    const whole = push([`${NONE} ${tip} refs/heads/evil`], pack)
    const half = new AbortController()
    let reached = (): void => undefined
    const sent = new Promise<void>((resolve) => {
      reached = resolve
    })
    const stalled = fetch(`${host.address(name)}/git-receive-pack`, {
      method: 'POST',
      signal: half.signal,
      headers: {
        'Content-Type': 'application/x-git-receive-pack-request',
        Authorization: `Basic ${Buffer.from('ana:code-ana').toString('base64')}`
      },
      body: (async function* () {
        yield whole.subarray(0, 200)
        yield whole.subarray(200, -25)
        reached()
        await new Promise(() => undefined)
      })(),
      duplex: 'half'
    } as unknown as RequestInit).catch(() => undefined)
    await sent
    const next = await commit(work, 'b.txt', 'b\n')
    await git(work, 'push', '-q', 'origin', 'main')
    half.abort()
    await stalled
    expect(host.directory.refs(id).get('refs/heads/main')).toBe(next)
    expect(host.directory.refs(id).has('refs/heads/evil')).toBe(false)
    await expect.poll(() => leftovers(host.repositories.folder(id)), { timeout: 20_000 }).toEqual([])
  })

  it('more branches than one push may have, one branch twice, and what is no push at all', async () => {
    const { name, id, work } = await pushedRepository()
    const tip = await textOf(work, 'rev-parse', 'HEAD')
    const many = (count: number) => Array.from({ length: count }, (_, at) => `${NONE} ${tip} refs/heads/n${at}`)
    expect((await post(name, 'receive-pack', push(many(257)))).status).toBe(413)
    expect((await post(name, 'receive-pack', push(['a', 'b'].map(() => `${NONE} ${tip} refs/heads/x`)))).status).toBe(
      400
    )
    for (const text of ['', 'zzzz', '0003', '0008abcd0000', 'ffff', '0001', '00000000'.slice(0, 3)])
      expect((await post(name, 'receive-pack', Buffer.from(text))).status).toBe(400)
    expect(host.directory.refs(id).size).toBe(1)
    // At the limit: an empty pack, since nothing new is needed.
    const { bytes } = await post(name, 'receive-pack', push(many(256), packOf([])))
    expect(bytes.toString('latin1')).toContain('ok refs/heads/n255')
  })

  it('a request that unpacks to more than any fetch asks for', async () => {
    const { name } = await pushedRepository()
    const lines = Buffer.concat(Array.from({ length: 200_000 }, () => pktLine(`have ${'1'.repeat(40)}\n`)))
    const request = Buffer.concat([pktLine('command=fetch'), Buffer.from('0001'), lines, lines, Buffer.from('0000')])
    const headers = { 'Git-Protocol': 'version=2', 'Content-Encoding': 'gzip' }
    const { status } = await post(name, 'upload-pack', gzipSync(request), headers)
    expect(status).toBe(413)
  })

  it('what the ref log does not take goes back, with the reason', async () => {
    const { id, work } = await pushedRepository()
    const before = host.directory.refs(id).get('refs/heads/main')
    await commit(work, 'b.txt', 'b\n')
    host.directory.beforeRecord = () => Promise.reject(new Error('the disk failed'))
    const answer = await tryGit(work, 'push', 'origin', 'main')
    host.directory.beforeRecord = () => []
    expect(answer.code).not.toBe(0)
    expect((await host.repositories.refs(id)).get('refs/heads/main')).toBe(before)
    await git(work, 'push', '-q', 'origin', 'main')
  })
})

describe('tidying up', () => {
  it('folds packs, gives way to a push, and loses nothing', async () => {
    const { id, work, name } = await pushedRepository()
    for (let at = 0; at < 17; at++) {
      await commit(work, `f${at}.txt`, `${at}\n`)
      await git(work, 'push', '-q', 'origin', 'main')
    }
    const { packs } = await host.repositories.size(id)
    expect(await host.maintenance.tidy(id)).toBe(true)
    expect((await host.repositories.size(id)).packs).toBeLessThan(packs)
    const copy = join(folder.path, `${name}-copy`)
    await git(folder.path, 'clone', '-q', host.address(name), copy)
    await git(copy, 'fsck', '--strict')
    expect(existsSync(join(copy, 'f16.txt'))).toBe(true)
    const tip = await commit(work, 'last.txt', 'x\n')
    await git(work, 'push', '-q', 'origin', 'main')
    expect(host.directory.refs(id).get('refs/heads/main')).toBe(tip)
  })
})
