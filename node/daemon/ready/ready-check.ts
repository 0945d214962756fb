/**
 * "Ready for class?": everything that a learner does, tried through every device of the room over the network: pip, R, a lesson, a note, git.
 * What it needs it makes and takes away again: a person, a note, a repository.
 */
import { JoineryError } from '../../../protocols/errors.ts'
import {
  isReady,
  READY_STEPS,
  type ReadyDevice,
  type ReadyReport,
  type ReadyResult,
  type ReadyStep
} from '../../../protocols/ready-report.ts'
import type { RoomOverview } from '../../../protocols/room-overview.ts'
import { FOLDERS } from '../device.ts'
import type { RoomRuntime } from '../room-runtime.ts'
import type { RoomSlot } from '../room-slot.ts'
import { tryGit } from './git-step.ts'
import { HttpVisitor } from './http-visitor.ts'
import { writeNote } from './note-step.ts'
import { type PackageStep, tryLesson, tryPip, tryR } from './package-steps.ts'
import { randomName, SCRATCH_NAME } from './scratch-name.ts'

export interface ReadyCheckInit {
  overview(): Promise<RoomOverview>
  /** Of this device's own pages. */
  ownAddress(): string
}

/** What was made a moment ago is on the other devices after so long, also on slow ones. */
const SPREAD_MS = 20_000
const MAX_DETAIL_CHARACTERS = 300

export interface CheckState {
  isRunning: boolean
  report: ReadyReport
}

interface Scratch {
  runtime: RoomRuntime
  visitor: HttpVisitor
  signal: AbortSignal
  name: string
  code: string
  cookie: string
  note: string | undefined
  repository: boolean
  lesson: string | undefined
}

export class ReadyCheck {
  readonly #slot: RoomSlot
  readonly #init: ReadyCheckInit
  #report: ReadyReport | undefined
  #running: Promise<ReadyReport> | undefined

  constructor(slot: RoomSlot, init: ReadyCheckInit) {
    this.#slot = slot
    this.#init = init
  }

  /** Of the check that is under way, or of the last one since the start. */
  get state(): CheckState | undefined {
    return this.#report && { isRunning: this.#running !== undefined, report: this.#report }
  }

