/**
 * A pushed commit on every device: three devices on this machine, stock git, pushes through each in turn. Measured is how long after git said that it had pushed
 * each device's own disk has the branch at the commit (a branch on a disk has all its objects there), and after that a class that pushes at once.
 *
 *     npm run bench -- git-everywhere [pushes] [learners]     40 pushes and 30 learners otherwise
 *
 * Goal: the last of the three within 1 s for 95 of 100 pushes.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { until } from '../kit/child.ts'
import { joinery, joineryJson, NodeProcess } from '../kit/node-process.ts'
import { usageOf } from '../kit/processes.ts'

const [, , pushes = '40', learners = '30'] = process.argv
const PUSHES = Number(pushes)
const LEARNERS = Number(learners)
const LOOK_EVERY_MS = 4
const SEARCH_EVERY_MS = 200
const GIVE_UP_MS = 60_000

interface Learner {
  name: string
  code: string
  work: string
  /** Of the repository, on each device. */
  folders: string[]
}

const folder = mkdtempSync(join(tmpdir(), 'joinery-git-everywhere-'))
const nodes: NodeProcess[] = []
try {
  await startDevices()
  const class_ = await signUpClass()
  const [first, ...others] = await Promise.all(class_.map((learner) => begin(learner)))
  if (!first) throw new Error('at least one learner')
  await one(first)
  await together([first, ...others])
} finally {
  for (const node of nodes) await node[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

async function startDevices(): Promise<void> {
  const place = { data: join(folder, 'pi-1') }
  await joinery(place, ['init', '--name', 'Everywhere'])
  nodes.push(await NodeProcess.start(place, ['--name', 'pi-1']))
  const { text } = await joineryJson<{ text: string }>(place, ['invite'])
  for (const name of ['pi-2', 'pi-3'])
    nodes.push(await NodeProcess.start({ data: join(folder, name) }, ['--name', name, '--join', text]))
  for (const node of nodes)
    await node.statusWhere('three devices see each other', ({ overview }) => {
      return overview.devices.filter(({ connected }) => connected).length === 3
    })
}

async function signUpClass(): Promise<Learner[]> {
  const [first] = nodes
  if (!first) throw new Error('no device')
  const list = join(folder, 'names.csv')
  writeFileSync(list, Array.from({ length: Math.max(LEARNERS, 1) }, (_, at) => `learner${at}`).join('\n'))
  const { stdout } = await joinery(first.place, ['person', 'import', list])
  const lines = stdout.trim().split('\n').slice(1)
  return lines.map((line) => {
    const [name = '', , , code = ''] = line.split(',')
    return { name, code, work: join(folder, `work-${name}`), folders: [] }
  })
}

/** A repository with one commit, pushed once, so that all devices have it. */
async function begin(learner: Learner): Promise<Learner> {
  const [first] = nodes
  if (!first) throw new Error('no device')
  const { origin } = new URL(first.address)
  const headers = { origin, 'content-type': 'application/x-www-form-urlencoded' }
  const signIn = await fetch(new URL('/sign-in', origin), {
    method: 'POST',
    redirect: 'manual',
    headers,
    body: new URLSearchParams({ name: learner.name, code: learner.code })
  })
  await signIn.arrayBuffer()
  const cookie = (signIn.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const made = await fetch(new URL('/new', origin), {
    method: 'POST',
    redirect: 'manual',
    headers: { ...headers, cookie },
    body: new URLSearchParams({ name: 'recipes' })
  })
  await made.arrayBuffer()
  if (made.status !== 303) throw new Error(`no repository was made: ${made.status}`)
  mkdirSync(learner.work)
  await git(learner, ['init', '-q', '-b', 'main'])
  const commit = await commitNext(learner, 'first')
  await push(learner, first)
  for (const { place } of nodes)
    learner.folders.push(
      await until(`${learner.name}'s repository is on ${place.data}`, () => folderWith(commit, place.data), {
        everyMs: SEARCH_EVERY_MS
      })
    )
  return learner
}

async function one(learner: Learner): Promise<void> {
  const pushMs: number[] = []
  const eachMs: number[] = []
  const lastMs: number[] = []
  for (let at = 0; at < PUSHES; at++) {
    const node = nodes[at % nodes.length]
    if (!node) throw new Error('no device')
    const commit = await commitNext(learner, `push ${at}`)
    const seen = everywhere(commit, learner)
    pushMs.push(await push(learner, node))
    const reportedMs = performance.now()
    const after = (await seen).map((ms) => Math.max(0, ms - reportedMs))
    eachMs.push(...after)
    lastMs.push(Math.max(...after))
  }
  console.log(`${PUSHES} pushes, one after the other, through the three devices in turn`)
  console.log(`  a push takes                        ${spread(pushMs)}`)
  console.log(`  each device after it was reported   ${spread(eachMs)}`)
  console.log(`  the last device after it            ${spread(lastMs)}`)
}

async function together(class_: readonly Learner[]): Promise<void> {
  for (const device of ['one device', 'three devices']) {
    const commits = await Promise.all(class_.map((learner) => commitNext(learner, device)))
    const before = cpuSeconds()
    const startedMs = performance.now()
    const done = await Promise.all(
      class_.map(async (learner, at) => {
        const node = nodes[device === 'one device' ? 0 : at % nodes.length]
        if (!node) throw new Error('no device')
        const seen = everywhere(commits[at] ?? '', learner)
        const pushMs = await push(learner, node)
        const reportedMs = performance.now()
        return { pushMs, lastMs: Math.max(0, ...(await seen).map((ms) => ms - reportedMs)) }
      })
    )
    const wallMs = performance.now() - startedMs
    console.log(`${class_.length} learners push at once to ${device}: all everywhere after ${wallMs.toFixed(0)} ms`)
    console.log(`  a push takes                        ${spread(done.map(({ pushMs }) => pushMs))}`)
    console.log(`  the last device after it            ${spread(done.map(({ lastMs }) => lastMs))}`)
    console.log(`  processor time of all devices       ${((cpuSeconds() - before) * 1000).toFixed(0)} ms`)
  }
}

/** When each device's disk had the branch there, on our clock. */
function everywhere(commit: string, { folders }: Learner): Promise<number[]> {
  return Promise.all(
    folders.map((place) =>
      until(`${commit} is in ${place}`, () => (hasTip(place, commit) ? performance.now() : undefined), {
        everyMs: LOOK_EVERY_MS,
        timeoutMs: GIVE_UP_MS
      })
    )
  )
}

/** Both files that git keeps a branch in: what a device packs, it packs when it has nothing else to do. */
function hasTip(repository: string, commit: string): boolean {
  return ['refs/heads/main', 'packed-refs'].some((name) => {
    const path = join(repository, name)
    return existsSync(path) && readFileSync(path, 'latin1').includes(commit)
  })
}

function folderWith(commit: string, data: string): string | undefined {
  const top = join(data, 'git')
  for (const name of readdirSync(top, { recursive: true, encoding: 'utf8' })) {
    const repository = join(top, dirname(name))
    if (basename(name) === 'HEAD' && hasTip(repository, commit)) return repository
  }
  return undefined
}

async function commitNext(learner: Learner, text: string): Promise<string> {
  writeFileSync(join(learner.work, 'recipe.md'), `${text} of ${learner.name}\n`)
  await git(learner, ['add', '.'])
  await git(learner, ['commit', '-q', '-m', text])
  return (await git(learner, ['rev-parse', 'HEAD'])).trim()
}

/** @returns how long it took */
async function push(learner: Learner, node: NodeProcess): Promise<number> {
  const { port } = new URL(node.address)
  const startedMs = performance.now()
  await git(learner, [
    ...['push', '-q'],
    `http://${learner.name}:${learner.code}@127.0.0.1:${port}/${learner.name}/recipes.git`,
    'main'
  ])
  return performance.now() - startedMs
}

function git(learner: Learner, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', words, {
      cwd: learner.work,
      env: {
        ...process.env,
        HOME: '/nonexistent',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_TERMINAL_PROMPT: '0',
        GIT_AUTHOR_NAME: learner.name,
        GIT_AUTHOR_EMAIL: 'l@example.org',
        GIT_COMMITTER_NAME: learner.name,
        GIT_COMMITTER_EMAIL: 'l@example.org'
      },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let [output, errors] = ['', '']
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString()
    })
    child.stderr.on('data', (text: Buffer) => {
      errors += text.toString()
    })
    child.on('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new Error(`git ${words[0]}: ${code} ${errors}`))
    })
  })
}

function cpuSeconds(): number {
  return nodes.reduce((sum, { child }) => sum + usageOf(child.pid).cpuSeconds, 0)
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): string =>
    `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0)}`.padStart(5)
  return `p50 ${at(0.5)}   p95 ${at(0.95)}   most ${at(1)} ms`
}
