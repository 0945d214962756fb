import { resolve } from 'node:path'
import type { Command } from 'commander'
import { writeCsv } from '../../protocols/csv.ts'
import { type Want, wantRows } from '../../protocols/wants.ts'
import { sharedDisk } from '../platform/disk.ts'
import { writeDurably } from '../platform/durable-file.ts'
import type { CommandContext } from './context.ts'
import { countText, printable, table } from './printable.ts'

export function addWants(program: Command, context: CommandContext): void {
  program
    .command('wants')
    .summary('what learners asked for and the room lacks')
    .option('--csv <file>', 'write a table for spreadsheets instead; - is the terminal')
    .description(
      'Packages that pip or R asked the devices of the room for in vain, as far as this one has heard, with the Python or R, system and CPU they were for. Bring the first ones next time.\nWorks whether or not the device is running.'
    )
    .addHelpText('after', '\nExamples:\n  joinery wants\n  joinery wants --csv wants.csv\n  joinery wants --json')
    .action(async ({ csv }: { csv?: string }, command: Command) => {
      const wants = await context.withOperations(command, { offline: true }, (operations) => operations.wants())
      if (csv === undefined) context.show(wants, () => wantsText(wants))
      else if (csv === '-') context.terminal.output.write(`${writeCsv(wantRows(wants))}\n`)
      else {
        await writeDurably(
          sharedDisk,
          resolve(context.program.workingDirectory, csv),
          Buffer.from(`${writeCsv(wantRows(wants))}\n`)
        )
        context.say(`${countText(wants.length, 'line', 'lines')} in ${printable(csv)}`)
      }
    })
}

function wantsText(wants: readonly Want[]): string {
  if (wants.length === 0) return 'Nobody asked for anything that is not here.'
  return table([
    ['PACKAGE', 'FOR', 'LEARNERS', 'TIMES', 'WHO'],
    ...wants.map(({ collection, name, target, learners, count, who }) => [
      `${printable(name)} (${collection})`,
      printable(target ?? '-'),
      String(learners),
      String(count),
      printable(who.join(' '))
    ])
  ])
}