  /** One at a time: who asks while one is under way gets that one's report. */
  run(signal: AbortSignal): Promise<ReadyReport> {
    this.#running ??= this.#run(signal).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #run(signal: AbortSignal): Promise<ReadyReport> {
    const { runtime } = this.#slot
    const report: ReadyReport = { ready: false, devices: [] }
    this.#report = report
    const { people } = runtime
    // Of a check that a power cut ended.
    for (const left of people.list()) if (SCRATCH_NAME.test(left.shownName)) await this.#removePerson(runtime, left.id)
    const { person, code } = await people.add({ shownName: randomName(this.#slot.device.random) })
    try {
      const cookie = (await people.openSession(person.id)).split(';')[0] ?? ''
      const visitor = new HttpVisitor(this.#slot.device, { signal })
      const overview = await this.#init.overview()
      const note = runtime.notes && (await runtime.notes.create(person.shownName)).id
      const repository = await this.#makeRepository(runtime, person.id)
      const lesson = overview.contents.lessons[0]?.href
      const scratch = { ...{ runtime, visitor, signal, code, cookie, note, repository, lesson }, name: person.name }
      try {
        for (const { id, name, self, role, connected, address } of overview.devices) {
          if (role === 'cloud') continue
          const where = self ? this.#init.ownAddress() : connected ? address : undefined
          const device: ReadyDevice = { id, name, ...(where !== undefined && { address: where }), steps: [] }
          report.devices.push(device)
          for (const step of READY_STEPS) {
            signal.throwIfAborted()
            device.steps.push(await this.#try(step, where?.replace(/\/$/, ''), scratch))
          }
        }
      } finally {
        if (note !== undefined) await runtime.notes?.remove(note)
      }
      report.ready = isReady(report.devices)
      return report
    } finally {
      await this.#removePerson(runtime, person.id)
    }
  }

  async #makeRepository(runtime: RoomRuntime, owner: string): Promise<boolean> {
    const { git } = runtime
    if (!git || git instanceof JoineryError) return false
    await git.agreement.directory.create(owner, REPOSITORY)
    return true
  }

  async #removePerson({ people, git }: RoomRuntime, id: string): Promise<void> {
    if (git && !(git instanceof JoineryError)) {
      const { directory } = git.agreement
      for (const { id: repository } of directory.ofOwner(id)) await directory.remove(repository)
    }
    await people.remove(id)
  }

  async #try(step: ReadyStep, origin: string | undefined, scratch: Scratch): Promise<ReadyResult> {
    const { clock, log } = this.#slot.device
    const startedMs = clock.monotonicMs()
    const took = (): number => Math.round(clock.monotonicMs() - startedMs)
    if (origin === undefined) return { step, outcome: 'failed', tookMs: 0, detail: 'It is not connected.' }
    try {
      const detail = await this.#do(step, origin, scratch)
      return {
        step,
        outcome: detail === undefined ? 'missing' : 'ok',
        tookMs: took(),
        ...(detail !== undefined && { detail })
      }
    } catch (error) {
      scratch.signal.throwIfAborted()
      log.info({ err: error, step, origin }, 'a step of the check did not work')
      const detail = (error instanceof Error ? error.message : String(error)).slice(0, MAX_DETAIL_CHARACTERS)
      return { step, outcome: 'failed', tookMs: took(), detail }
    }
  }

  /** @returns what was tried; undefined when there is nothing of that kind */
  async #do(step: ReadyStep, origin: string, scratch: Scratch): Promise<string | undefined> {
    const { index } = scratch.runtime.collections
    const asked = (work: PackageStep): Promise<string | undefined> => work(scratch.visitor, origin, index)
    switch (step) {
      case 'pip':
        return await asked(tryPip)
      case 'r':
        return await asked(tryR)
      case 'lesson':
        return await asked(tryLesson(scratch.lesson))
      case 'note':
        return await this.#tryNote(origin, scratch)
      case 'git':
        return await this.#tryGit(origin, scratch)
    }
  }

  async #tryNote(origin: string, { visitor, note, cookie, signal }: Scratch): Promise<string | undefined> {
    if (note === undefined) return undefined
    const { clock, random } = this.#slot.device
    const text = `${origin}/api/notes/${note}/text`
    // The note has to be known there before somebody writes in it.
    await visitor.until(SPREAD_MS, () => visitor.text(text, { headers: { cookie } }))
    const line = `ready ${Buffer.from(random.bytes(6)).toString('hex')}\n`
    await writeNote(clock, { origin, note, line, cookie, signal })
    await visitor.until(SPREAD_MS, async () => {
      if (!(await visitor.text(text, { headers: { cookie } })).includes(line.trim()))
        throw new JoineryError('NOT_FOUND', 'what was written is not in the note')
    })
    return note
  }

  async #tryGit(origin: string, { visitor, name, code, repository, signal }: Scratch): Promise<string | undefined> {
    if (!repository) return undefined
    const { config, disk, random } = this.#slot.device
    const address = `${origin}/${name}/${REPOSITORY}.git`
    await visitor.until(SPREAD_MS, () => visitor.text(`${address}/info/refs?service=git-upload-pack`))
    const folder = FOLDERS.checking(config)
    await disk.remove(folder)
    try {
      const line = `ready ${Buffer.from(random.bytes(6)).toString('hex')}`
      await tryGit(this.#slot.device, { address, name, code, folder, line, signal })
    } finally {
      await disk.remove(folder)
    }
    return `${name}/${REPOSITORY}`
  }
}

const REPOSITORY = 'ready'
