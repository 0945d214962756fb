/** Quotas of one device's git host at their edges, and what is kept out of sight. The rooms are filled with files that take no space. */
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MAX_OWNER_BYTES, MAX_REFS, MAX_REPOSITORY_BYTES } from '../../node/git/limits.ts'
import {
  commit,
  commitOf,
  entry,
  git,
  hashOf,
  host,
  NONE,
  post,
  push,
  pushedRepository,
  textOf,
  tryGit
} from './git-local-kit.ts'

/** Makes the packs of a repository take so many bytes on the disk, as far as anybody counts. */
async function fill(id: string, bytes: number): Promise<void> {
  const filler = join(host.repositories.folder(id), 'objects/pack/filler.bin')
  writeFileSync(filler, '')
  const { bytes: own } = await host.repositories.size(id)
  truncateSync(filler, bytes - own)
}

/** A push of one small commit; what it says differs with `text`, its size does not. */
function smallPush(branch: string, text: string): Buffer {
  const blob = Buffer.from(text.padEnd(4, '.'))
  const { tip, pack } = commitOf(entry('100644', 'a', hashOf('blob', blob)), [blob])
  return push([`${NONE} ${tip} refs/heads/${branch}`], pack)
}

const said = async (name: string, body: Buffer): Promise<string> =>
  (await post(name, 'receive-pack', body)).bytes.toString('latin1')

describe('quotas', () => {
  it('a repository takes what it has room for, not a byte more, and says when it is full', async () => {
    const { name, id } = await pushedRepository()
    const body = smallPush('one', 'a')
    await fill(id, MAX_REPOSITORY_BYTES - body.length + 1)
    expect(await said(name, body)).toContain('there is room for 0 MB only')
    await fill(id, MAX_REPOSITORY_BYTES - body.length)
    expect(await said(name, body)).toContain('ok refs/heads/one')
    await fill(id, MAX_REPOSITORY_BYTES)
    expect(await said(name, smallPush('two', 'b'))).toContain('the repository is full (1024 MB)')
    // Making room goes always.
    expect(
      await said(name, push([`${host.directory.refs(id).get('refs/heads/one')} ${NONE} refs/heads/one`]))
    ).toContain('ok refs/heads/one')
  })

  it('so do all repositories of one person together', async () => {
    const [here, other] = [await pushedRepository(), await pushedRepository()]
    const body = smallPush('one', 'c')
    let rest = -(await host.repositories.size(other.id)).bytes
    for (const { id } of host.directory.all())
      if (await host.repositories.isHere(id)) rest += (await host.repositories.size(id)).bytes
    await fill(other.id, MAX_OWNER_BYTES - rest - body.length + 1)
    expect(await said(here.name, body)).toContain('there is room for 0 MB only')
    await fill(other.id, MAX_OWNER_BYTES - rest - body.length)
    expect(await said(here.name, body)).toContain('ok refs/heads/one')
    await fill(other.id, MAX_OWNER_BYTES - rest)
    expect(await said(here.name, smallPush('two', 'd'))).toContain('of this person together are full (3 GB)')
    await fill(other.id, 1_000_000)
    expect(await said(here.name, smallPush('two', 'd'))).toContain('ok refs/heads/two')
  })

  it('branches and tags are counted', async () => {
    const { id, work, bare } = await pushedRepository()
    const tip = await textOf(work, 'rev-parse', 'HEAD')
    const refs = Array.from({ length: MAX_REFS - 1 }, (_, at) => `refs/tags/t${at}`).sort()
    // A file for each would be synced one by one.
    const packed = `# pack-refs with: peeled fully-peeled sorted \n${refs.map((ref) => `${tip} ${ref}\n`).join('')}`
    writeFileSync(join(bare, 'packed-refs'), packed)
    host.repositories.forgetRefs(id)
    host.directory.addRefs(id, new Map(refs.map((ref) => [ref, tip])))
    expect((await host.repositories.refs(id)).size).toBe(MAX_REFS)
    const answer = await tryGit(work, 'push', 'origin', 'HEAD:refs/heads/more')
    expect(answer.stderr).toContain(`at most ${MAX_REFS} branches and tags`)
    await git(work, 'push', '-q', 'origin', ':refs/tags/t0')
    await git(work, 'push', '-q', 'origin', 'HEAD:refs/heads/more')
    expect(host.directory.refs(id).get('refs/heads/more')).toBe(tip)
  })
})

describe('what is kept out of sight', () => {
  const kept = async (bare: string): Promise<string[]> =>
    (await textOf(bare, 'for-each-ref', '--format=%(objectname)', 'refs/mesh/kept')).split('\n').filter(Boolean).sort()

  it('goes when a branch contains it or the log needs it no longer; everything else stays, with all its objects', async () => {
    const { id, work, bare } = await pushedRepository()
    const contained: string[] = []
    for (const at of [1, 2]) contained.push(await commit(work, 'a.txt', `${at}\n`))
    await git(work, 'tag', '-a', '-m', 'first', 'v1')
    await git(work, 'push', '-q', 'origin', 'main', 'v1')
    const tags = [await textOf(work, 'rev-parse', 'v1')]
    const overwritten: string[] = []
    for (const name of ['spent', 'newer', 'unlogged']) {
      await git(work, 'checkout', '-q', '-B', name, 'main')
      overwritten.push(await commit(work, `${name}.txt`, name))
      await git(work, 'push', '-q', 'origin', name)
    }
    await git(work, 'tag', '-a', '-m', 'gone', 'v2')
    const goneTag = await textOf(work, 'rev-parse', 'v2')
    await git(work, 'push', '-q', 'origin', 'v2')
    const [spent = '', newer = '', unlogged = ''] = overwritten
    const all = [...contained, ...tags, ...overwritten, goneTag]
    await host.repositories.keep(id, all)
    await git(work, 'push', '-q', 'origin', ':spent', ':newer', ':unlogged', ':v2')
    host.spent.add(spent)
    expect(await kept(bare)).toEqual([...all].sort())
    // There is something to do.
    host.repositories.waste.add(id)
    expect(await host.maintenance.tidy(id)).toBe(true)
    expect(await kept(bare)).toEqual([newer, unlogged, goneTag].sort())
    expect(await host.repositories.missing(id, all)).toEqual([spent])
    await git(bare, 'fsck', '--strict')
  })
})
