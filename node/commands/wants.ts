import { resolve } from 'node:path'
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import type { WantClient } from '../../protocols/content.ts'
import { writeCsv } from '../../protocols/csv.ts'
import { errorCatalogue, JoineryError } from '../../protocols/errors.ts'
import { type Want, wantRows } from '../../protocols/wants.ts'
import { settingNamed } from '../config/settings.ts'
import type { FetchedWant, FetchWantsResult, WantFetchingStatus } from '../control/want-operations.ts'
import { sharedDisk } from '../platform/disk.ts'
import { writeDurably } from '../platform/durable-file.ts'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { bytesText, countText, printable, table } from './printable.ts'

const SYSTEMS = { windows: 'Windows', macos: 'macOS', linux: 'Linux' } as const

export function addWants(program: Command, context: CommandContext): void {
  const wants = program
    .command('wants')
    .summary('what learners asked for and the room lacks')
    .option('--csv <file>', 'write a table for spreadsheets instead; - is the terminal')
    .description(
      'Packages that pip or R asked the devices of the room for in vain, as far as this one has heard, with the Python or R, system and CPU they were for. Fetch them where there is internet, or bring the first ones next time.\nWorks whether or not the device is running.'
    )
    .addHelpText(
      'after',
      '\nExamples:\n  joinery wants\n  joinery wants --csv wants.csv\n  joinery wants --json\n  joinery wants fetch'
    )
    .action(async ({ csv }: { csv?: string }, command: Command) => {
      const list = await context.withOperations(command, { offline: true }, (operations) => operations.wants())
      if (csv === undefined) context.show(list, () => wantsText(list))
      else if (csv === '-') context.terminal.output.write(`${writeCsv(wantRows(list))}\n`)
      else {
        await writeDurably(
          sharedDisk,
          resolve(context.program.workingDirectory, csv),
          Buffer.from(`${writeCsv(wantRows(list))}\n`)
        )
        context.say(`${countText(list.length, 'line', 'lines')} in ${printable(csv)}`)
      }
    })
  addFetch(wants, context)
  addAutomatic(wants, context)
}

interface FetchOptions {
  dryRun?: boolean
  python?: string
  r?: string
  system?: keyof typeof SYSTEMS
  cpu?: string
}

function addFetch(wants: Command, context: CommandContext): void {
  wants
    .command('fetch')
    .summary('fetch them from the internet now')
    .description(
      'Fetches what the room lacks, with what it needs, from the index and the mirror that are set (`joinery config list`: python_index, r_mirror), and adds it for all devices. Without names everything that was asked for.'
    )
    .argument('[names...]', 'such as numpy; pypi:numpy or cran:dplyr for what nobody asked for')
    .option('--dry-run', 'only say what would come')
    .option('--python <version>', 'for which Python, such as 3.12, where nobody asked', parseVersion)
    .option('--r <version>', 'for which R, such as 4.4, where nobody asked', parseVersion)
    .addOption(new Option('--system <system>', 'for which system, where nobody asked').choices(Object.keys(SYSTEMS)))
    .option('--cpu <cpu>', 'for which CPU, such as x86_64 or arm64, where nobody asked')
    .addHelpText(
      'after',
      '\nExamples:\n  joinery wants fetch\n  joinery wants fetch --dry-run\n  joinery wants fetch pypi:rich --python 3.12 --system windows --cpu AMD64'
    )
    .action(async (names: string[], options: FetchOptions, command: Command) => {
      const client = clientOf(options)
      const request = { names, dryRun: options.dryRun === true, ...(client && { client }) }
      const result = await context.withOperations(command, { offline: true }, (operations) =>
        context.follow(operations.fetchWants(request, context.signal))
      )
      if (result.wants.some(({ state }) => state === 'failed')) context.exitCode = EXIT.partly
      context.say(fetchedText(result))
    })
}

