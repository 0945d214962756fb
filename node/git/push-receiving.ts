/**
 * One push on its way into git. Its bytes go to receive-pack as they come, except the end of the pack: without that git can do nothing, so that
 * whoever sends slowly holds neither the lock of the repository nor the turn to unpack.
 */
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import { drained } from '../platform/back-pressure.ts'
import type { Clock } from '../platform/clock.ts'
import type { GitProgram, StartedGit } from './git-program.ts'
import { MAX_PUSH_BYTES, MAX_REPORT_BYTES, STALL_BYTES, STALL_TIMEOUT_MS, UNPACK_TIMEOUT_MS } from './limits.ts'

export interface IncomingPush {
  /** Of the bare repository. */
  folder: string
  /** The commands, and perhaps the beginning of the pack. */
  head: Buffer
  body: AsyncIterator<Uint8Array>
  mostBytes: number
  signal: AbortSignal
}

export interface Received {
  /** receive-pack's own words for the client; empty when it said nothing whole. */
  answer: Buffer
  /** In words, when it did not end well. */
  failed: string | undefined
}

/** A pack ends with a checksum of so many bytes: one that lacks it cannot be used. */
const HELD_BYTES = 20
/** Taking away half a pack needs no longer. */
const END_TIMEOUT_MS = 10_000

/**
 * @param held called once everything has been sent, or the push has broken off; `finish` lets git go on and waits for its end
 * @throws JoineryError `GIT_BUSY`; the signal's reason
 */
export async function receivePack(
  { git, clock }: { git: GitProgram; clock: Clock },
  { folder, head, body, mostBytes, signal }: IncomingPush,
  held: (finish: () => Promise<Received>) => Promise<void>
): Promise<void> {
  let started: StartedGit | undefined
  let reading: Promise<Buffer | undefined> | undefined
  const start = async (): Promise<StartedGit> => {
    started = await git.start(['receive-pack', '--stateless-rpc', folder], { for: 'receiving' })
    reading = readReport(started)
    // A push that breaks off has nobody who waits for it.
    reading.catch(() => undefined)
    return started
  }
  // Without the end of the pack git refuses it and takes away what it has; killed, it would leave that.
  const breakOff = (): void => void started?.program.input.end()
  signal.addEventListener('abort', breakOff)
  try {
    const pace = new Pace(clock)
    let broken: string | undefined
    let rest: Buffer = head
    let bytes = head.length
    try {
      if (bytes > mostBytes) throw tooLarge(mostBytes)
      for (let next = await body.next(); !next.done; next = await body.next()) {
        bytes += next.value.length
        if (bytes > mostBytes) throw tooLarge(mostBytes)
        if (pace.isStalled) throw new JoineryError('TIMED_OUT', 'the connection stood still')
        pace.note(next.value.length)
        if (next.value.length < HELD_BYTES) {
          rest = Buffer.concat([rest, next.value])
          if (rest.length < 64 * 1024) continue
        }
        const { input } = (started ?? (await start())).program
        const now = next.value.length < HELD_BYTES ? rest.subarray(0, rest.length - HELD_BYTES) : rest
        rest = next.value.length < HELD_BYTES ? rest.subarray(rest.length - HELD_BYTES) : Buffer.from(next.value)
        if (!input.write(now)) await drained(input)
      }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof JoineryError)) throw error
      broken = error.message
      if (hasCode(error, 'TOO_LARGE')) await readOff(body)
    } finally {
      pace.end()
    }
    await held(async () => {
      if (broken !== undefined) return { answer: Buffer.alloc(0), failed: broken }
      return await finish(rest, bytes)
    })
  } finally {
    signal.removeEventListener('abort', breakOff)
    if (started) await end(started, clock)
  }

  async function finish(rest: Buffer, bytes: number): Promise<Received> {
    const endTurn = await git.unpackingTurn(bytes, signal)
    signal.throwIfAborted()
    // From here on it is stored, whether the learner waits for the answer or not.
    signal.removeEventListener('abort', breakOff)
    let late = false
    let cancel = (): void => undefined
    try {
      const { program } = started ?? (await start())
      cancel = clock.after(UNPACK_TIMEOUT_MS, () => {
        late = true
        program.kill()
      })
      program.input.end(rest)
      const answer = await reading
      const { code, errors } = await program.ended
      if (late) return { answer: Buffer.alloc(0), failed: 'it takes too long to unpack' }
      const failed = code === 0 ? undefined : errors.trim().split('\n').at(-1) || 'git could not take it'
      return { answer: answer ?? Buffer.alloc(0), failed }
    } finally {
      cancel()
      endTurn()
    }
  }
}

function tooLarge(mostBytes: number): JoineryError {
  const megabytes = Math.floor(mostBytes / 2 ** 20)
  return new JoineryError(
    'TOO_LARGE',
    mostBytes === MAX_PUSH_BYTES
      ? `a push has at most ${megabytes} MB`
      : `there is room for ${megabytes} MB only, in this repository, for its owner, or on the disk of its device`
  )
}

/** @returns undefined when it is longer than any honest one */
async function readReport({ program }: StartedGit): Promise<Buffer | undefined> {
  const spans: Buffer[] = []
  let bytes = 0
  for await (const span of program.output as AsyncIterable<Buffer>) {
    bytes += span.length
    if (bytes <= MAX_REPORT_BYTES) spans.push(span)
    else program.kill()
  }
  return bytes <= MAX_REPORT_BYTES ? Buffer.concat(spans, bytes) : undefined
}

/** One that was broken off ends by itself. */
async function end({ program, done }: StartedGit, clock: Clock): Promise<void> {
  program.input.end()
  const cancel = clock.after(END_TIMEOUT_MS, done)
  try {
    await program.ended
  } finally {
    cancel()
    done()
  }
}

/** Whoever sends next to nothing only holds a place. */
class Pace {
  isStalled = false
  readonly #clock: Clock
  #bytes = 0
  #cancel: () => void = () => undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#watch()
  }

  note(bytes: number): void {
    this.#bytes += bytes
  }

  end(): void {
    this.#cancel()
  }

  #watch(): void {
    this.#cancel = this.#clock.after(STALL_TIMEOUT_MS, () => {
      if (this.#bytes < STALL_BYTES) {
        this.isStalled = true
        return
      }
      this.#bytes = 0
      this.#watch()
    })
  }
}

/** A client shows the refusal only when it could send all that it wanted to. */
export async function readOff(body: AsyncIterator<Uint8Array>): Promise<void> {
  let bytes = 0
  for (let next = await body.next(); !next.done && bytes <= MAX_PUSH_BYTES; next = await body.next())
    bytes += next.value.length
}
