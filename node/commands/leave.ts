import type { Command } from 'commander'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { bytesText, countText } from './printable.ts'

export function addLeave(program: Command, context: CommandContext): void {
  program
    .command('leave')
    .summary('take this device out of its room')
    .option('--drain', 'first move everything off this device, so that nothing is missed')
    .option('--yes', 'do not ask')
    .description(
      'Takes this device out of its room. With --drain it waits until every file has enough copies elsewhere.'
    )
    .action(async (options: { drain?: boolean; yes?: boolean }, command: Command) => {
      const drain = options.drain === true
      await context.confirm(
        drain
          ? 'This device moves its files off and leaves the room.'
          : 'This device leaves the room at once; files that only it has are missed.',
        'leave',
        options.yes
      )
      const left = await context.withOperations(command, { offline: false }, (operations) =>
        context.follow(operations.leave({ drain }, context.signal))
      )
      if (drain && !left.drained) context.exitCode = EXIT.partly
      context.say(
        `${countText(left.movedFiles, 'file', 'files')} moved (${bytesText(left.movedBytes)}). ${
          left.drained ? 'Nothing is missed without this device.' : 'It left without moving everything off.'
        }`
      )
    })
}
