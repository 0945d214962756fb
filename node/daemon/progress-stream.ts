import type { Progress, ProgressNotice, ProgressStep } from '../control/operations.ts'

/** A reader that is slow (a terminal over a bad link) misses steps, never a notice: so many notices wait for it at most. */
export const MAX_WAITING_NOTICES = 1000

/**
 * Runs long work and yields what it reports. Leaving the loop, or the outer signal, ends the work.
 *
 * @param work gets a function to report with, and a signal that it must obey
 */
export async function* progressStream<Result>(
  work: (report: (what: ProgressStep | ProgressNotice) => void, signal: AbortSignal) => Promise<Result>,
  outer?: AbortSignal
): AsyncGenerator<Progress<Result>, void, undefined> {
  const cancel = new AbortController()
  const signal = outer ? AbortSignal.any([outer, cancel.signal]) : cancel.signal
  const notices: ProgressNotice[] = []
  let leftOff = 0
  let step: ProgressStep | undefined
  let wake: (() => void) | undefined
  let ended = false
  const report = (what: ProgressStep | ProgressNotice): void => {
    if (what.kind === 'step') step = what
    else if (notices.length < MAX_WAITING_NOTICES) notices.push(what)
    else leftOff++
    wake?.()
  }
  const outcome = work(report, signal).finally(() => {
    ended = true
    wake?.()
  })
  // Rejections are given to the reader below; this only keeps an early one from counting as unhandled.
  outcome.catch(() => undefined)
  try {
    for (;;) {
      const notice = notices.shift()
      if (notice) yield notice
      else if (step) {
        const latest = step
        step = undefined
        yield latest
      } else if (ended) break
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = undefined
      }
    }
    if (leftOff > 0) {
      yield {
        kind: 'notice',
        level: 'warning',
        code: 'NOTICES_LEFT_OFF',
        text: `${leftOff} more notices were left off`
      }
    }
    yield { kind: 'done', result: await outcome }
  } finally {
    cancel.abort()
  }
}
