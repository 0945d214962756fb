import type { Command } from 'commander'
import type { CommandContext } from './context.ts'
import { removeContent } from './delete.ts'
import { printable } from './printable.ts'

export function addRemove(program: Command, context: CommandContext): void {
  program
    .command('remove')
    .summary('take a device, or files of a collection, out of the room')
    .argument('<what>', 'name or end of the id of a device, or a path such as pypi/numpy/ or lessons/old-lesson/')
    .option('--yes', 'do not ask')
    .description(
      'Takes a device out of the room for good. What it did until now stays; it can come back only with a new invitation.\nFor a device that was lost or stolen use `joinery stolen`.'
    )
    .action(async (device: string, options: { yes?: boolean }, command: Command) => {
      const slash = device.indexOf('/')
      if (slash > 0) {
        await removeContent(context, command, device.slice(0, slash), device.slice(slash + 1), options.yes)
        return
      }
      await context.confirm(`${printable(device)} will be taken out of the room.`, device, options.yes)
      const removed = await context.withOperations(command, { offline: false }, (operations) =>
        operations.remove({ device })
      )
      context.show(removed, () => `${printable(removed.name)} is no longer in the room.`)
    })
}
