import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { ImportRequest, ImportResult } from '../control/operations.ts'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { bytesText, countText, printable } from './printable.ts'

interface ImportOptions {
  as?: string
  under?: string
  dryRun?: boolean
  strict?: boolean
}

export function addImport(program: Command, context: CommandContext): void {
  program
    .command('import')
    .summary('bring a workshop folder into the room')
    .argument('<folder>', 'a folder that `offlinedatasci` made, or any folder with --as')
    .option(
      '--as <collection>',
      'put everything into this collection: lessons, pypi, cran, installers or a name of your own'
    )
    .option('--under <path>', 'under which path of the collection')
    .option('--dry-run', 'only say what would happen')
    .option('--strict', 'add nothing at all when one file is bad')
    .description(
      'Copies lessons, packages and installers into the room. What is there already is not copied again, so it can be run as often as you like.\nWorks whether or not the device is running. Ctrl-C ends it; running it again continues.'
    )
    .addHelpText(
      'after',
      `
Examples:
  joinery import /media/usb/workshop
  joinery import ~/my-lesson --as lessons --under my-lesson`
    )
    .action(async (folder: string, options: ImportOptions, command: Command) => {
      const request: ImportRequest = { source: resolve(context.program.workingDirectory, folder) }
      if (options.as !== undefined) request.collection = options.as
      if (options.under !== undefined) request.under = options.under
      if (options.dryRun) request.dryRun = true
      if (options.strict) request.strict = true
      const result = await context.withOperations(command, { offline: true }, (operations) =>
        context.follow(operations.import(request, context.signal))
      )
      if (result.refused > 0) context.exitCode = EXIT.partly
      context.say(importText(result, options.dryRun === true))
    })
}

export function importText(result: ImportResult, dryRun: boolean): string {
  const lines = result.collections.map((one) => {
    const changes = [`${one.added} new`, `${one.updated} changed`, `${one.unchanged} as before`].join(', ')
    return `${printable(one.collection)}: ${changes} (${bytesText(one.addedBytes)} ${dryRun ? 'would be added' : 'added'})`
  })
  if (lines.length === 0) lines.push('There was nothing to import.')
  if (result.refused > 0) lines.push(`${countText(result.refused, 'file was', 'files were')} left out, see above.`)
  return lines.join('\n')
}
