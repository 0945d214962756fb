/** A push on its way into git, with a git that does what the test says: who stalls, who sends too much, and a git that does not come to an end. */
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import type { GitProgram } from '../../../node/git/git-program.ts'
import { SMALL_PUSH_BYTES, STALL_BYTES, STALL_TIMEOUT_MS, UNPACK_TIMEOUT_MS } from '../../../node/git/limits.ts'
import { type Received, receivePack } from '../../../node/git/push-receiving.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

interface Script {
  /** Otherwise only when it is killed. */
  endsByItself?: boolean
}

class ScriptedPush {
  readonly time = new SimulatedTime()
  killed = false
  readonly turns: number[] = []
  turnsEnded = 0
  received: Received | undefined
  readonly #spans: Uint8Array[] = []
  #wake = (): void => undefined
  #over = false
  readonly done: Promise<void>

  constructor({ endsByItself = true }: Script = {}, mostBytes = Number.POSITIVE_INFINITY) {
    const clock = new SimulatedClock(this.time)
    const [input, output] = [new PassThrough(), new PassThrough()]
    input.resume()
    let end = (_code: number): void => undefined
    const ended = new Promise<{ code: number; errors: string }>((resolve) => {
      end = (code) => {
        output.end('report')
        resolve({ code, errors: '' })
      }
    })
    if (endsByItself) input.once('end', () => end(0))
    const kill = (): void => {
      this.killed = true
      end(137)
    }
    const git: GitProgram = {
      version: '2.39.5',
      run: () => Promise.reject(new Error('not here')),
      start: () => Promise.resolve({ program: { input, output, ended, kill }, done: () => undefined }),
      unpackingTurn: (bytes) => {
        this.turns.push(bytes)
        return Promise.resolve(() => {
          this.turnsEnded++
        })
      }
    }
    const push = {
      folder: '/r',
      head: Buffer.alloc(100),
      body: this.#body(),
      mostBytes,
      signal: new AbortController().signal
    }
    this.done = receivePack({ git, clock }, push, async (finish) => {
      this.received = await finish()
    })
  }

  send(bytes: number): void {
    this.#spans.push(new Uint8Array(bytes))
    this.#wake()
  }

  end(): void {
    this.#over = true
    this.#wake()
  }

  async *#body(): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let span = this.#spans.shift(); span; span = this.#spans.shift()) yield span
      if (this.#over) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  pass(ms: number): Promise<boolean> {
    return this.time.run(this.time.nowMs + ms)
  }
}

it('whoever sends as little as may be is waited for, and one byte less is a connection that stood still', async () => {
  for (const bytes of [STALL_BYTES, STALL_BYTES - 1]) {
    const push = new ScriptedPush()
    await push.pass(0)
    push.send(bytes)
    await push.pass(STALL_TIMEOUT_MS)
    push.send(1_000)
    push.end()
    await push.pass(0)
    await push.done
    expect(push.received?.failed).toBe(bytes === STALL_BYTES ? undefined : 'the connection stood still')
    // Nothing that broke off takes a turn.
    expect(push.turns).toHaveLength(bytes === STALL_BYTES ? 1 : 0)
  }
})

it('a push has as many bytes as there is room for, and not one more', async () => {
  for (const [sent, more] of [
    [5_000, 0],
    [5_000, 1],
    [0, 0],
    [0, 1]
  ] as const) {
    // Its first 100 bytes come with the commands.
    const push = new ScriptedPush({}, 100 + sent - more)
    if (sent > 0) push.send(sent)
    push.end()
    await push.done
    expect(push.received?.failed).toBe(
      more === 0
        ? undefined
        : 'there is room for 0 MB only, in this repository, for its owner, or on the disk of its device'
    )
  }
})

it('a git that does not come to its end is ended after the time for unpacking, and its turn goes to the next one', async () => {
  const push = new ScriptedPush({ endsByItself: false })
  push.send(5_000)
  push.end()
  await push.pass(UNPACK_TIMEOUT_MS - 1)
  expect(push.killed).toBe(false)
  expect(push.turnsEnded).toBe(0)
  await push.pass(1)
  await push.done
  expect(push.killed).toBe(true)
  expect(push.received?.failed).toBe('it takes too long to unpack')
  expect(push.turnsEnded).toBe(1)
})

it('its turn is that of its size', async () => {
  const push = new ScriptedPush()
  push.send(SMALL_PUSH_BYTES)
  push.end()
  await push.done
  expect(push.turns).toEqual([SMALL_PUSH_BYTES + 100])
})
