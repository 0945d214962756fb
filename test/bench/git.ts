/**
 * Git over HTTP for a class: clone, push, and 30 learners who clone, commit and push at once, with stock git. Ours is one device's git host behind the real
 * front door (node/git: objects checked, everything synced, ref log synced before a push is reported), the other is `git http-backend` behind nginx and
 * fcgiwrap with 8 processes, once as Debian brings it and once with our settings for git (same checks and syncs). CPU is that of the server and of every git it
 * started, from a cgroup of its own.
 *
 *     npx node test/bench/git.ts [learners]     30 otherwise; needs root, nginx and fcgiwrap
 *
 * Goal: CPU per learner at most 1.25 times that of the other with the same settings.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gitEnvironment } from '../../node/git/git-settings.ts'
import { findProgram } from '../kit/required-tools.ts'

const LEARNERS = Number(process.argv[2] ?? 30)
const ROUNDS = 3
const CLIENT = {
  ...process.env,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ana',
  GIT_AUTHOR_EMAIL: 'ana@example.org',
  GIT_COMMITTER_NAME: 'Ana',
  GIT_COMMITTER_EMAIL: 'ana@example.org'
}

interface Host {
  name: string
  address(repository: string): string
  group: CpuGroup
}

interface Figures {
  cpuMs: number
  wallMs: number
  cloneMs: number[]
  pushMs: number[]
}

function git(words: readonly string[], cwd = '/'): Promise<number> {
  const startedMs = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn('git', words, { cwd, env: CLIENT, stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 })
    let errors = ''
    child.stderr.on('data', (text: Buffer) => {
      errors += text.toString()
    })
    child.on('close', (code) => {
      if (code === 0) resolve(performance.now() - startedMs)
      else reject(new Error(`git ${words.join(' ')}: ${code} ${errors}`))
    })
  })
}

/** Counts the processors' time of all that starts in it, also of what nobody waits for. cgroup v1 or v2. */
class CpuGroup {
  static #made = 0
  readonly #folder: string

