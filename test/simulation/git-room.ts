/**
 * A class that pushes and pulls on devices that part, die and meet again. Rules: what was acknowledged is on every device in the end, in a branch
 * or kept; all devices show the same; "saved" without a warning means that a second device has it at that moment.
 */
import type { GitRequest, ObjectId, RefChange, RefName, RepositoryId } from '../../protocols/git.ts'
import { type SeededRandom, seededRandom } from '../kit/seeded-random.ts'
import { SimulatedTime } from '../kit/simulated-clock.ts'
import { type NetworkFaults, SimulatedNetwork } from '../kit/simulated-network.ts'
import { GitDevice } from './git-device.ts'
import { commitId, type FetchReport, historyOf, type PushMessage, type PushReport, textOf, tidy } from './git-graph.ts'

const PERSON = 'ab'.repeat(16)
/** Retries pause at most half a minute, a home is missed for ten seconds. */
const CONVERGENCE_MS = 120_000
/** 40 looks of half a second, each with what a silent device costs. */
const PUSH_MS = 400_000

export class GitRoom {
  readonly time = new SimulatedTime()
  readonly random: SeededRandom
  readonly network: SimulatedNetwork
  readonly devices: GitDevice[] = []
  readonly repositories: RepositoryId[] = []
  readonly #acknowledged: { repository: RepositoryId; object: ObjectId; at: string }[] = []
  readonly #problems: string[] = []
  /** Pushes and pulls without an end, by what they are and when they began. */
  readonly #open = new Map<symbol, { what: string; sinceMs: number; device: GitDevice; life: unknown }>()
  refused = 0
  localPushes = 0
  #commits = 0

  constructor(seed: number, init: { devices: number; network: Partial<NetworkFaults>; diskLatencyMs: number }) {
    this.random = seededRandom(seed)
    this.network = new SimulatedNetwork({ time: this.time, random: this.random.fork() }, init.network)
    for (let at = 0; at < init.devices; at++) {
      const components = { time: this.time, network: this.network, random: this.random.fork() }
      const members = (): string[] => this.devices.map(({ id }) => id)
      const latency = { diskLatencyMs: this.random.fraction() * init.diskLatencyMs }
      this.devices.push(new GitDevice(components, { name: `pi-${at + 1}`, ...latency, members }))
    }
  }

  get acknowledged(): number {
    return this.#acknowledged.length
  }

  async run(durationMs: number): Promise<void> {
    await this.time.run(this.time.nowMs + durationMs)
    this.check()
  }

  start(device: GitDevice): void {
    this.#watch(`${device.name} starts`, device.start())
  }

  async startAll(): Promise<void> {
    for (const device of this.devices) if (!device.isOn) this.start(device)
    const started = (): boolean => this.devices.every(({ life }) => life !== undefined)
    if (!(await this.time.run(this.time.nowMs + 60_000, started))) throw new Error('not all devices have started')
  }

  make(device: GitDevice, name: string): void {
    const { agreement } = device.life ?? {}
    if (!agreement) return
    const made = agreement.directory.create(PERSON, name).then(({ id }) => void this.repositories.push(id))
    this.#watch(`${device.name} makes ${name}`, made)
  }

