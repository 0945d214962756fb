import type { Command } from 'commander'
import type { CommandContext } from './context.ts'
import { printable } from './printable.ts'

export function addRemove(program: Command, context: CommandContext): void {
  program
    .command('remove')
    .summary('take a device out of the room')
    .argument('<device>', 'name or end of the id of the device')
    .option('--yes', 'do not ask')
    .description(
      'Takes a device out of the room for good. What it did until now stays; it can come back only with a new invitation.\nFor a device that was lost or stolen use `joinery stolen`.'
    )
    .action(async (device: string, options: { yes?: boolean }, command: Command) => {
      await context.confirm(`${printable(device)} will be taken out of the room.`, device, options.yes)
      const removed = await context.withOperations(command, { offline: false }, (operations) =>
        operations.remove({ device })
      )
      context.show(removed, () => `${printable(removed.name)} is no longer in the room.`)
    })
}
