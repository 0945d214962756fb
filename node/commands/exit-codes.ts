/** What the command line answers to scripts; the same list stands in `joinery help`. */
import { JoineryError } from '../../protocols/errors.ts'

export const EXIT = { ok: 0, failed: 1, usage: 2, notRunning: 3, partly: 4, interrupted: 130 } as const

export const EXIT_CODES_HELP = `Exit codes:
  0    done
  1    failed; standard error says why and what to do next
  2    the command was not understood, or something has to be chosen first
  3    no device runs on this data folder
  4    partly done: something was left out, is broken or is not safe yet
  130  ended with Ctrl-C; running it again continues`

const USAGE_CODES = new Set([
  'USAGE',
  'NO_ROOM',
  'NO_DATA_FOLDER',
  'NOT_CONFIRMED',
  'BAD_REQUEST',
  'CONFIG_UNREADABLE',
  'CONFIG_UNKNOWN_KEY',
  'CONFIG_BAD_VALUE'
])

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof JoineryError)) return EXIT.failed
  if (error.code === 'NOT_RUNNING') return EXIT.notRunning
  if (error.code === 'CANCELLED') return EXIT.interrupted
  return USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.failed
}
