import { basename, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { JoineryError } from '../../protocols/errors.ts'
import type { ImportRequest } from '../control/operations.ts'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { importText } from './import.ts'

const SYSTEMS = ['windows', 'macos', 'linux'] as const

interface AddOptions {
  system?: (typeof SYSTEMS)[number]
  name?: string
  dryRun?: boolean
}

/** `joinery add pypi|cran|installer|lesson`: one thing or a few, where `import` takes a whole workshop folder. */
export function addAdd(program: Command, context: CommandContext): void {
  const add = program
    .command('add')
    .summary('add packages, an installer or a lesson')
    .description('Adds single things to the room; they appear on all devices. `joinery rollback` takes a version back.')
    .addHelpText(
      'after',
      `
Examples:
  joinery add pypi numpy-2.3.4-cp312-cp312-win_amd64.whl
  joinery add cran dplyr_1.1.4.tar.gz dplyr_1.1.4.zip
  joinery add installer setup.run --system linux
  joinery add lesson my-lesson.zip --name my-lesson`
    )
  const run = async (command: Command, words: string[], request: Omit<ImportRequest, 'source'>): Promise<void> => {
    const [source, ...others] = words.map((word) => resolve(context.program.workingDirectory, word))
    if (source === undefined) throw new JoineryError('BAD_REQUEST', 'say which file')
    const whole: ImportRequest = { source, ...(others.length > 0 ? { others } : {}), ...request }
    const result = await context.withOperations(command, { offline: true }, (operations) =>
      context.follow(operations.import(whole, context.signal))
    )
    if (result.refused > 0) context.exitCode = EXIT.partly
    context.say(importText(result, request.dryRun === true))
  }
  const shared = ({ dryRun }: AddOptions): { dryRun?: boolean } => (dryRun ? { dryRun } : {})
  const packages = (name: 'pypi' | 'cran', summary: string): Command =>
    new Command(name)
      .summary(summary)
      .argument('<files...>', 'packages, or folders with packages')
      .option('--dry-run', 'only say what would happen')
      .action((files: string[], options: AddOptions, command: Command) =>
        run(command, files, { collection: name, ...shared(options) })
      )
  add.addCommand(packages('pypi', 'Python packages, for pip'))
  add.addCommand(packages('cran', 'R packages, for install.packages()'))
  add.addCommand(
    new Command('installer')
      .summary('a program that learners install')
      .argument('<file>', 'as its publisher names it')
      .addOption(new Option('--system <system>', 'for which system, when its name does not say it').choices(SYSTEMS))
      .option('--dry-run', 'only say what would happen')
      .action((file: string, options: AddOptions, command: Command) =>
        run(command, [file], {
          collection: 'installers',
          ...(options.system === undefined ? {} : { system: options.system }),
          ...shared(options)
        })
      )
  )
  add.addCommand(
    new Command('lesson')
      .summary('a lesson site')
      .argument('<source>', 'a folder or a ZIP file with pages')
      .option('--name <name>', 'the last part of its address; by default the name of the folder or file')
      .option('--dry-run', 'only say what would happen')
      .action((source: string, options: AddOptions, command: Command) => {
        const unpack = /\.zip$/i.test(source)
        const name = options.name ?? basename(source).replace(/\.zip$/i, '')
        return run(command, [source], {
          collection: 'lessons',
          under: name,
          ...(unpack ? { unpack } : {}),
          ...shared(options)
        })
      })
  )
}
