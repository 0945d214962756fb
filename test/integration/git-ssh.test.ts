/** Git over SSH on two real nodes, with stock git and OpenSSH, as the lesson on remotes does it: key, greeting, push, clone, and who may not. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PersonLine } from '../../node/control/person-operations.ts'
import { type RunResult, run, runAnyway, until } from '../kit/child.ts'
import { joinery, joineryJson, NodeProcess } from '../kit/node-process.ts'
import { ownPort } from '../kit/own-ports.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'

let folder: TemporaryFolder
let left: NodeProcess
let right: NodeProcess
let ports: number[]
let cookies: Map<string, string>

beforeAll(async () => {
  folder = temporaryFolder()
  const places = [{ data: join(folder.path, 'left') }, { data: join(folder.path, 'right') }] as const
  ports = [await ownPort(), await ownPort()]
  await joinery(places[0], ['init', '--name', 'SSH'])
  left = await NodeProcess.start(places[0], ['--ssh-port', String(ports[0])])
  const { text } = await joineryJson<{ text: string }>(places[0], ['invite'])
  right = await NodeProcess.start(places[1], ['--join', text, '--ssh-port', String(ports[1])])
  await left.statusWhere('both are linked', ({ overview }) => overview.devices.every((one) => one.connected))
  cookies = new Map()
  for (const name of ['ana', 'bob']) {
    await run(['ssh-keygen', '-q', '-t', name === 'ana' ? 'ed25519' : 'rsa', '-N', '', '-f', join(folder.path, name)])
    const { code } = await joineryJson<{ person: PersonLine; code: string }>(places[0], ['person', 'add', name])
    const signedIn = await post('/sign-in', { name, code })
    cookies.set(name, (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '')
    const key = readFileSync(join(folder.path, `${name}.pub`), 'utf8')
    expect((await post('/me/keys/ssh', { key }, name)).status).toBe(303)
  }
  expect((await post('/new', { name: 'recipes' }, 'ana')).status).toBe(303)
  await until('the other device knows both keys and the repository', async () => {
    const greeted = await Promise.all(['ana', 'bob'].map((name) => ssh(name, ports[1] ?? 0)))
    const page = await fetch(new URL('/ana/recipes', right.address))
    return greeted.every(({ stderr }) => stderr.includes('You are signed in')) && page.status === 200
  })
})
afterAll(async () => {
  await left?.[Symbol.asyncDispose]()
  await right?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

function post(path: string, fields: Record<string, string>, who = ''): Promise<Response> {
  return fetch(new URL(path, left.address), {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: new URL(left.address).origin, cookie: cookies.get(who) ?? '' },
    body: new URLSearchParams(fields)
  })
}

/** OpenSSH with one key and nothing of this machine's. */
const sshWords = (who: string): string[] => [
  ...['ssh', '-F', '/dev/null', '-i', join(folder.path, who), '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'],
  ...['-o', 'StrictHostKeyChecking=accept-new', '-o', `UserKnownHostsFile=${join(folder.path, 'known')}`]
]

function ssh(who: string, port: number, ...command: string[]): Promise<RunResult> {
  return runAnyway([...sshWords(who), '-T', '-p', String(port), 'git@127.0.0.1', ...command])
}

function git(who: string, directory: string, ...words: string[]): Promise<RunResult> {
  const identity = ['-c', `user.name=${who}`, '-c', `user.email=${who}@example.org`]
  return runAnyway(['git', '-C', directory, ...identity, ...words], {
    env: { GIT_SSH_COMMAND: sshWords(who).join(' '), GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }
  })
}

const addressOn = (at: 0 | 1): string => `ssh://git@127.0.0.1:${ports[at]}/ana/recipes.git`

