/**
 * Pushes that were reported as done are there after a power cut and after kill -9 at each step of the write path; those that were not leave nothing that
 * anybody sees. 4 cuts (JOINERY_LONG: 100).
 */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startGitHost } from '../integration/git-local-host.ts'
import { Child, run, runAnyway } from '../kit/child.ts'
import { LoopImage } from '../kit/loop-image.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'

const CUTS = process.env.JOINERY_LONG ? 100 : 4
const REPOSITORIES = 3
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
const random = seededRandom(seed)
const program = join(import.meta.dirname, '../integration/git-local-host.ts')
const pass = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

function environment(folder: TemporaryFolder): NodeJS.ProcessEnv {
  const who = { GIT_AUTHOR_NAME: 'Ana', GIT_AUTHOR_EMAIL: 'a@example.org' }
  const committer = { GIT_COMMITTER_NAME: 'Ana', GIT_COMMITTER_EMAIL: 'a@example.org' }
  return { HOME: folder.path, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', ...who, ...committer }
}

class Learner {
  readonly work: string
  readonly #env: NodeJS.ProcessEnv
  #commits = 0

  constructor(folder: TemporaryFolder) {
    this.work = join(folder.path, 'work')
    this.#env = environment(folder)
  }

  async git(...words: string[]): Promise<string> {
    return (await run(['git', ...words], { cwd: join(this.work, '..'), env: this.#env })).stdout.trim()
  }

  async commit(): Promise<string> {
    if (this.#commits++ === 0) await this.git('init', '-q', '-b', 'main', this.work)
    writeFileSync(join(this.work, `f${this.#commits}.txt`), `${this.#commits} ${seed}\n`)
    await this.git('-C', this.work, 'add', '.')
    await this.git('-C', this.work, 'commit', '-q', '-m', `commit ${this.#commits}`)
    return await this.git('-C', this.work, 'rev-parse', 'HEAD')
  }

  /** @returns whether git says that it was done */
  async push(port: number, name: string): Promise<boolean> {
    const to = `http://ana:code-ana@127.0.0.1:${port}/ana/${name}.git`
    const { code } = await runAnyway(['git', '-C', this.work, 'push', '-q', to, 'main'], { env: this.#env })
    return code === 0
  }
}

async function started(folder: string, ...words: string[]): Promise<{ host: Child; port: number }> {
  const host = new Child([process.execPath, program, folder, ...words])
  await host.line(/^port \d+$/)
  return { host, port: Number(host.lines.find((line) => line.startsWith('port '))?.slice(5)) }
}

/** What a device that starts with this folder shows on `main` of its repositories; nothing is left of half pushes, and objects are whole. */
async function shownAfterStart(folder: string, ...names: string[]): Promise<(string | undefined)[]> {
  const host = await startGitHost(folder)
  try {
    return await Promise.all(
      names.map(async (name) => {
        const found = host.directory.all().find((one) => one.name === name)
        if (!found) return undefined
        const bare = host.repositories.folder(found.id)
        await run(['git', '--git-dir', bare, 'fsck', '--full', '--connectivity-only'])
        const left = readdirSync(bare, { recursive: true, encoding: 'utf8' })
        expect(left.filter((path) => /\.lock$|tmp_|incoming/.test(path))).toEqual([])
        return (await host.repositories.refs(found.id)).get('refs/heads/main')
      })
    )
  } finally {
    await host.stop()
  }
}

test('a power cut loses no push that was reported', { timeout: CUTS * 150_000 }, async () => {
  using folder = temporaryFolder()
  await using image = await LoopImage.make(512)
  const data = join(image.path, 'data')
  const { host, port } = await started(data)
  const learner = new Learner(folder)
  const reported: string[] = []
  let over = false
  // One repository after the other is made and pushed to again and again, while the power fails.
  const pushing = (async () => {
    for (let at = 0; !over; at++) {
      const tip = await learner.commit()
      if (await learner.push(port, `r${at % REPOSITORIES}`)) reported[at % REPOSITORIES] = tip
    }
  })()
  try {
    await expect.poll(() => reported.length).toBeGreaterThan(0)
    for (let cut = 0; cut < CUTS; cut++) {
      await pass(20 + random.below(250))
      host.process.kill('SIGSTOP')
      // A learner who reads the report just now may have it a moment later: that push may be there, the ones before must be.
      const before = [...reported]
      await using copy = await image.cutPower()
      host.process.kill('SIGCONT')
      const names = before.map((_tip, at) => `r${at}`)
      const shown = await shownAfterStart(join(copy.path, 'data'), ...names)
      for (const [at, tip] of before.entries()) {
        if (tip === undefined) continue
        const there = shown[at] ?? 'nothing'
        const { code } = await runAnyway(['git', '-C', learner.work, 'merge-base', '--is-ancestor', tip, there])
        expect(code, `cut ${cut}, r${at} shows ${there}, seed ${seed}`).toBe(0)
      }
    }
    expect(host.over, host.output()).toBe(false)
  } finally {
    over = true
    await pushing
    await host.signal('SIGKILL')
  }
})

test.each([
  ['before the ref log has it: nothing of it is seen', 'before'],
  ['after the ref log has it: it is there, although nobody was told', 'after']
])('kill -9 %s', async (_rule, step) => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  const learner = new Learner(folder)
  const first = await learner.commit()
  {
    const { host, port } = await started(data)
    expect(await learner.push(port, 'r0')).toBe(true)
    await host.signal('SIGKILL')
  }
  const { port } = await started(data, 'crash', step)
  const second = await learner.commit()
  expect(await learner.push(port, 'r0')).toBe(false)
  expect(await shownAfterStart(data, 'r0')).toEqual([step === 'before' ? first : second])
  // The learner pushes again, and all is well.
  const { host, port: again } = await started(data)
  expect(await learner.push(again, 'r0')).toBe(true)
  await host.signal('SIGKILL')
  expect(await shownAfterStart(data, 'r0')).toEqual([second])
})

test('kill -9 at any moment of a push: all or nothing, and what a killed git left is swept', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  const learner = new Learner(folder)
  let last: string | undefined
  for (let kill = 0; kill < 3; kill++) {
    const { host, port } = await started(data)
    const tip = await learner.commit()
    const pushed = learner.push(port, 'r0')
    await pass(random.below(200))
    await host.signal('SIGKILL')
    const done = await pushed
    const [shown] = await shownAfterStart(data, 'r0')
    expect(done ? [tip] : [tip, last], `kill ${kill}, seed ${seed}`).toContain(shown)
    last = shown
  }
  const { host, port } = await started(data)
  expect(await learner.push(port, 'r0')).toBe(true)
  await host.signal('SIGKILL')
})
