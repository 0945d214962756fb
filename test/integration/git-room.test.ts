/** A repository on three real nodes with stock git: whose push counts, who sees it, and what becomes of it when devices are gone. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunResult, runAnyway, until } from '../kit/child.ts'
import { joinery, joineryJson, NodeProcess } from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'

let folder: TemporaryFolder
const nodes: NodeProcess[] = []
let code: string

beforeAll(async () => {
  folder = temporaryFolder()
  const first = { data: join(folder.path, 'pi-1') }
  await joinery(first, ['init', '--name', 'Git on three'])
  nodes.push(await NodeProcess.start(first, ['--name', 'pi-1']))
  const { text } = await joineryJson<{ text: string }>(first, ['invite'])
  for (const name of ['pi-2', 'pi-3'])
    nodes.push(await NodeProcess.start({ data: join(folder.path, name) }, ['--name', name, '--join', text]))
  for (const node of nodes) await linkedTo(node, 3)
  code = (await joineryJson<{ code: string }>(first, ['person', 'add', 'alfredo'])).code
  for (const node of nodes) await until('everybody knows the learner', async () => (await signIn(node)) !== '')
})

afterAll(async () => {
  for (const node of nodes) {
    thaw(node)
    await node[Symbol.asyncDispose]()
  }
  folder?.[Symbol.dispose]()
})

function at(index: number): NodeProcess {
  const node = nodes[index]
  if (!node) throw new Error('no such node')
  return node
}

/** Nothing is closed and nothing is answered any more: as behind a switch that has lost its power. */
function freeze(...frozen: NodeProcess[]): void {
  for (const { child } of frozen) child.process.kill('SIGSTOP')
}

function thaw(...thawed: NodeProcess[]): void {
  for (const { child } of thawed) child.process.kill('SIGCONT')
}

async function linkedTo(node: NodeProcess, devices: number): Promise<void> {
  await node.statusWhere(
    `${devices} devices see each other`,
    ({ overview }) => overview.devices.filter((one) => one.connected).length >= devices
  )
}

async function signIn(node: NodeProcess): Promise<string> {
  const { origin } = new URL(node.address)
  const answer = await fetch(new URL('/sign-in', node.address), {
    method: 'POST',
    redirect: 'manual',
    headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ name: 'alfredo', code })
  })
  await answer.arrayBuffer()
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

async function makeRepository(node: NodeProcess, name: string): Promise<void> {
  const { origin } = new URL(node.address)
  const answer = await fetch(new URL('/new', node.address), {
    method: 'POST',
    redirect: 'manual',
    headers: { origin, cookie: await signIn(node), 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ name })
  })
  await answer.arrayBuffer()
  expect(answer.status).toBe(303)
}

function address(node: NodeProcess): string {
  return new URL('/alfredo/recipes.git', node.address).href
}

/** git as a learner has it. */
function git(directory: string, ...words: string[]): Promise<RunResult> {
  const answers = join(folder.path, 'answers')
  writeFileSync(answers, `#!/bin/sh\ncase "$1" in Username*) echo alfredo ;; *) echo ${code} ;; esac\n`, {
    mode: 0o700
  })
  const set = ['user.name=Alfredo', 'user.email=a@example.org', 'init.defaultBranch=main', 'pull.rebase=false']
  return runAnyway(['git', '-C', directory, ...set.flatMap((one) => ['-c', one]), ...words], {
    env: {
      GIT_ASKPASS: answers,
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      HOME: folder.path
    }
  })
}

async function well(directory: string, ...words: string[]): Promise<RunResult> {
  const done = await git(directory, ...words)
  if (done.code !== 0) throw new Error(`git ${words.join(' ')}: ${done.stdout}${done.stderr}\n${saidByNodes()}`)
  return done
}

function saidByNodes(): string {
  return nodes.map(({ child }) => child.output().slice(-2_000)).join('\n')
}

async function commit(directory: string, file: string, text: string): Promise<string> {
  writeFileSync(join(directory, file), text)
  await well(directory, 'add', '.')
  await well(directory, 'commit', '-qm', `About ${file}`)
  return (await well(directory, 'rev-parse', 'HEAD')).stdout.trim()
}

/** @returns the id of the tag itself, not of what it names */
async function annotate(directory: string, name: string, text: string): Promise<string> {
  await well(directory, 'tag', '-a', '-m', text, name)
  return (await well(directory, 'rev-parse', `refs/tags/${name}`)).stdout.trim()
}

async function clone(node: NodeProcess, name: string): Promise<string> {
  await well(folder.path, 'clone', '-q', address(node), name)
  return join(folder.path, name)
}

async function refsOn(node: NodeProcess): Promise<Map<string, string>> {
  const { stdout } = await well(folder.path, 'ls-remote', '--refs', address(node))
  const lines = stdout.trim().split('\n')
  return new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]))
}

