/** Stock git and a host for the tests of one device's git: a file that imports this has a host of its own. */
import { createHash } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, beforeAll } from 'vitest'
import { pktLine } from '../../node/git/pkt-line.ts'
import { run, runAnyway } from '../kit/child.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { type GitLocalHost, startGitHost } from './git-local-host.ts'

export const folder = temporaryFolder()
export const NONE = '0'.repeat(40)
export const CLIENT = {
  HOME: folder.path,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ana',
  GIT_AUTHOR_EMAIL: 'ana@example.org',
  GIT_COMMITTER_NAME: 'Ana',
  GIT_COMMITTER_EMAIL: 'ana@example.org'
}
export let host: GitLocalHost
let names = 0

/** Another one each time. */
export const nextName = (): string => `r${++names}`

beforeAll(async () => {
  host = await startGitHost(join(folder.path, 'host'))
})
afterAll(async () => {
  await host.stop()
  folder[Symbol.dispose]()
})

export const git = (cwd: string, ...words: string[]) => run(['git', ...words], { cwd, env: CLIENT })
export const tryGit = (cwd: string, ...words: string[]) => runAnyway(['git', ...words], { cwd, env: CLIENT })
export const textOf = async (cwd: string, ...words: string[]): Promise<string> =>
  (await git(cwd, ...words)).stdout.trim()

/** A repository of ana's with one commit on `main`, pushed, and the working folder it was pushed from. */
export async function pushedRepository(): Promise<{ name: string; id: string; work: string; bare: string }> {
  const name = nextName()
  const { id } = await host.make(name)
  const work = join(folder.path, name)
  await git(folder.path, 'init', '-q', '-b', 'main', work)
  await git(work, 'remote', 'add', 'origin', host.address(name, 'ana'))
  await commit(work, 'first.txt', 'one\n')
  await git(work, 'push', '-q', '-u', 'origin', 'main')
  return { name, id, work, bare: host.repositories.folder(id) }
}

export async function commit(work: string, file: string, text: string | Uint8Array): Promise<string> {
  writeFileSync(join(work, file), text)
  await git(work, 'add', '--', file)
  await git(work, 'commit', '-q', '-m', `change ${file}`)
  return await textOf(work, 'rev-parse', 'HEAD')
}

/** What a push that did not come to its end may have left. */
export function leftovers(bare: string): string[] {
  const found = readdirSync(bare, { recursive: true, encoding: 'utf8' })
  return found.filter((name) => /\.lock$|\.keep$|tmp_|incoming/.test(name))
}

interface Answer {
  status: number
  bytes: Buffer
}

export async function post(
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

export const push = (commands: string[], pack: Uint8Array = Buffer.alloc(0)): Buffer =>
  Buffer.concat([
    ...commands.map((line, at) => pktLine(at === 0 ? `${line}\0report-status side-band-64k agent=test` : line)),
    Buffer.from('0000'),
    pack
  ])

/** 7: what changes the object `base` into another one. */
export type PackObject = { type: 1 | 2 | 3 | 7; content: Uint8Array; base?: string; saysBytes?: number }

/** A pack by hand: what no honest git makes. */
export function packOf(objects: readonly PackObject[]): Buffer {
  const head = Buffer.alloc(12)
  head.write('PACK')
  head.writeUInt32BE(2, 4)
  head.writeUInt32BE(objects.length, 8)
  const parts: Buffer[] = [head]
  for (const { type, content, base = '', saysBytes = content.length } of objects) {
    const header: number[] = []
    let size = Math.floor(saysBytes / 16)
    header.push((type << 4) | (saysBytes % 16) | (size > 0 ? 0x80 : 0))
    for (; size > 0; size = Math.floor(size / 128)) header.push((size % 128) | (size >= 128 ? 0x80 : 0))
    parts.push(Buffer.from(header), Buffer.from(base, 'hex'), deflateSync(content))
  }
  const pack = Buffer.concat(parts)
  return Buffer.concat([pack, createHash('sha1').update(pack).digest()])
}

export const hashOf = (type: string, content: Uint8Array): string =>
  createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex')
export const entry = (mode: string, name: string, id: string): Buffer =>
  Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')])

/** One commit with this tree. */
export function commitOf(tree: Buffer, blobs: readonly Buffer[]): { tip: string; pack: Buffer } {
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