function addAutomatic(wants: Command, context: CommandContext): void {
  wants
    .command('automatic')
    .summary('whether the room fetches them by itself when there is internet')
    .description(
      'A setting of the whole room. Whichever device has internet fetches what was asked for, within a limit for each device.'
    )
    .addArgument(new Argument('[setting]', 'on or off; without it, how it is set').choices(['on', 'off']))
    .option('--bytes <size>', 'most that each device fetches, such as "2 GB"; "none": no limit', parseLimit)
    .option('--again', 'count what is used from nothing again, such as in a new month')
    .action(
      async (
        setting: 'on' | 'off' | undefined,
        options: { bytes?: number | null; again?: boolean },
        command: Command
      ) => {
        const isChange = setting !== undefined || options.bytes !== undefined || options.again === true
        const status = await context.withOperations(command, { offline: true }, (operations) =>
          isChange
            ? operations.setWantFetching({
                ...(setting !== undefined && { automatic: setting === 'on' }),
                ...(options.bytes !== undefined && { budgetBytes: options.bytes }),
                again: options.again === true
              })
            : operations.wantFetching()
        )
        context.show(status, () => statusText(status))
      }
    )
}

function wantsText(wants: readonly Want[]): string {
  if (wants.length === 0) return 'Nobody asked for anything that is not here.'
  return table([
    ['PACKAGE', 'FOR', 'LEARNERS', 'TIMES', 'WHO', ''],
    ...wants.map((want) => [
      `${printable(want.name)} (${want.collection})`,
      printable(want.target ?? '-'),
      String(want.learners),
      String(want.count),
      printable(want.who.join(' ')),
      stateText(want)
    ])
  ])
}

/** Codes come from any device of the room, which may be a newer one. */
function stateText({ fetching, problem }: Want): string {
  if (fetching !== undefined) return 'is being fetched'
  if (problem === undefined) return ''
  const next = errorCatalogue().get(problem)?.next
  return next === undefined ? `not had (${printable(problem)})` : `${next} (${problem})`
}

function fetchedText({ wants }: FetchWantsResult): string {
  if (wants.length === 0) return 'Nobody asked for anything that is not here.'
  return wants.map((want) => `${printable(want.name)} (${want.collection}): ${outcomeText(want)}`).join('\n')
}

function outcomeText({ state, files, bytes, code, text, next }: FetchedWant): string {
  const count = `${countText(files.length, 'file', 'files')}, ${bytesText(bytes)}`
  switch (state) {
    case 'here':
      return 'is in the room'
    case 'planned':
      return `would come, ${count}: ${files.map(printable).join(', ')}`
    case 'fetched':
      return `is here now, ${count}`
    case 'elsewhere':
      return 'another device fetches it just now'
    case 'failed':
      return `${printable(text ?? '')} (${code})\n  ${printable(next ?? '')}`
  }
}

function statusText({ automatic, isRunning, usedBytes, budgetBytes }: WantFetchingStatus): string {
  const limit = budgetBytes === null ? 'no limit' : `at most ${bytesText(budgetBytes)} by each device`
  const lines = [
    automatic
      ? 'Missing packages are fetched by themselves when there is internet.'
      : 'Missing packages are fetched when somebody says so: `joinery wants fetch`.',
    `Internet used for it by this device: ${bytesText(usedBytes)}; ${limit}.`
  ]
  return [...lines, ...(isRunning ? ['This device is at it just now.'] : [])].join('\n')
}

function clientOf({ python, r, system, cpu }: FetchOptions): WantClient | undefined {
  if (python !== undefined && r !== undefined) throw new JoineryError('BAD_REQUEST', 'either --python or --r')
  const version = python ?? r
  if (version === undefined) {
    if (system !== undefined || cpu !== undefined)
      throw new JoineryError('BAD_REQUEST', 'say --python or --r for that system')
    return undefined
  }
  return {
    ...{ runs: r === undefined ? 'Python' : 'R', version },
    ...(system !== undefined && { system: SYSTEMS[system] }),
    ...(cpu !== undefined && { cpu })
  }
}

function parseVersion(text: string): string {
  if (!/^\d\.\d{1,2}$/.test(text)) throw new InvalidArgumentError('a version such as 3.12')
  return text
}

function parseLimit(text: string): number | null {
  if (text === 'none') return null
  const setting = settingNamed('capacity')
  try {
    return Number(setting.parse(setting.fromText(text)))
  } catch {
    throw new InvalidArgumentError('a size such as "2 GB", or none')
  }
}
