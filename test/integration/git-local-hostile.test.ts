/** Pushes that no honest git sends: refused with a readable text, bounded, nothing left behind, others undisturbed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MAX_OBJECT_MEMORY_BYTES } from '../../node/git/limits.ts'
import { pktLine } from '../../node/git/pkt-line.ts'
import { prepareRepositoryFolder } from '../../node/git/repository-folder.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import {
  commit,
  commitOf,
  entry,
  folder,
  git,
  hashOf,
  host,
  leftovers,
  NONE,
  packOf,
  post,
  push,
  pushedRepository,
  textOf,
  tryGit
} from './git-local-kit.ts'

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
    expect(host.repositories.waste.has(id)).toBe(true)
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

  it('a bomb: some hundred kilobytes that really unpack to more than a small board has', async () => {
    const { name, id, work } = await pushedRepository()
    const zeros = Buffer.alloc(MAX_OBJECT_MEMORY_BYTES + 1)
    const pack = packOf([{ type: 2, content: zeros }])
    expect(pack.length).toBeLessThan(1_000_000)
    const command = `${NONE} ${'1'.repeat(40)} refs/heads/evil`
    expect(await refused(name, id, push([command], pack))).toMatch(/over limit|abnormal exit/)
    // Others go on, also in this repository.
    await commit(work, 'after.txt', 'after\n')
    await git(work, 'push', '-q', 'origin', 'main')
  })

  it('a bomb of changes: some hundred bytes that copy one blob again and again, and changes of changes', async () => {
    const { name, id, work } = await pushedRepository()
    const copied = 0x10000
    const base = Buffer.alloc(copied)
    const varint = (value: number): number[] =>
      value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]
    // Each byte 0x80 copies the first 64 KiB of what is changed.
    const bomb = (of: number, copies: number): Buffer =>
      Buffer.concat([Buffer.from([...varint(of), ...varint(copies * copied)]), Buffer.alloc(copies, 0x80)])
    const copies = Math.floor(MAX_OBJECT_MEMORY_BYTES / copied) + 1
    const half = Math.floor(copies / 2)
    const first = hashOf('blob', base)
    const second = hashOf('blob', Buffer.alloc(half * copied))
    for (const changes of [
      [{ type: 7 as const, base: first, content: bomb(copied, copies) }],
      [{ type: 7 as const, base: first, content: bomb(copied, 50_000) }],
      [
        { type: 7 as const, base: first, content: bomb(copied, half) },
        { type: 7 as const, base: second, content: bomb(half * copied, copies) }
      ]
    ]) {
      const pack = packOf([{ type: 3, content: base }, ...changes])
      // A thousand times smaller than what it makes.
      expect(pack.length * 1_000).toBeLessThan(MAX_OBJECT_MEMORY_BYTES)
      const command = `${NONE} ${'1'.repeat(40)} refs/heads/evil`
      expect(await refused(name, id, push([command], pack))).toMatch(/over limit|abnormal exit/)
    }
    await commit(work, 'after.txt', 'after\n')
    await git(work, 'push', '-q', 'origin', 'main')
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
    await expect.poll(() => leftovers(host.repositories.folder(id))).toEqual([])
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

describe('what lies around in a repository has no say', () => {
  it('no hook and no setting of it counts, and a restart takes the settings away', async () => {
    const { name, id, work, bare } = await pushedRepository()
    const mark = join(folder.path, `ran-${name}`)
    const hooks = join(bare, 'hooks')
    mkdirSync(hooks)
    for (const hook of [
      'pre-receive',
      'update',
      'post-receive',
      'post-update',
      'reference-transaction',
      'proc-receive'
    ])
      writeFileSync(join(hooks, hook), `#!/bin/sh\ntouch ${mark}\nexit 1\n`, { mode: 0o755 })
    const settings = [
      ['core.hooksPath', hooks],
      ['core.fsmonitor', join(hooks, 'update')],
      ['uploadpack.packObjectsHook', join(hooks, 'update')],
      ['receive.fsckObjects', 'false'],
      ['transfer.fsckObjects', 'false'],
      ['http.receivepack', 'false']
    ]
    for (const [key = '', value = ''] of settings) await git(bare, 'config', key, value)
    const next = await commit(work, 'b.txt', 'b\n')
    await git(work, 'push', '-q', 'origin', 'main')
    await git(folder.path, 'clone', '-q', host.address(name), join(folder.path, `${name}-clone`))
    expect(host.directory.refs(id).get('refs/heads/main')).toBe(next)
    const tree = entry('100644', '.GIT', hashOf('blob', Buffer.from('x\n')))
    const { tip, pack } = commitOf(tree, [Buffer.from('x\n')])
    const answer = await post(name, 'receive-pack', push([`${NONE} ${tip} refs/heads/evil`], pack))
    expect(answer.bytes.toString('latin1')).toContain('hasDotgit')
    expect(existsSync(mark)).toBe(false)
    await prepareRepositoryFolder(nodeDisk, bare)
    expect(readFileSync(join(bare, 'config'), 'utf8')).not.toMatch(/hook|fsck/i)
  })

  it('no address leads to another place on the disk, and none to files of a repository', async () => {
    const { name, bare } = await pushedRepository()
    const before = readdirSync(join(bare, '../..'), { recursive: true }).length
    for (const path of [
      '/ana/../../etc/info/refs',
      '/ana/..%2f..%2fetc/info/refs',
      '/ana/%2e%2e/info/refs',
      '/ana/..git/info/refs',
      '/ana/.git/info/refs',
      '/ana/%00.git/info/refs',
      '/ana/a%0ab.git/info/refs',
      '/ana/--upload-pack=x.git/info/refs',
      '/ana/nobody-has-this.git/info/refs',
      '/../ana/x.git/info/refs',
      `/ana/${name}.git/HEAD`,
      `/ana/${name}.git/objects/info/packs`,
      `/ana/${name}.git/config`
    ]) {
      const status = await statusOf(`${path}?service=git-upload-pack`)
      expect(status, path).toBeGreaterThanOrEqual(400)
      expect(status, path).toBeLessThan(500)
    }
    expect(await statusOf(`/ana/${name}.git/info/refs?service=git-upload-pack`)).toBe(200)
    for (const id of ['..', '../../etc', '', 'ab', `${'a'.repeat(31)}/`, `${'A'.repeat(32)}`, 'g'.repeat(32)])
      expect(() => host.repositories.folder(id), id).toThrow('not the id of a repository')
    expect(readdirSync(join(bare, '../..'), { recursive: true }).length).toBe(before)
  })
})

/** `fetch` would tidy the path up. */
function statusOf(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: host.port, path }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}
