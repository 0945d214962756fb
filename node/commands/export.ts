import { join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { JoineryError } from '../../protocols/errors.ts'
import { LEARNER_SYSTEMS, type LearnerSystem } from '../../protocols/stick.ts'
import type { Operations, Progress } from '../control/operations.ts'
import { progressStream } from '../daemon/progress-stream.ts'
import { sharedDisk } from '../platform/disk.ts'
import type { StickSurvey } from '../sticks/index.ts'
import { StickWriter } from '../sticks/index.ts'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { bytesText, countText, printable } from './printable.ts'

interface ExportOptions {
  learnerSticks?: string
  system?: LearnerSystem[]
  check?: boolean
  dryRun?: boolean
}

interface ExportResult {
  system: LearnerSystem
  folder: string
  files: number
  bytes: number
  writtenFiles: number
  writtenBytes: number
  removedFiles: number
  leftOut: readonly { path: string; why: string }[]
}

export function addExport(program: Command, context: CommandContext): void {
  program
    .command('export')
    .summary('write what learners need to plain folders, for sticks')
    .requiredOption(
      '--learner-sticks <folder>',
      'a folder; in it come windows, macos and linux, each with a START.html'
    )
    .addOption(new Option('--system <system...>', 'only for these systems').choices([...LEARNER_SYSTEMS]))
    .option('--check', 'read again every file that is there, instead of believing the list')
    .option('--dry-run', 'only say what would be written')
    .description(
      'For a room whose Wi-Fi is slower than its pockets: lessons, data, installers and packages as plain files that need no server.\nCopy what is in windows, macos or linux to a stick; START.html opens it. Works whether or not the device is running.\nCtrl-C ends it; running it again goes on, and writes only what changed.'
    )
    .addHelpText(
      'after',
      `
Examples:
  joinery export --learner-sticks ~/sticks
  joinery export --learner-sticks /media/usb --system windows`
    )
    .action(async (options: ExportOptions, command: Command) => {
      const top = resolve(context.program.workingDirectory, options.learnerSticks ?? '')
      const systems = options.system ?? LEARNER_SYSTEMS
      const results = await context.withOperations(command, { offline: true }, (device) =>
        writeSticks(context, device, top, systems, options)
      )
      if (results.some(({ leftOut }) => leftOut.length > 0)) context.exitCode = EXIT.partly
      context.show(results, () => results.map((one) => resultText(one, options.dryRun === true)).join('\n'))
    })
}

async function writeSticks(
  context: CommandContext,
  device: Operations,
  top: string,
  systems: readonly LearnerSystem[],
  { check, dryRun }: ExportOptions
): Promise<ExportResult[]> {
  const plans: { system: LearnerSystem; writer: StickWriter; survey: StickSurvey; folder: string }[] = []
  for (const system of systems) {
    const folder = join(top, system)
    const writer = new StickWriter({ disk: sharedDisk, device }, { folder, system, ...(check ? { check } : {}) })
    const survey = await look(context, writer)
    plans.push({ system, writer, survey, folder })
    for (const { path, why } of survey.leftOut) context.warn(`${system}/${printable(path)} is left out: ${why}`)
    for (const path of survey.tooBigForFat)
      context.warn(`${system}/${printable(path)} is too large for FAT32; it needs a stick with exFAT`)
    context.say(
      `${system}: ${countText(survey.files, 'file', 'files')}, ${bytesText(survey.bytes)}; to write: ${countText(survey.toWrite.length, 'file', 'files')}, ${bytesText(survey.bytesToWrite)}`
    )
  }
  await checkRoom(
    plans.map(({ survey }) => survey),
    top,
    context
  )
  const results: ExportResult[] = []
  for (const { system, writer, survey, folder } of plans) {
    if (!dryRun) await context.follow(writeStream(writer, survey, context.signal))
    results.push({
      ...{ system, folder, files: survey.files, bytes: survey.bytes, leftOut: survey.leftOut },
      writtenFiles: survey.toWrite.length,
      writtenBytes: survey.bytesToWrite,
      removedFiles: survey.stale.length
    })
  }
  return results
}

/** Looks what is there; what it found is a plan with a line for each file, and no result to print. */
async function look(context: CommandContext, writer: StickWriter): Promise<StickSurvey> {
  let survey: StickSurvey | undefined
  const steps: AsyncIterable<Progress<{ toWrite: number }>> = progressStream(async (report, stop) => {
    let doneFiles = 0
    survey = await writer.survey(stop, (current) =>
      report({ kind: 'step', phase: 'reading', doneFiles: doneFiles++, doneBytes: 0, current })
    )
    return { toWrite: survey.toWrite.length }
  }, context.signal)
  await context.follow(steps)
  if (!survey) throw new JoineryError('CLOSED', 'the work ended without a result')
  return survey
}

function writeStream(writer: StickWriter, survey: StickSurvey, signal: AbortSignal): AsyncIterable<Progress<void>> {
  return progressStream(async (report, stop) => {
    const [totalFiles, totalBytes] = [survey.toWrite.length, survey.bytesToWrite]
    await writer.write(survey, stop, (step) =>
      report({ kind: 'step', phase: 'copying', totalFiles, totalBytes, ...step })
    )
  }, signal)
}

/** @throws JoineryError `STICK_TOO_SMALL` before anything is written */
async function checkRoom(surveys: readonly StickSurvey[], top: string, context: CommandContext): Promise<void> {
  const needed = surveys.reduce((total, { bytesNeeded }) => total + bytesNeeded, 0)
  const free = await freeBytes(top)
  context.say(`Free in ${printable(top)}: ${bytesText(free)}`)
  if (needed > free) throw new JoineryError('STICK_TOO_SMALL', `${bytesText(needed)} do not fit into ${printable(top)}`)
}

/** Of the folder, or of the first one above it that is there. */
async function freeBytes(folder: string): Promise<number> {
  let at = folder
  while (!(await sharedDisk.stat(at)) && join(at, '..') !== at) at = join(at, '..')
  return await sharedDisk.freeBytes(at)
}

function resultText(result: ExportResult, dryRun: boolean): string {
  const { system, folder, writtenFiles, writtenBytes, removedFiles } = result
  if (dryRun) return `${system}: ${countText(writtenFiles, 'file', 'files')} would be written to ${printable(folder)}`
  const gone = removedFiles > 0 ? `, ${countText(removedFiles, 'old file', 'old files')} removed` : ''
  const wrote =
    writtenFiles === 0
      ? 'nothing to write'
      : `${countText(writtenFiles, 'file', 'files')} written, ${bytesText(writtenBytes)}`
  return `${system}: ${wrote}${gone}. Copy what is in ${printable(folder)} to a stick and open START.html.`
}
