/** Answers git clients from this device's own repositories. The order of a push is what makes it safe: objects on the disk, ref log entry on the disk, report. */
import { join } from 'node:path'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import type { GitAnswer, GitRequest, GitService, PushRecorder, RefChange, RepositoryId } from '../../protocols/git.ts'
import { isVisibleRef } from '../../protocols/git-names.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { PipedProgram } from '../platform/piped-program.ts'
import './errors.ts'
import type { GitProgram } from './git-program.ts'
import { faultOfModules } from './gitmodules.ts'
import {
  MAX_FETCH_REQUEST_BYTES,
  MAX_PUSH_BYTES,
  MAX_REFS,
  MAX_REPORT_BYTES,
  MAX_REPOSITORY_BYTES,
  STALL_TIMEOUT_MS
} from './limits.ts'
import { type DiskRepositories, drained } from './local-repositories.ts'
import { FLUSH, pktLine } from './pkt-line.ts'
import { acceptedRefs, messages, refusal } from './push-report.ts'
import { type PushRequest, readPushRequest } from './push-request.ts'

export interface LocalServiceComponents {
  git: GitProgram
  disk: Disk
  clock: Clock
  repositories: DiskRepositories
  recorder: PushRecorder
}

export class LocalService implements GitService {
  readonly #components: LocalServiceComponents

  constructor(components: LocalServiceComponents) {
    this.#components = components
  }

  async answer(id: RepositoryId, request: GitRequest, signal: AbortSignal): Promise<GitAnswer> {
    await this.#components.repositories.ensure(id)
    if (request.step === 'advertise') return { body: this.#advertise(id, request, signal) }
    if (request.service === 'git-upload-pack') return { body: this.#upload(id, request, signal) }
    return { body: this.#receive(id, request, signal) }
  }

  async *#advertise(id: RepositoryId, request: GitRequest, signal: AbortSignal): AsyncGenerator<Buffer> {
    const { git, repositories } = this.#components
    const words = [request.service.slice(4), '--stateless-rpc', '--http-backend-info-refs', repositories.folder(id)]
    const { output } = await git.run(words, { signal, protocol: request.protocol })
    // A client of version 2 expects the capabilities without this line.
    if (request.protocol !== 'version=2' || request.service === 'git-receive-pack') {
      yield pktLine(`# service=${request.service}\n`)
      yield FLUSH
    }
    yield output
  }

  async *#upload(id: RepositoryId, request: GitRequest, signal: AbortSignal): AsyncGenerator<Buffer> {
    const { git, repositories } = this.#components
    const words = ['upload-pack', '--stateless-rpc', '--strict', '--timeout=60', repositories.folder(id)]
    const { program, done } = await git.start(words, { signal, serving: true, protocol: request.protocol })
    try {
      const asked = pour(request.body, program, MAX_FETCH_REQUEST_BYTES)
      asked.catch(() => program.kill())
      for await (const bytes of program.output as AsyncIterable<Buffer>) yield bytes
      await asked
      const { code, errors } = await program.ended
      signal.throwIfAborted()
      // git itself has told the client what was wrong, inside the answer.
      if (code !== 0 && code !== 128)
        throw new JoineryError('GIT_FAILED', `upload-pack ended with ${code}: ${errors.trim()}`)
    } finally {
      done()
    }
  }

  async *#receive(id: RepositoryId, request: GitRequest, signal: AbortSignal): AsyncGenerator<Buffer> {
    const { person } = request
    if (person === undefined) throw new JoineryError('INTERNAL', 'a push of nobody')
    const body = request.body[Symbol.asyncIterator]()
    const push = await readPushRequest(body)
    // Git sends a flush alone to find out whether it may push before it sends something long.
    if (!push) return
    const fault = await this.#faultOf(id, push)
    if (fault) {
      await readOff(body)
      yield refusal(push, fault)
      return
    }
    yield await this.#components.repositories.locks.hold(id, () => this.#receiveHeld(id, push, person, body, signal))
  }

