/** Stock git against one device's git host, through the real front door. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pktLine } from '../../node/git/pkt-line.ts'
import { run } from '../kit/child.ts'
import { CLIENT, commit, folder, git, host, nextName, post, pushedRepository, textOf, tryGit } from './git-local-kit.ts'

describe('what the lesson does', () => {
  it('clones an empty repository, pushes, clones, and sees git refuse the second of two', async () => {
    const { id, name } = await host.make(nextName())
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
    const { id, name } = await host.make(nextName())
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
