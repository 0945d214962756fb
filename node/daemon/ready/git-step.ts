/** Clone, commit, push, and a second clone that has it, with the system's git, as a learner does. */
import { join } from 'node:path'
import { JoineryError } from '../../../protocols/errors.ts'
import { startProgram } from '../../platform/child-program.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'

const GIT_MS = 60_000
const MAX_LINES = 20

export interface GitStepInit {
  /** Of the repository, without credentials. */
  address: string
  name: string
  code: string
  /** An empty folder of our own. */
  folder: string
  /** Goes into the commit. */
  line: string
  signal: AbortSignal
}

/** @throws JoineryError with what git said last */
export async function tryGit({ clock, disk }: { clock: Clock; disk: Disk }, init: GitStepInit): Promise<void> {
  const { address, name, code, folder, line, signal } = init
  const first = join(folder, 'first')
  const second = join(folder, 'second')
  await disk.makeDirectory(folder)
  // In the environment, where other users of the device cannot read it, unlike in the words of a command.
  const basic = Buffer.from(`${name}:${code}`).toString('base64')
  const environment = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: folder,
    LC_ALL: 'C.UTF-8',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: `${name}@room.invalid`,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: `${name}@room.invalid`,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`
  }
  const git = async (...words: string[]): Promise<void> => {
    const child = startProgram('git', words, { environment })
    const said: string[] = []
    child.onLine((text) => {
      said.push(text)
      if (said.length > MAX_LINES) said.shift()
    })
    const stop = (): void => child.kill('SIGKILL')
    const cancel = clock.after(GIT_MS, stop)
    signal.addEventListener('abort', stop, { once: true })
    try {
      const exit = await child.ended
      const last = said.findLast((text) => text.trim() !== '')
      if (exit !== 0) throw new JoineryError('CLOSED', `git ${words[0]} failed: ${last ?? `exit ${exit}`}`)
    } finally {
      cancel()
      signal.removeEventListener('abort', stop)
    }
  }
  await git('clone', '--quiet', address, first)
  await disk.makeDirectory(first)
  const file = await disk.open(join(first, 'ready.txt'), 'create')
  try {
    await file.write(Buffer.from(`${line}\n`), 0)
  } finally {
    await file.close()
  }
  await git('-C', first, 'add', 'ready.txt')
  await git('-C', first, 'commit', '--quiet', '--message', line)
  await git('-C', first, 'push', '--quiet', 'origin', 'HEAD:refs/heads/main')
  await git('clone', '--quiet', '--branch', 'main', address, second)
  const found = (await disk.list(second)).some((entry) => entry.name === 'ready.txt')
  if (!found) throw new JoineryError('NOT_FOUND', 'what was pushed is not in a new clone')
}
