import type { Command } from 'commander'
import type { UnplugAnswer } from '../control/operations.ts'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { bytesText, countText, durationText, printable } from './printable.ts'

export function addUnplug(program: Command, context: CommandContext): void {
  program
    .command('unplug')
    .summary('ask whether a device may be unplugged')
    .argument('[device]', 'name or end of the id of the device; without it, this one')
    .description('Says whether anything would be missed without a device. Changes nothing. Exit code 4: not yet.')
    .action(async (device: string | undefined, _options: object, command: Command) => {
      const answer = await context.withOperations(command, { offline: false }, (operations) =>
        operations.safeToUnplug(device === undefined ? {} : { device })
      )
      if (!answer.safe) context.exitCode = EXIT.partly
      context.show(answer, () => unplugText(answer))
    })
}

function unplugText(answer: UnplugAnswer): string {
  const name = printable(answer.name)
  if (answer.safe) return `${name} may be unplugged: everything on it is elsewhere too.`
  const only =
    answer.onlyHereFiles > 0
      ? ` ${countText(answer.onlyHereFiles, 'file is', 'files are')} only there (${bytesText(answer.onlyHereBytes)}).`
      : ''
  const left = answer.remainingMs === undefined ? '' : ` About ${durationText(answer.remainingMs)} left.`
  return `Do not unplug ${name} yet: ${printable(answer.reason ?? 'it still copies')}.${only}${left}`
}
