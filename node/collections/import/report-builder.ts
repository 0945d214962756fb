import { JoineryError } from '../../../protocols/errors.ts'
import type { Clock } from '../../platform/clock.ts'
import { MAX_LISTED_PROBLEMS } from '../limits.ts'
import type { FoundFile } from './found-file.ts'
import type { ImportedCollection, ImportOptions, ImportProgress, ImportReport } from './import-report.ts'

const PROGRESS_EVERY_MS = 200

/** Counts what an import does, and tells those who want to watch. */
export class ReportBuilder {
  readonly #clock: Clock
  readonly #options: ImportOptions
  readonly #report: ImportReport = {
    collections: [],
    problems: [],
    problemsLeftOff: 0,
    notices: [],
    leftOut: [],
    leftOutFiles: 0
  }
  readonly #total = { files: 0, bytes: 0 }
  readonly #done = { files: 0, bytes: 0 }
  #phase: ImportProgress['phase'] = 'looking'
  #current: string | undefined
  #toldMs: number | undefined

  constructor(components: { clock: Clock }, options: ImportOptions) {
    this.#clock = components.clock
    this.#options = options
  }

  get hasProblems(): boolean {
    return this.#report.problems.length > 0
  }

  phase(phase: ImportProgress['phase']): void {
    this.#phase = phase
    this.#current = undefined
    this.#tell(true)
  }

  found({ sizeBytes, shown }: FoundFile): void {
    this.#total.files++
    this.#total.bytes += sizeBytes
    this.#current = shown
    this.#tell(false)
  }

  read(bytes: number): void {
    this.#done.bytes += bytes
    this.#tell(false)
  }

  done({ shown }: FoundFile): void {
    this.#done.files++
    this.#current = shown
    this.#tell(false)
  }

  leftOut(path: string, why: string): void {
    this.#report.leftOutFiles++
    if (this.#report.leftOut.length < MAX_LISTED_PROBLEMS) this.#report.leftOut.push({ path, why })
  }

  problem(path: string, error: JoineryError): void {
    const problem = { code: error.code, text: error.message, next: error.next, path }
    this.#options.problem?.(problem)
    if (this.#report.problems.length < MAX_LISTED_PROBLEMS) this.#report.problems.push(problem)
    else this.#report.problemsLeftOff++
  }

  /** @throws JoineryError `IMPORT_HAS_PROBLEMS` */
  stopIfStrict(): void {
    const [first] = this.#report.problems
    if (!this.#options.strict || !first) return
    const more = this.#report.problems.length - 1 + this.#report.problemsLeftOff
    throw new JoineryError('IMPORT_HAS_PROBLEMS', more > 0 ? `${first.text}; and ${more} more` : first.text)
  }

  imported(collection: ImportedCollection): void {
    this.#report.collections.push(collection)
  }

  notice(notice: ImportReport['notices'][number]): void {
    if (this.#report.notices.length < MAX_LISTED_PROBLEMS) this.#report.notices.push(notice)
  }

  end(): ImportReport {
    return this.#report
  }

  #tell(atOnce: boolean): void {
    const { progress } = this.#options
    if (!progress) return
    const nowMs = this.#clock.monotonicMs()
    if (!atOnce && this.#toldMs !== undefined && nowMs - this.#toldMs < PROGRESS_EVERY_MS) return
    this.#toldMs = nowMs
    const looking = this.#phase === 'looking'
    progress({
      phase: this.#phase,
      doneFiles: looking ? this.#total.files : this.#done.files,
      doneBytes: looking ? this.#total.bytes : this.#done.bytes,
      ...(looking ? {} : { totalFiles: this.#total.files, totalBytes: this.#total.bytes }),
      ...(this.#current === undefined ? {} : { current: this.#current })
    })
  }
}
