/** Answers git clients from this device's own repositories. The order of a push is what makes it safe: objects on the disk, ref log entry on the disk, report. */
import type { Writable } from 'node:stream'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import type { GitAnswer, GitRequest, GitService, PushRecorder, RefChange, RepositoryId } from '../../protocols/git.ts'
import { isVisibleRef } from '../../protocols/git-names.ts'
import type { PersonId } from '../../protocols/people.ts'
import { drained } from '../platform/back-pressure.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import { capabilitiesOf, type ListRequest, listAnswer, readListRequest, receiveAdvertisement } from './advertisement.ts'
import './errors.ts'
import type { GitProgram } from './git-program.ts'
import {
  MAX_FETCH_REQUEST_BYTES,
  MAX_LIST_REQUEST_BYTES,
  MAX_OWNER_BYTES,
  MAX_PUSH_BYTES,
  MAX_REFS,
  MAX_REPOSITORY_BYTES,
  RECEIVING_OF_ONE_PERSON,
  RESERVED_DISK_BYTES
} from './limits.ts'
import type { DiskRepositories } from './local-repositories.ts'
import { FLUSH, pktLine } from './pkt-line.ts'
import { Places } from './places.ts'
import { type Received, readOff, receivePack } from './push-receiving.ts'
import { acceptedRefs, messages, refusal } from './push-report.ts'
import { type PushRequest, readPushRequest } from './push-request.ts'

export interface LocalServiceComponents {
  git: GitProgram
  disk: Disk
  clock: Clock
  repositories: DiskRepositories
  recorder: PushRecorder
  /** The other repositories of the same owner; absent: each is counted alone. */
  besides?(id: RepositoryId): readonly RepositoryId[]
}

export class LocalService implements GitService {
  readonly #components: LocalServiceComponents
  /** Pushes under way. */
  readonly #pushing = new Map<PersonId, { places: Places; pushes: number }>()
  /** What git says that it can do: the same for all repositories. */
  readonly #capabilities: { fetch?: Buffer; receive?: string } = {}

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
    const isVersion2 = request.protocol === 'version=2'
    // A client of version 2 expects the capabilities without this line.
    if (!isVersion2 || request.service === 'git-receive-pack') {
      yield pktLine(`# service=${request.service}\n`)
      yield FLUSH
    }
    yield (await this.#knownAdvertisement(id, request)) ?? (await this.#askAdvertisement(id, request, signal))
  }

  async #knownAdvertisement(id: RepositoryId, request: GitRequest): Promise<Buffer | undefined> {
    const { fetch, receive } = this.#capabilities
    if (request.service === 'git-upload-pack') return request.protocol === 'version=2' ? fetch : undefined
    if (receive === undefined || request.protocol === 'version=1') return undefined
    return receiveAdvertisement(await this.#components.repositories.knownRefs(id), receive)
  }

