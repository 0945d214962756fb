import type { Command } from 'commander'
import { JoineryError } from '../../protocols/errors.ts'
import type { CommandContext } from './context.ts'
import { firstFacilitatorText } from './person.ts'
import { printable } from './printable.ts'

export function addInit(program: Command, context: CommandContext): void {
  program
    .command('init')
    .summary('make a new room')
    .description('Makes a new room; this device is its first. Works whether or not the device is running.')
    .option('--name <name>', 'name of the room, such as "Library workshop"')
    .addHelpText(
      'after',
      `
Example:
  joinery init --name "Library workshop" && joinery start`
    )
    .action(async (options: { name?: string }, command: Command) => {
      let name = options.name
      if (name === undefined) {
        if (!context.terminal.interactive) throw new JoineryError('USAGE', 'a room needs a name: --name NAME')
        name = (await context.ask('Name of the room: ')).trim()
      }
      const room = { name }
      const created = await context.withOperations(command, { offline: true, makesFolder: true }, (operations) =>
        operations.createRoom(room)
      )
      context.show(
        created,
        () =>
          `Made the room ${printable(created.name)} (${created.roomId.slice(0, 8)}).\n${firstFacilitatorText(created.facilitator)}Next: \`joinery start\` unless it runs already, then \`joinery invite\` for the other devices.`
      )
    })
}