  /** Git judges the rest. */
  async #faultOf(id: RepositoryId, push: PushRequest): Promise<((change: RefChange) => string) | undefined> {
    const { repositories } = this.#components
    if (push.changes.some(({ ref }) => !isVisibleRef(ref)))
      return ({ ref }) =>
        isVisibleRef(ref)
          ? 'another branch of this push has a name that is not allowed'
          : 'this name is not allowed here'
    const made = push.changes.filter(({ old }) => old === undefined).length
    if (made > 0 && (await repositories.refs(id)).size + made > MAX_REFS)
      return () => `a repository has at most ${MAX_REFS} branches and tags`
    if (push.changes.some(({ new: now }) => now !== undefined) && (await this.#sizeBytes(id)) > MAX_REPOSITORY_BYTES)
      return () => `the repository is full (${MAX_REPOSITORY_BYTES / 2 ** 20} MB)`
    return undefined
  }

  async #receiveHeld(
    id: RepositoryId,
    push: PushRequest,
    person: string,
    body: AsyncIterator<Uint8Array>,
    signal: AbortSignal
  ): Promise<Buffer> {
    const { disk, repositories, recorder } = this.#components
    const { answer, failed } = await this.#runReceivePack(id, push, body, signal)
    const accepted = acceptedRefs(push, answer) ?? (await this.#changedRefs(id, push))
    const changes = push.changes.filter(({ ref }) => accepted.has(ref))
    if (changes.length === 0) {
      if (failed !== undefined && answer.length === 0) return refusal(push, () => failed)
      return answer
    }
    try {
      await disk.syncDirectory(join(repositories.folder(id), 'objects', 'pack'))
      const tips = changes.flatMap(({ new: now }) => (now === undefined ? [] : [now]))
      const before = changes.flatMap(({ old }) => (old === undefined ? [] : [old]))
      const fault = await faultOfModules(repositories, id, tips, before)
      if (fault !== undefined) throw new JoineryError('PUSH_REFUSED', fault)
      const lines = await recorder.record(id, changes, person)
      return Buffer.concat([messages(push, lines), answer])
    } catch (error) {
      await repositories.revertHeld(id, changes)
      const refused = hasCode(error, 'PUSH_REFUSED')
      if (!refused && !(error instanceof JoineryError)) throw error
      return refusal(push, () => (refused ? error.message : `not saved (${(error as JoineryError).code})`))
    }
  }

  async #runReceivePack(
    id: RepositoryId,
    push: PushRequest,
    body: AsyncIterator<Uint8Array>,
    signal: AbortSignal
  ): Promise<{ answer: Buffer; failed: string | undefined }> {
    const { git, clock, repositories } = this.#components
    // The first message decides the version; a push has only one.
    const { program, done } = await git.start(['receive-pack', '--stateless-rpc', repositories.folder(id)], { signal })
    let stalled = false
    let cancel = (): void => undefined
    const alive = (): void => {
      cancel()
      cancel = clock.after(STALL_TIMEOUT_MS, () => {
        stalled = true
        program.kill()
      })
    }
    alive()
    try {
      const sent = pour(joined(push.head, body, alive), program, MAX_PUSH_BYTES)
      let tooLarge = false
      sent.catch((error: unknown) => {
        tooLarge = hasCode(error, 'TOO_LARGE')
        program.kill()
      })
      const spans: Buffer[] = []
      let bytes = 0
      for await (const span of program.output as AsyncIterable<Buffer>) {
        alive()
        bytes += span.length
        if (bytes > MAX_REPORT_BYTES) program.kill()
        else spans.push(span)
      }
      const { code, errors } = await program.ended
      signal.throwIfAborted()
      const failed = tooLarge
        ? `a push has at most ${MAX_PUSH_BYTES / 2 ** 20} MB`
        : stalled
          ? 'the connection stood still'
          : code !== 0
            ? errors.trim().split('\n').at(-1) || 'git could not take it'
            : undefined
      return { answer: Buffer.concat(spans, bytes > MAX_REPORT_BYTES ? 0 : bytes), failed }
    } finally {
      cancel()
      done()
    }
  }

  /** For clients that want no report. */
  async #changedRefs(id: RepositoryId, push: PushRequest): Promise<ReadonlySet<string>> {
    const refs = await this.#components.repositories.refs(id)
    return new Set(push.changes.filter(({ ref, new: now }) => refs.get(ref) === now).map(({ ref }) => ref))
  }

  async #sizeBytes(id: RepositoryId): Promise<number> {
    const { output } = await this.#components.repositories.run(id, ['count-objects', '-v'])
    let kibibytes = 0
    for (const [, value] of output.toString('utf8').matchAll(/^size(?:-pack)?: (\d+)$/gm)) kibibytes += Number(value)
    return kibibytes * 1024
  }
}

/** @throws JoineryError `TOO_LARGE` */
async function pour(body: AsyncIterable<Uint8Array>, { input }: PipedProgram, mostBytes: number): Promise<void> {
  let bytes = 0
  for await (const span of body) {
    bytes += span.length
    if (bytes > mostBytes) throw new JoineryError('TOO_LARGE', `more than ${mostBytes} bytes`)
    if (!input.write(span)) await drained(input)
  }
  input.end()
}

async function* joined(head: Buffer, rest: AsyncIterator<Uint8Array>, alive: () => void): AsyncGenerator<Uint8Array> {
  yield head
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    alive()
    yield next.value
  }
}

/** A client shows the refusal only when it could send all that it wanted to. */
async function readOff(body: AsyncIterator<Uint8Array>): Promise<void> {
  let bytes = 0
  for (let next = await body.next(); !next.done && bytes <= MAX_PUSH_BYTES; next = await body.next())
    bytes += next.value.length
}