  async #askAdvertisement(id: RepositoryId, request: GitRequest, signal: AbortSignal): Promise<Buffer> {
    const { git, repositories } = this.#components
    const { service, protocol } = request
    const words = [service.slice(4), '--stateless-rpc', '--http-backend-info-refs', repositories.folder(id)]
    const { output } = await git.run(words, { signal, protocol })
    if (service === 'git-upload-pack' && protocol === 'version=2') this.#capabilities.fetch = output
    const told = service === 'git-receive-pack' && protocol !== 'version=1' ? capabilitiesOf(output) : undefined
    if (told !== undefined) this.#capabilities.receive = told
    return output
  }

  async *#upload(id: RepositoryId, request: GitRequest, signal: AbortSignal): AsyncGenerator<Buffer> {
    const { git, repositories } = this.#components
    const { list, body } = await listRequestOf(request)
    if (list) {
      yield listAnswer(await repositories.knownRefs(id), list)
      return
    }
    const words = ['upload-pack', '--stateless-rpc', '--strict', '--timeout=60', repositories.folder(id)]
    const { program, done } = await git.start(words, { signal, for: 'serving', protocol: request.protocol })
    try {
      const asked = pour(body, program.input)
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
    const leave = await this.#enter(person, signal)
    try {
      const room = await this.#roomFor(id, push)
      if ('fault' in room) {
        await readOff(body)
        yield refusal(push, room.fault)
        return
      }
      yield await this.#store(id, push, person, { body, mostBytes: room.bytes, signal })
    } finally {
      leave()
    }
  }

  /** Further pushes of one person wait, before anything of them is stored. */
  async #enter(person: PersonId, signal: AbortSignal): Promise<() => void> {
    const own = this.#pushing.get(person) ?? { places: new Places(RECEIVING_OF_ONE_PERSON), pushes: 0 }
    this.#pushing.set(person, own)
    own.pushes++
    const leave = (): void => {
      own.pushes--
      if (own.pushes === 0) this.#pushing.delete(person)
    }
    try {
      const giveBack = await own.places.take(signal)
      return () => {
        giveBack()
        leave()
      }
    } catch (error) {
      leave()
      throw error
    }
  }

  /** How much the push may bring, or why it may not at all. Git judges the rest. */
  async #roomFor(
    id: RepositoryId,
    push: PushRequest
  ): Promise<{ bytes: number } | { fault: (change: RefChange) => string }> {
    const { repositories, besides = () => [] } = this.#components
    if (push.changes.some(({ ref }) => !isVisibleRef(ref)))
      return {
        fault: ({ ref }) =>
          isVisibleRef(ref)
            ? 'another branch of this push has a name that is not allowed'
            : 'this name is not allowed here'
      }
    const made = push.changes.filter(({ old }) => old === undefined).length
    if (made > 0 && (await repositories.knownRefs(id)).size + made > MAX_REFS)
      return { fault: () => `a repository has at most ${MAX_REFS} branches and tags` }
    if (push.changes.every(({ new: now }) => now === undefined)) return { bytes: MAX_PUSH_BYTES }
    const own = (await repositories.size(id)).bytes
    if (own >= MAX_REPOSITORY_BYTES)
      return { fault: () => `the repository is full (${MAX_REPOSITORY_BYTES / 2 ** 20} MB)` }
    let ofOwner = own
    for (const other of besides(id))
      if (await repositories.isHere(other)) ofOwner += (await repositories.size(other)).bytes
    if (ofOwner >= MAX_OWNER_BYTES)
      return { fault: () => `all repositories of this person together are full (${MAX_OWNER_BYTES / 2 ** 30} GB)` }
    const left = Math.min(MAX_REPOSITORY_BYTES - own, MAX_OWNER_BYTES - ofOwner)
    const free = (await repositories.freeBytes()) - RESERVED_DISK_BYTES
    if (free <= 0) return { fault: () => 'the disk of the device that keeps this repository is nearly full' }
    return { bytes: Math.min(MAX_PUSH_BYTES, left, free) }
  }

  async #store(
    id: RepositoryId,
    push: PushRequest,
    person: PersonId,
    { body, mostBytes, signal }: { body: AsyncIterator<Uint8Array>; mostBytes: number; signal: AbortSignal }
  ): Promise<Buffer> {
    const { git, clock, repositories } = this.#components
    let answer: Buffer | undefined
    const folder = repositories.folder(id)
    await repositories.uses.during(id, (noteBroken) =>
      receivePack({ git, clock }, { folder, head: push.head, body, mostBytes, signal }, (finish) =>
        // What changes refs waits for its turn; what comes over somebody's Wi-Fi does not make others wait.
        repositories.locks.hold(id, async () => {
          answer = await this.#storeHeld(id, push, person, async () => {
            const received = await finish()
            if (received.failed !== undefined) noteBroken()
            return received
          })
        })
      )
    )
    return answer ?? refusal(push, () => 'not saved')
  }

  async #storeHeld(
    id: RepositoryId,
    push: PushRequest,
    person: PersonId,
    finish: () => Promise<Received>
  ): Promise<Buffer> {
    const { repositories, recorder } = this.#components
    const before = await repositories.knownRefs(id)
    const { answer, failed } = await finish()
    // Another program may have had its hand in it, or we believe something that is not so any more.
    if (failed !== undefined) repositories.forgetRefs(id)
    const accepted = acceptedRefs(push, answer) ?? (await this.#changedRefs(id, push))
    const changes = push.changes.filter(({ ref }) => accepted.has(ref))
    if (changes.length < push.changes.length) repositories.forgetRefs(id)
    if (changes.length === 0) return failed === undefined ? answer : refusal(push, () => failed)
    try {
      await repositories.syncPacks(id)
      const fault = await repositories.surveyHeld(id, changes, before)
      if (fault !== undefined) throw new JoineryError('PUSH_REFUSED', fault)
      const lines = await recorder.record(id, changes, person)
      repositories.notePushedHeld(id, changes)
      return Buffer.concat([messages(push, lines), answer])
    } catch (error) {
      await repositories.revertHeld(id, changes)
      const refused = hasCode(error, 'PUSH_REFUSED')
      if (!refused && !(error instanceof JoineryError)) throw error
      return refusal(push, () => (refused ? error.message : `not saved (${(error as JoineryError).code})`))
    }
  }

  /** For clients that want no report. */
  async #changedRefs(id: RepositoryId, push: PushRequest): Promise<ReadonlySet<string>> {
    this.#components.repositories.forgetRefs(id)
    const refs = await this.#components.repositories.refs(id)
    return new Set(push.changes.filter(({ ref, new: now }) => refs.get(ref) === now).map(({ ref }) => ref))
  }
}

/** A list of refs is asked for in one small request; everything else is for git. */
async function listRequestOf({
  protocol,
  body
}: GitRequest): Promise<{ list: ListRequest | undefined; body: AsyncIterable<Uint8Array> }> {
  if (protocol !== 'version=2') return { list: undefined, body }
  const spans: Uint8Array[] = []
  let bytes = 0
  const rest = body[Symbol.asyncIterator]()
  let next = await rest.next()
  for (; !next.done && bytes <= MAX_LIST_REQUEST_BYTES; next = await rest.next()) {
    spans.push(next.value)
    bytes += next.value.length
  }
  const head = Buffer.concat(spans, bytes)
  const more = next
  return {
    list: more.done ? readListRequest(head) : undefined,
    body: (async function* () {
      yield head
      for (let one = more; !one.done; one = await rest.next()) yield one.value
    })()
  }
}

/** @throws JoineryError `TOO_LARGE` */
async function pour(body: AsyncIterable<Uint8Array>, input: Writable): Promise<void> {
  let bytes = 0
  for await (const span of body) {
    bytes += span.length
    if (bytes > MAX_FETCH_REQUEST_BYTES)
      throw new JoineryError('TOO_LARGE', `more than ${MAX_FETCH_REQUEST_BYTES} bytes`)
    if (!input.write(span)) await drained(input)
  }
  input.end()
}