  /** Pull, change something, push. @param change draws what to push from what the learner sees */
  work(device: GitDevice, id: RepositoryId, change: (seen: Seen) => PushMessage | undefined): void {
    const { agreement } = device.life ?? {}
    if (!agreement) return
    const done = this.#begin(`${device.name} works on ${id.slice(0, 4)}`, device)
    const learner = new AbortController()
    const asked = { person: PERSON, step: 'run' } as const
    const ask = async (request: GitRequest): Promise<string> =>
      await textOf((await agreement.answer(id, request, learner.signal)).body)
    const work = async (): Promise<void> => {
      const pulled = await ask({ ...asked, service: 'git-upload-pack', body: bodyOf('') })
      const seen = new Seen(JSON.parse(pulled) as FetchReport, () => `change ${this.#commits++}`)
      const push = change(seen)
      if (!push) return
      const report = JSON.parse(
        await ask({ ...asked, service: 'git-receive-pack', body: bodyOf(JSON.stringify(push)) })
      )
      this.#acknowledge(device, id, push, report as PushReport)
    }
    this.#watch(
      `${device.name} works`,
      // A refusal or an end in the middle is told to the learner, who tries again.
      work()
        .catch((error: unknown) => {
          if (error instanceof SyntaxError || (error as { code?: string }).code !== undefined) this.refused++
          else throw error
        })
        .finally(done)
    )
  }

  check(): void {
    if (this.#problems.length > 0) throw new Error(this.#problems.join('\n'))
    for (const { what, sinceMs, device, life } of this.#open.values())
      if (device.life === life && this.time.nowMs - sinceMs > PUSH_MS) throw new Error(`${what}: no end`)
  }

  /** Faults are over: everybody comes back, and within bounded time everybody has everything. */
  async converge(): Promise<void> {
    this.network.faults = {
      ...this.network.faults,
      breakRate: 0,
      duplicateRate: 0,
      delayMs: [1, 10],
      noticeMs: [10, 500]
    }
    this.network.healAll()
    await this.startAll()
    // Pushes that are under way end first.
    const idle = (): boolean => [...this.#open.values()].every(({ device, life }) => device.life !== life)
    await this.time.run(this.time.nowMs + PUSH_MS, idle)
    let nextLookMs = 0
    const done = await this.time.run(this.time.nowMs + CONVERGENCE_MS, () => {
      if (this.time.nowMs < nextLookMs) return false
      nextLookMs = this.time.nowMs + 250
      return this.differences().length === 0
    })
    this.check()
    if (!done) throw new Error(`not equal ${CONVERGENCE_MS} ms after the last fault:\n${this.differences().join('\n')}`)
    for (const { disk } of this.devices) for (const stored of disk.values()) tidy(stored)
    for (const { repository, object, at } of this.#acknowledged) {
      for (const { name, disk } of this.devices) {
        const commits = disk.get(repository)?.commits
        if (!commits?.has(object)) throw new Error(`${name} does not have ${object.slice(0, 7)}, acknowledged ${at}`)
      }
    }
  }

  differences(): string[] {
    const found: string[] = []
    const roots = this.devices.map(({ life }) => life && Buffer.from(life.journal.exchange.root()).toString('hex'))
    if (new Set(roots).size > 1) found.push('journals differ')
    for (const id of this.repositories) {
      let first: string | undefined
      for (const { name, life, disk } of this.devices) {
        const refs = life?.agreement.directory.refs(id) ?? new Map()
        const said = textOfRefs(refs)
        first ??= said
        if (said !== first) found.push(`${name} folds ${said} instead of ${first}`)
        const shown = textOfRefs(disk.get(id)?.refs ?? new Map())
        if (shown !== said) found.push(`${name} shows ${shown} instead of ${said}`)
        if (life && life.agreement.lacking > 0) found.push(`${name} lacks something`)
      }
    }
    return found
  }

  #acknowledge(device: GitDevice, repository: RepositoryId, push: PushMessage, report: PushReport): void {
    if (report.refused !== undefined) {
      this.refused++
      return
    }
    const warned = report.lines.some((line) => line.includes('this device only'))
    if (report.lines.some((line) => line.includes('this side only'))) this.localPushes++
    for (const { ref, old, new: now } of push.changes) {
      // What a push replaced was seen by the learner, and must not go either.
      for (const object of [old, now]) {
        if (!object) continue
        const at = `through ${device.name}, ${this.time.nowMs} ms, ${ref}`
        this.#acknowledged.push({ repository, object, at })
        const holders = this.devices.filter(({ disk }) => disk.get(repository)?.commits.has(object))
        const least = warned || object !== now || old === now ? 1 : 2
        if (holders.length < least) this.#problems.push(`${at}: ${holders.length} copies when acknowledged`)
      }
    }
  }

  #begin(what: string, device: GitDevice): () => void {
    const key = Symbol(what)
    this.#open.set(key, { what, sinceMs: this.time.nowMs, device, life: device.life })
    return () => this.#open.delete(key)
  }

  #watch(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if ((error as { code?: string }).code === 'REPOSITORY_NAME_TAKEN') return
      this.#problems.push(`${what}: ${error instanceof Error ? error.stack : error}`)
    })
  }
}

/** What a learner has after a pull. */
export class Seen {
  readonly refs: ReadonlyMap<RefName, ObjectId>
  readonly #commits: Map<ObjectId, readonly ObjectId[]>
  readonly #text: () => string

  constructor({ refs, commits }: FetchReport, text: () => string) {
    this.refs = new Map(refs)
    this.#commits = new Map(commits)
    this.#text = text
  }

  commit(parents: readonly ObjectId[]): ObjectId {
    const id = commitId(parents, this.#text())
    this.#commits.set(id, parents)
    return id
  }

  push(changes: RefChange[], force = false): PushMessage {
    const tips = changes.flatMap(({ new: now }) => (now === undefined ? [] : [now]))
    const sent = [...historyOf(this.#commits, tips)]
    return { changes, commits: sent.map((one) => [one, this.#commits.get(one) ?? []]), force }
  }
}

function textOfRefs(refs: ReadonlyMap<RefName, ObjectId>): string {
  return [...refs]
    .map(([ref, object]) => `${ref.replace('refs/', '')}=${object.slice(0, 7)}`)
    .sort()
    .join(' ')
}

async function* bodyOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
