/**
 * Group commit: what was appended and what peers sent goes to the disk in one synced write per tick. Nothing is acknowledged before it.
 * After a failed write nothing is written any more: what a disk did with a failed sync is not known, and trying again may succeed without the data
 * (a file system marks the pages clean).
 */
import { JoineryError } from '../../protocols/errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyValueChange } from '../platform/key-value.ts'
import {
  MAX_UNCOMMITTED_BYTES,
  OWN_COMMIT_MS,
  OWN_COMMIT_SLOW_MS,
  PEER_COMMIT_MS,
  QUICK_SYNC_MS,
  SLOW_SYNC_MS
} from './limits.ts'

export interface CommitJob {
  /** Somebody waits for it, here or at a peer; other batches of peers may wait longer. */
  readonly own: boolean
  readonly sizeBytes: number
  /** What to write; asked for right before the write, in order of the jobs. */
  changes(): KeyValueChange[]
  /** It is on the medium. Must not throw. */
  committed(): void
  failed(error: JoineryError): void
}

export interface CommitterComponents {
  clock: Clock
  write(changes: KeyValueChange[]): Promise<void>
}

export interface CommitterInit {
  /** After `committed` of all jobs of one write. */
  onCommit(): void
  onFailure(error: JoineryError): void
}

/** How long to collect before a write, from how long the last sync took. */
export function commitDelayMs(own: boolean, lastSyncMs: number): number {
  if (lastSyncMs < QUICK_SYNC_MS) return 0
  if (!own) return PEER_COMMIT_MS
  return lastSyncMs > SLOW_SYNC_MS ? OWN_COMMIT_SLOW_MS : OWN_COMMIT_MS
}

export class Committer {
  readonly #components: CommitterComponents
  readonly #init: CommitterInit
  #jobs: CommitJob[] = []
  #bytes = 0
  #writing: Promise<void> | undefined
  #cancelTimer: (() => void) | undefined
  /** When the timer fires; Infinity without one. */
  #dueMs = Infinity
  #lastSyncMs = 0
  #failure: JoineryError | undefined
  #room: (() => void)[] = []

  constructor(components: CommitterComponents, init: CommitterInit) {
    this.#components = components
    this.#init = init
  }

  get failure(): JoineryError | undefined {
    return this.#failure
  }

  get lastSyncMs(): number {
    return this.#lastSyncMs
  }

  /** @throws the failure of an earlier write */
  add(job: CommitJob): void {
    if (this.#failure) throw this.#failure
    this.#jobs.push(job)
    this.#bytes += job.sizeBytes
    this.#schedule()
  }

  /** Resolves once it is on the medium. */
  write(changes: () => KeyValueChange[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.add({ own: true, sizeBytes: 0, changes, committed: resolve, failed: reject })
    })
  }

  /** Takes nothing more; what was added is written first. */
  async stop(): Promise<void> {
    await this.flush()
    this.#failure ??= new JoineryError('STOPPED', 'the journal is closed')
  }

  /** Resolves once less than `MAX_UNCOMMITTED_BYTES` wait. */
  async whenRoom(): Promise<void> {
    while (this.#bytes >= MAX_UNCOMMITTED_BYTES && !this.#failure) {
      await new Promise<void>((resolve) => this.#room.push(resolve))
    }
  }

  /** Resolves once everything that was added is on the medium, or has failed. */
  async flush(): Promise<void> {
    while (this.#jobs.length > 0 || this.#writing !== undefined) {
      if (!this.#writing) this.#begin()
      await this.#writing
    }
  }

  #schedule(): void {
    if (this.#writing || this.#jobs.length === 0) return
    const own = this.#jobs.some((job) => job.own)
    const full = this.#bytes >= MAX_UNCOMMITTED_BYTES
    const delayMs = full ? 0 : commitDelayMs(own, this.#lastSyncMs)
    const dueMs = this.#components.clock.monotonicMs() + delayMs
    if (this.#dueMs <= dueMs) return
    this.#cancelTimer?.()
    this.#dueMs = dueMs
    if (delayMs > 0) this.#cancelTimer = this.#components.clock.after(delayMs, () => this.#begin())
    else {
      this.#cancelTimer = undefined
      // After the callers that run in this turn: one sync for all of them.
      queueMicrotask(() => queueMicrotask(() => this.#begin()))
    }
  }

  #begin(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#dueMs = Infinity
    if (this.#writing || this.#jobs.length === 0) return
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined
      this.#schedule()
    })
  }

  async #write(): Promise<void> {
    const jobs = this.#jobs
    this.#jobs = []
    const bytes = this.#bytes
    try {
      if (this.#failure) throw this.#failure
      const changes = jobs.flatMap((job) => job.changes())
      const startedMs = this.#components.clock.monotonicMs()
      await this.#components.write(changes)
      this.#lastSyncMs = this.#components.clock.monotonicMs() - startedMs
    } catch (cause) {
      const error = this.#failure ?? failureOf(cause)
      if (!this.#failure) {
        this.#failure = error
        this.#init.onFailure(error)
      }
      for (const job of jobs) job.failed(error)
      this.#bytes -= bytes
      this.#wakeWaiting()
      return
    }
    for (const job of jobs) job.committed()
    this.#bytes -= bytes
    this.#wakeWaiting()
    this.#init.onCommit()
  }

  #wakeWaiting(): void {
    const waiting = this.#room
    this.#room = []
    for (const wake of waiting) wake()
  }
}

/** LevelDB passes the system's text on, not its number. */
function failureOf(cause: unknown): JoineryError {
  const text = `${(cause as { code?: string }).code ?? ''} ${cause instanceof Error ? cause.message : ''} ${textOfCause(cause)}`
  return /ENOSPC|No space left/i.test(text)
    ? new JoineryError('JOURNAL_FULL', 'the disk is full, the journal takes no more', { cause })
    : new JoineryError('JOURNAL_READ_ONLY', 'the disk failed to write, the journal takes no more', { cause })
}

function textOfCause(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error ? cause.message : ''
}
