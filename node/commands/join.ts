import type { Command } from 'commander'
import { JoineryError } from '../../protocols/errors.ts'
import type { CommandContext } from './context.ts'
import { printable } from './printable.ts'
import { askRoomNearby } from './start.ts'

export function addJoin(program: Command, context: CommandContext): void {
  program
    .command('join')
    .summary('join a room')
    .argument('[invitation]', 'what `joinery invite` printed; without it a room nearby is asked')
    .description(
      'Joins a room. With an invitation it works at once, even without a network and before the device runs.\nWithout one the device has to run: it asks a room nearby, and a facilitator there compares a six-digit code.'
    )
    .option('--room <name>', 'of several rooms nearby, the one of this name')
    .addHelpText(
      'after',
      `
Examples:
  joinery join JOINERY:…               what \`joinery invite\` printed
  joinery join --room "Library workshop"   asks that room; a facilitator there types \`joinery approve\``
    )
    .action(async (invitation: string | undefined, { room }: { room?: string }, command: Command) => {
      if (invitation === undefined) {
        await context.withOperations(command, { offline: false }, (operations) =>
          askRoomNearby(context, operations, room)
        )
        return
      }
      if (room !== undefined) throw new JoineryError('USAGE', 'an invitation names its room: leave out --room')
      const joined = await context.withOperations(command, { offline: true, makesFolder: true }, (operations) =>
        operations.join({ invitation })
      )
      context.show(joined, () => `Joined the room ${printable(joined.name)} (${joined.roomId.slice(0, 8)}).`)
    })
}
