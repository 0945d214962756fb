/** How far long work is: one line that is drawn over in a terminal, a plain line now and then where nobody watches. */
import type { ProgressStep } from '../control/operations.ts'
import type { Clock } from '../platform/clock.ts'
import { bytesText, durationText, printable } from './printable.ts'
import type { Terminal } from './program.ts'

const DRAW_EVERY_MS = 100
/** A log should show that it lives, not fill up. */
const PLAIN_EVERY_MS = 10_000
/** Rate and time left follow the last seconds: a first slow file must not spoil them for minutes. */
const RATE_WINDOW_MS = 10_000
const BAR_CHARACTERS = 24
const WIDE_COLUMNS = 110

export interface ProgressLine {
  show(step: ProgressStep): void
  /** Prints text above the line. */
  note(text: string): void
  /** Takes the line away. */
  clear(): void
}

export function createProgressLine(terminal: Terminal, clock: Clock): ProgressLine {
  let drawnMs = Number.NEGATIVE_INFINITY
  let drawn = false
  let phase = ''
  let samples: { atMs: number; bytes: number }[] = []

  function clear(): void {
    if (drawn) terminal.errors.write('\r\u001b[K')
    drawn = false
  }

  return {
    clear,
    note(text) {
      clear()
      terminal.errors.write(`${text}\n`)
    },
    show(step) {
      const nowMs = clock.monotonicMs()
      const newPhase = step.phase !== phase
      if (newPhase) samples = []
      phase = step.phase
      samples.push({ atMs: nowMs, bytes: step.doneBytes })
      while (samples.length > 2 && nowMs - (samples[0]?.atMs ?? nowMs) > RATE_WINDOW_MS) samples.shift()
      if (!newPhase && nowMs - drawnMs < (terminal.errorsAreTerminal ? DRAW_EVERY_MS : PLAIN_EVERY_MS)) return
      drawnMs = nowMs
      const text = lineOf(step, rateOf(samples), terminal.columns)
      if (!terminal.errorsAreTerminal) {
        terminal.errors.write(`${text}\n`)
        return
      }
      terminal.errors.write(`\r\u001b[K${text.slice(0, Math.max(20, terminal.columns - 1))}`)
      drawn = true
    }
  }
}

/** Bytes per second over the samples kept. */
function rateOf(samples: readonly { atMs: number; bytes: number }[]): number {
  const first = samples[0]
  const last = samples[samples.length - 1]
  if (!first || !last || last.atMs - first.atMs < 500) return 0
  return ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000
}

/**
 * `copying  ████████░░░░░░░░  43 %  1.2 GB of 2.8 GB  31 MB/s  52 s left  file 3 of 9  wheel.whl`: what matters most comes first, for
 * the end is cut off where there is no room.
 */
function lineOf(step: ProgressStep, bytesPerSecond: number, columns: number): string {
  const parts = [printable(step.phase)]
  const { doneBytes, totalBytes, doneFiles, totalFiles } = step
  if (totalBytes !== undefined && totalBytes > 0) {
    const bar = columns < WIDE_COLUMNS ? BAR_CHARACTERS / 2 : BAR_CHARACTERS
    const share = Math.min(1, doneBytes / totalBytes)
    const full = Math.floor(share * bar)
    parts.push(`${'█'.repeat(full)}${'░'.repeat(bar - full)} ${String(Math.floor(share * 100)).padStart(3)} %`)
    parts.push(`${bytesText(doneBytes)} of ${bytesText(totalBytes)}`)
  } else if (doneBytes > 0) parts.push(bytesText(doneBytes))
  if (bytesPerSecond > 0) {
    parts.push(`${bytesText(bytesPerSecond)}/s`)
    if (totalBytes !== undefined && totalBytes > doneBytes)
      parts.push(`${durationText(((totalBytes - doneBytes) / bytesPerSecond) * 1000)} left`)
  }
  if (totalFiles !== undefined)
    parts.push(`file ${doneFiles.toLocaleString('en')} of ${totalFiles.toLocaleString('en')}`)
  else if (doneFiles > 0) parts.push(`${doneFiles.toLocaleString('en')} files`)
  if (step.current !== undefined) parts.push(printable(step.current))
  return parts.join('  ')
}
