import type { Command } from 'commander'
import type { CommandContext } from './context.ts'
import { printable } from './printable.ts'

export function addRollback(program: Command, context: CommandContext): void {
  program
    .command('rollback')
    .summary('return a collection to an earlier version')
    .argument('<collection>', 'such as lessons')
    .argument('<version>', 'as `joinery history` shows it')
    .option('--yes', 'do not ask')
    .description(
      'Makes an earlier version of a collection the current one, on every device. It is a new version itself, so nothing is lost.'
    )
    .action(async (collection: string, version: string, options: { yes?: boolean }, command: Command) => {
      await context.confirm(
        `${printable(collection)} returns to version ${printable(version)}.`,
        collection,
        options.yes
      )
      const current = await context.withOperations(command, { offline: true }, (operations) =>
        operations.rollback({ collection, version })
      )
      context.show(
        current,
        () => `${printable(collection)} is as it was in ${printable(version)}; its version is now ${current.version}.`
      )
    })
}