test('as in the lesson: greeting, push, clone on the other device, push there, rejected, tags, deletion', async () => {
  const greeting = await ssh('ana', ports[0] ?? 0)
  expect([greeting.code, greeting.stderr]).toEqual([1, expect.stringContaining('Hi ana!')])

  const mine = join(folder.path, 'mine')
  mkdirSync(mine)
  const ana = async (...words: string[]): Promise<RunResult> => {
    const done = await git('ana', mine, ...words)
    expect([words, done.code, done.stderr]).toEqual([words, 0, expect.anything()])
    return done
  }
  await ana('init', '-q', '-b', 'main')
  writeFileSync(join(mine, 'guacamole.md'), 'avocado\n')
  await ana('add', '.')
  await ana('commit', '-q', '-m', 'Add guacamole')
  await ana('remote', 'add', 'origin', addressOn(0))
  await ana('push', '-u', 'origin', 'main')
  // Nothing to push is no failure.
  expect((await ana('push')).stderr).toContain('Everything up-to-date')

  await until(
    'it is on the other device',
    async () => (await git('bob', mine, 'ls-remote', addressOn(1))).stdout !== ''
  )
  const refused = await git('bob', mine, 'push', addressOn(1), 'main:theirs')
  expect([refused.code, refused.stderr]).toEqual([128, expect.stringContaining('Ask its owner')])
  await git('bob', folder.path, 'clone', '-q', addressOn(1), 'clone')
  expect(readFileSync(join(folder.path, 'clone/guacamole.md'), 'utf8')).toBe('avocado\n')

  // Many commits: several rounds of `have` in one connection.
  const clone = join(folder.path, 'clone')
  for (let number = 0; number < 60; number++)
    await run([
      'git',
      '-C',
      clone,
      '-c',
      'user.name=b',
      '-c',
      'user.email=b@x',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      `${number}`
    ])
  writeFileSync(join(mine, 'guacamole.md'), 'avocado\nlime\n')
  await ana('commit', '-qam', 'Add lime')
  await ana('push', '-q', addressOn(1), 'main')
  await git('bob', clone, 'fetch', '-q', 'origin')
  const got = await git('bob', clone, 'log', '-1', '--format=%s', 'origin/main')
  expect(got.stdout.trim()).toBe('Add lime')

  writeFileSync(join(mine, 'guacamole.md'), 'stale\n')
  await ana('reset', '-q', '--hard', 'HEAD~1')
  await ana('commit', '-q', '--allow-empty', '-m', 'Another way')
  const first = await git('ana', mine, 'push', 'origin', 'main')
  expect([first.code, first.stderr]).toEqual([1, expect.stringContaining('[rejected]')])
  await ana('fetch', '-q', 'origin')
  await ana('reset', '-q', '--hard', 'origin/main')

  await ana('tag', '-a', 'v1', '-m', 'one')
  await ana('push', '-q', 'origin', 'v1', 'main:refs/heads/draft')
  expect((await ana('ls-remote', 'origin')).stdout).toContain('refs/tags/v1^{}')
  await ana('push', '-q', '--delete', 'origin', 'draft')
  expect((await ana('ls-remote', 'origin')).stdout).not.toContain('draft')
})

test('nobody without a key of the room gets in, and nothing but git can be asked for', async () => {
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder.path, 'eve')])
  const eve = await ssh('eve', ports[0] ?? 0)
  expect([eve.code, eve.stderr]).toEqual([255, expect.stringContaining('Permission denied (publickey)')])
  for (const command of [
    'id',
    "git-upload-pack '/etc/passwd'",
    "git-upload-pack '../../x'",
    "git-receive-pack '/ana/recipes.git'; id"
  ]) {
    const asked = await ssh('ana', ports[0] ?? 0, command)
    expect([command, asked.code, asked.stdout]).toEqual([command, 128, ''])
  }
  const missing = await git('ana', folder.path, 'ls-remote', addressOn(0).replace('recipes', 'nothing'))
  expect([missing.code, missing.stderr]).toEqual([128, expect.stringContaining('no such repository')])
  const old = await runAnyway(['git', '-c', 'protocol.version=0', 'ls-remote', addressOn(0)], {
    env: { GIT_SSH_COMMAND: sshWords('ana').join(' ') }
  })
  expect(old.stderr).toContain('too old')

  const [key = ''] =
    (
      await (await fetch(new URL('/me/keys', left.address), { headers: { cookie: cookies.get('bob') ?? '' } })).text()
    ).match(/[0-9a-f]{64}/) ?? []
  expect((await post('/me/keys/end', { key }, 'bob')).status).toBe(303)
  await until('a removed key is refused on both devices', async () => {
    const answers = await Promise.all(ports.map((port) => ssh('bob', port)))
    return answers.every(({ code }) => code === 255)
  })
})

test('who says nothing, or nonsense, is shown out, and others go on', async () => {
  const greeted = await new Promise<string>((resolve, reject) => {
    const socket = createConnection({ port: ports[0] ?? 0, host: '127.0.0.1' })
    let text = ''
    socket.once('error', reject)
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
    })
    socket.once('close', () => resolve(text))
    socket.write(Buffer.from(`SSH-2.0-x\r\n${'\u0000'.repeat(5_000)}`))
  })
  expect(greeted).toMatch(/^SSH-2\.0-joinery/)
  expect((await ssh('ana', ports[0] ?? 0)).stderr).toContain('Hi ana!')
})