test('pushes on any device are decided by one, and whoever asks sees them at once', async () => {
  await makeRepository(at(0), 'recipes')
  const mine = join(folder.path, 'mine')
  mkdirSync(mine)
  await well(mine, 'init', '-q')
  await well(mine, 'remote', 'add', 'origin', address(at(0)))
  await commit(mine, 'guacamole.md', '# Guacamole\n')
  await well(mine, 'push', 'origin', 'main')
  const second = await clone(at(1), 'second')
  const third = await clone(at(2), 'third')
  const salsa = await commit(second, 'salsa.md', '# Salsa\n')
  const pushed = await well(second, 'push', 'origin', 'main')
  expect(pushed.stderr).not.toContain('this side only')
  await commit(third, 'chili.md', '# Chili\n')
  const stale = await git(third, 'push', 'origin', 'main')
  expect(stale.code).not.toBe(0)
  expect(stale.stderr).toContain('! [rejected]        main -> main (fetch first)')
  await well(mine, 'pull', '-q', 'origin', 'main')
  expect((await well(mine, 'rev-parse', 'HEAD')).stdout.trim()).toBe(salsa)
  await well(third, 'pull', '-q', '--no-edit', 'origin', 'main')
  await well(third, 'push', 'origin', 'main')
  // No device says "up to date" that has not heard of it yet.
  const head = (await well(third, 'rev-parse', 'HEAD')).stdout.trim()
  for (const node of nodes) expect((await refsOn(node)).get('refs/heads/main')).toBe(head)
})

test('who is cut off goes on alone and is told so; afterwards both are there, and the lesson brings them together', async () => {
  const [mine, third] = [join(folder.path, 'mine'), join(folder.path, 'third')]
  await well(mine, 'pull', '-q', 'origin', 'main')
  freeze(at(0), at(1))
  const alone = await commit(third, 'tacos.md', '# Tacos\n')
  const alonesTag = await annotate(third, 'v1', 'The taco edition')
  const local = await well(third, 'push', 'origin', 'main', 'v1')
  expect(local.stderr).toMatch(/remote: Saved on this side only/)
  freeze(at(2))
  thaw(at(0), at(1))
  const together = await commit(mine, 'burritos.md', '# Burritos\n')
  const togethersTag = await annotate(mine, 'v1', 'The burrito edition')
  expect((await well(mine, 'push', 'origin', 'main', 'v1')).stderr).not.toMatch(/this side only/)
  thaw(at(2))
  // Tags that both sides made stay both, whole: nobody merges tags.
  const tags: [string, string][] = [
    ['refs/tags/v1', togethersTag],
    ['refs/tags/v1-from-pi-3', alonesTag]
  ]
  const healed = new Map([['refs/heads/main', together], ['refs/heads/main-from-pi-3', alone], ...tags])
  for (const node of nodes) await until('both are there', async () => expect(await refsOn(node)).toEqual(healed))
  await commit(third, 'mole.md', '# Mole\n')
  const refused = await git(third, 'push', 'origin', 'main')
  expect(refused.stderr).toContain('(fetch first)')
  await well(third, 'pull', '-q', '--no-edit', 'origin', 'main')
  await well(third, 'push', 'origin', 'main')
  const head = (await well(third, 'rev-parse', 'HEAD')).stdout.trim()
  for (const node of nodes)
    await until('the other name goes', async () =>
      expect(await refsOn(node)).toEqual(new Map([['refs/heads/main', head], ...tags]))
    )
  const copy = await clone(at(1), 'with-tags')
  expect((await well(copy, 'tag', '-n', '--sort=refname')).stdout).toMatch(
    /^v1 +The burrito edition\nv1-from-pi-3 +The taco edition\n$/
  )
  for (const [ref, object] of tags) expect((await well(copy, 'cat-file', '-t', ref)).stdout, object).toBe('tag\n')
  expect((await git(third, 'push', 'origin', 'v1')).stderr).toContain('already exists')
})

test('the device that decides is killed: most of the others take over, and nothing that was saved is lost', async () => {
  const second = join(folder.path, 'second')
  await well(second, 'pull', '-q', 'origin', 'main')
  await at(0).kill()
  const head = await commit(second, 'horchata.md', '# Horchata\n')
  const pushed = await well(second, 'push', 'origin', 'main')
  expect(pushed.stderr).not.toContain('this side only')
  nodes[0] = await NodeProcess.start(at(0).place, ['--name', 'pi-1'])
  for (const node of nodes)
    await until('all have it', async () => {
      const branches = [...(await refsOn(node))].filter(([ref]) => ref.startsWith('refs/heads/'))
      expect(branches).toEqual([['refs/heads/main', head]])
      return true
    })
})
