/** Kill -9 of the device that decides, at each step of a push: what was acknowledged is there, and what was not can be pushed again. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Child, run, runAnyway } from '../kit/child.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const PROGRAM = [process.execPath, join(import.meta.dirname, 'git-room-program.ts')]
const ENVIRONMENT = { GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }

test('a push that was cut off is there whole once its entry is written, and not at all before', async () => {
  using folder = temporaryFolder()
  const [data, mine] = [join(folder.path, 'data'), join(folder.path, 'mine')]
  mkdirSync(data)
  mkdirSync(mine)
  const git = (...words: string[]): string[] => [
    ...['git', '-C', mine, '-c', 'user.name=Ana', '-c', 'user.email=ana@example.org', ...words]
  ]
  const well = async (...words: string[]): Promise<string> =>
    (await run(git(...words), { env: ENVIRONMENT })).stdout.trim()
  await well('init', '-q', '-b', 'main')
  let acknowledged: string[] = []
  for (const [step, isRecorded] of [
    ['before receive-pack', false],
    ['after receive-pack', false],
    ['after the record', true],
    ['before the report', true]
  ] as const) {
    writeFileSync(join(mine, 'guacamole.md'), `${step}\n`)
    await well('add', '.')
    await well('commit', '-qm', step)
    const head = await well('rev-parse', 'HEAD')
    const dying = new Child([...PROGRAM, data, step])
    const [address = ''] = await dying.line(/http:\S+/, 60_000)
    const cut = await runAnyway(git('push', address, 'main'), { env: ENVIRONMENT })
    expect([step, cut.code]).not.toEqual([step, 0])
    expect(await dying.ended).toBe('SIGKILL')

    const back = new Child([...PROGRAM, data])
    try {
      const [again = ''] = await back.line(/http:\S+/, 60_000)
      const shown = (await well('ls-remote', again, 'refs/heads/main')).slice(0, 40)
      expect([step, shown]).toEqual([step, isRecorded ? head : (acknowledged.at(-1) ?? '')])
      await well('push', again, 'main')
      expect((await well('ls-remote', again, 'refs/heads/*')).slice(0, 40)).toBe(head)
      acknowledged = [...acknowledged, head]
      const copy = join(folder.path, `copy-${acknowledged.length}`)
      await well('clone', '-q', again, copy)
      const history = (await run(['git', '-C', copy, 'rev-list', 'main'], { env: ENVIRONMENT })).stdout
        .trim()
        .split('\n')
      expect(history).toEqual([...acknowledged].reverse())
    } finally {
      await back.signal('SIGKILL')
    }
  }
})
