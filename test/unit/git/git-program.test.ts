/** How many gits run at once and for how long. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findGit } from '../../../node/git/git-program.ts'
import {
  MAX_OUTPUT_BYTES,
  MAX_WAITING,
  SMALL_PUSH_BYTES,
  UNPACKING_AT_ONCE,
  UNPACKING_SMALL_AT_ONCE
} from '../../../node/git/limits.ts'
import { Places } from '../../../node/git/places.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const open = Symbol('open')
  return (await Promise.race([promise, new Promise((resolve) => setImmediate(() => resolve(open)))])) !== open
}

describe('places', () => {
  it('are given in order, each once, and a queue has an end', async () => {
    const places = new Places(1)
    const give = await places.take()
    const waiting = Array.from({ length: MAX_WAITING }, () => places.take())
    await expect(places.take()).rejects.toMatchObject({ code: 'GIT_BUSY' })
    expect(await settled(Promise.race(waiting))).toBe(false)
    give()
    give()
    const next = await waiting[0]
    expect(await settled(Promise.race(waiting.slice(1)))).toBe(false)
    next?.()
    expect(await settled(waiting[1] ?? Promise.reject(new Error('none')))).toBe(true)
  })

  it('whoever stops waiting leaves the queue, and a place that comes free goes to the one behind', async () => {
    const places = new Places(1)
    const give = await places.take()
    const gone = new AbortController()
    const first = places.take(gone.signal)
    const second = places.take()
    gone.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    give()
    await second
  })
})

describe('a git', () => {
  it('that hangs is ended after its time', async () => {
    using folder = temporaryFolder()
    const fifo = join(folder.path, 'fifo')
    execFileSync('/usr/bin/mkfifo', [fifo])
    const git = await findGit(systemClock)
    await expect(git.run(['hash-object', '--no-filters', fifo], { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'GIT_TIMED_OUT'
    })
  })

  it('prints as much as was allowed, and not one byte more', async () => {
    const git = await findGit(systemClock)
    const { output } = await git.run(['version'])
    expect((await git.run(['version'], { maxOutputBytes: output.length })).output.equals(output)).toBe(true)
    await expect(git.run(['version'], { maxOutputBytes: output.length - 1 })).rejects.toThrow('printed too much')
    expect(output.length).toBeLessThan(MAX_OUTPUT_BYTES)
  })

  it('has turns to unpack for small pushes beside those for great ones', async () => {
    const git = await findGit(systemClock)
    for (const [bytes, turns] of [
      [SMALL_PUSH_BYTES, UNPACKING_SMALL_AT_ONCE],
      [SMALL_PUSH_BYTES + 1, UNPACKING_AT_ONCE]
    ] as const) {
      const taken = await Promise.all(Array.from({ length: turns }, () => git.unpackingTurn(bytes)))
      const more = git.unpackingTurn(bytes)
      expect(await settled(more)).toBe(false)
      taken[0]?.()
      await more
    }
  })
})