  constructor() {
    const top = existsSync('/sys/fs/cgroup/cpuacct') ? '/sys/fs/cgroup/cpuacct' : '/sys/fs/cgroup'
    this.#folder = join(top, `joinery-bench-${process.pid}-${CpuGroup.#made++}`)
    mkdirSync(this.#folder)
  }

  start(command: readonly string[], options: SpawnOptions): ChildProcess {
    const script = `echo $$ > ${this.#folder}/cgroup.procs; exec "$@"`
    return spawn('/bin/sh', ['-c', script, 'sh', ...command], options)
  }

  spentMs(): number {
    const usage = join(this.#folder, 'cpuacct.usage')
    if (existsSync(usage)) return Number(readFileSync(usage, 'utf8')) / 1e6
    return Number(/usage_usec (\d+)/.exec(readFileSync(join(this.#folder, 'cpu.stat'), 'utf8'))?.[1]) / 1e3
  }

  /** Ends whatever is in it. */
  async end(): Promise<void> {
    for (let tries = 0; tries < 50; tries++) {
      const pids = readFileSync(join(this.#folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)
      for (const pid of pids) {
        try {
          process.kill(Number(pid), 'SIGKILL')
        } catch {
          // it ended meanwhile
        }
      }
      if (pids.length === 0) break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    rmdirSync(this.#folder)
  }
}

async function ours(folder: string): Promise<Host> {
  const program = new URL('../integration/git-local-host.ts', import.meta.url).pathname
  const group = new CpuGroup()
  const command = [process.execPath, program, join(folder, 'ours')]
  const { stdout } = group.start(command, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (!stdout) throw new Error('no output')
  for await (const line of createInterface({ input: stdout })) {
    const port = /^port (\d+)$/.exec(line)?.[1]
    if (port === undefined) continue
    return {
      name: 'node/git',
      address: (repository) => `http://ana:code-ana@127.0.0.1:${port}/ana/${repository}.git`,
      group
    }
  }
  throw new Error('our server ended before it had a port')
}

async function backend(folder: string, name: string, sameSettings: boolean): Promise<Host> {
  const place = join(folder, sameSettings ? 'same' : 'plain')
  const root = join(place, 'repositories/ana')
  mkdirSync(root, { recursive: true })
  for (let at = 0; at < 40; at++) {
    const bare = join(root, `r${at}.git`)
    await git(['init', '-q', '--bare', '-b', 'main', bare])
    await git(['--git-dir', bare, 'config', 'http.receivepack', 'true'])
  }
  const port = await freePort()
  const socket = join(place, 'fcgi.sock')
  const settings: NodeJS.ProcessEnv = sameSettings ? gitEnvironment() : {}
  const environment = {
    PATH: process.env.PATH,
    GIT_PROJECT_ROOT: join(place, 'repositories'),
    GIT_HTTP_EXPORT_ALL: '1'
  }
  const group = new CpuGroup()
  group.start([findProgram('fcgiwrap') ?? 'fcgiwrap', '-c', '8', '-s', `unix:${socket}`], {
    env: { ...environment, ...settings },
    stdio: 'ignore'
  })
  // fcgiwrap gives a program only what the request carries.
  const passed = Object.entries({ ...settings, ...environment }).map(
    ([key, value]) => `fastcgi_param ${key} "${value}";`
  )
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (one) => `${one}_temp_path ${place}/${one};`
  )
  writeFileSync(
    join(place, 'nginx.conf'),
    `daemon off; user root; pid ${place}/nginx.pid; error_log ${place}/error.log; worker_processes 2;
events { worker_connections 512; }
http { access_log off; client_max_body_size 0; gzip off; ${temporary.join(' ')}
 server { listen 127.0.0.1:${port}; location / {
  fastcgi_pass unix:${socket};
  fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend; fastcgi_param PATH_INFO $uri;
  fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method;
  fastcgi_param CONTENT_TYPE $content_type; fastcgi_param CONTENT_LENGTH $content_length;
  fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding; fastcgi_param GIT_PROTOCOL $http_git_protocol;
  fastcgi_param REMOTE_USER ana; fastcgi_param REMOTE_ADDR $remote_addr;
  ${passed.join(' ')}
 } } }
`
  )
  group.start([findProgram('nginx') ?? 'nginx', '-c', join(place, 'nginx.conf'), '-p', place], {
    stdio: ['ignore', 'ignore', 'ignore']
  })
  await answering(port)
  return { name, address: (repository) => `http://127.0.0.1:${port}/ana/${repository}.git`, group }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function answering(port: number): Promise<void> {
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** The lesson's repository: some commits of small files. */
async function seedRepository(folder: string): Promise<string> {
  const work = join(folder, 'seed')
  await git(['init', '-q', '-b', 'main', work])
  for (let at = 0; at < 10; at++) {
    writeFileSync(join(work, `recipe${at}.md`), `# Recipe ${at}\n\n${'Stir well.\n'.repeat(40)}`)
    await git(['add', '.'], work)
    await git(['commit', '-q', '-m', `recipe ${at}`], work)
  }
  return work
}

async function learner(host: Host, repository: string, place: string): Promise<{ cloneMs: number; pushMs: number }> {
  const cloneMs = await git(['clone', '-q', host.address(repository), place])
  writeFileSync(join(place, 'mine.md'), `${place}\n`)
  await git(['add', '.'], place)
  await git(['commit', '-q', '-m', 'mine'], place)
  return { cloneMs, pushMs: await git(['push', '-q', 'origin', 'main'], place) }
}

async function round(host: Host, folder: string, number: number): Promise<Figures> {
  const before = host.group.spentMs()
  const startedMs = performance.now()
  const done = await Promise.all(
    Array.from({ length: LEARNERS }, (_, at) =>
      learner(host, `r${at}`, join(folder, `${host.name.replace(/\W/g, '')}-${number}-${at}`))
    )
  )
  const wallMs = performance.now() - startedMs
  return {
    cpuMs: host.group.spentMs() - before,
    wallMs,
    cloneMs: done.map(({ cloneMs }) => cloneMs),
    pushMs: done.map(({ pushMs }) => pushMs)
  }
}

const middle = (values: readonly number[], share = 0.5): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN

const folder = mkdtempSync(join(tmpdir(), 'joinery-git-bench-'))
const hosts: Host[] = []
try {
  if (!findProgram('fcgiwrap') || !findProgram('nginx'))
    throw new Error('needs nginx and fcgiwrap: apt-get install nginx-light fcgiwrap')
  const seed = await seedRepository(folder)
  hosts.push(await ours(folder))
  hosts.push(await backend(folder, 'http-backend, same settings', true))
  hosts.push(await backend(folder, 'http-backend, as it comes', false))
  for (const host of hosts)
    for (let at = 0; at < LEARNERS; at++) await git(['push', '-q', host.address(`r${at}`), 'main'], seed)
  const figures = new Map<string, Figures[]>(hosts.map(({ name }) => [name, []]))
  // In turns, so that a slow minute of the machine hits all alike.
  for (let number = 0; number < ROUNDS; number++)
    for (const host of hosts) figures.get(host.name)?.push(await round(host, folder, number))
  console.log(`${LEARNERS} learners clone, commit and push at once; ${ROUNDS} rounds, middle ones\n`)
  console.log(
    'server'.padEnd(30),
    'CPU/learner'.padStart(12),
    'ratio',
    'wall'.padStart(9),
    'clone p50/p95'.padStart(16),
    'push p50/p95'.padStart(16)
  )
  const perLearner = (name: string): number => middle((figures.get(name) ?? []).map(({ cpuMs }) => cpuMs)) / LEARNERS
  for (const { name } of hosts) {
    const all = figures.get(name) ?? []
    const spread = (pick: (one: Figures) => number[]): string => {
      const values = all.flatMap(pick)
      return `${middle(values).toFixed(0)}/${middle(values, 0.95).toFixed(0)} ms`.padStart(16)
    }
    const ratio = perLearner('node/git') / perLearner(name)
    console.log(
      name.padEnd(30),
      `${perLearner(name).toFixed(1)} ms`.padStart(12),
      ratio.toFixed(2).padStart(5),
      `${middle(all.map(({ wallMs }) => wallMs)).toFixed(0)} ms`.padStart(9),
      spread(({ cloneMs }) => cloneMs),
      spread(({ pushMs }) => pushMs)
    )
  }
} finally {
  for (const { group } of hosts) await group.end()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
