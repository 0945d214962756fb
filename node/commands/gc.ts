import type { Command } from 'commander'
import type { CommandContext } from './context.ts'
import { bytesText, countText } from './printable.ts'

export function addGc(program: Command, context: CommandContext): void {
  program
    .command('gc')
    .summary('free disk that nothing needs')
    .option('--dry-run', 'only say what would go')
    .description(
      'Removes files that no collection names any more, and what unfinished downloads left. Never the last copy of anything.'
    )
    .action(async (options: { dryRun?: boolean }, command: Command) => {
      const dryRun = options.dryRun === true
      const result = await context.withOperations(command, { offline: true }, (operations) =>
        context.follow(operations.gc({ dryRun }, context.signal))
      )
      context.say(
        `${countText(result.removedFiles, 'file', 'files')} (${bytesText(result.removedBytes)}) and ${countText(
          result.removedPartials,
          'left-over',
          'left-overs'
        )} ${dryRun ? 'would go.' : 'removed.'}`
      )
    })
}
