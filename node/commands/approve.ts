import type { Command } from 'commander'
import { JoineryError } from '../../protocols/errors.ts'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { printable, table } from './printable.ts'

export function addApprove(program: Command, context: CommandContext): void {
  program
    .command('approve')
    .summary('let in a device that asks')
    .argument('[device]', 'name or end of the id of the device')
    .argument('[code]', 'the six digits that the other device shows')
    .description(
      'Without arguments it lists the devices that ask to be let in, with their codes.\nCompare a code with the one on the other device: only when they are the same it is that device and nobody between.'
    )
    .addHelpText(
      'after',
      `
Example:
  joinery approve pi-4 "402 771"`
    )
    .action(async (device: string | undefined, code: string | undefined, _options: object, command: Command) => {
      if (device === undefined) {
        const waiting = await context.withOperations(command, { offline: false }, (operations) => operations.askers())
        context.show(waiting, () =>
          waiting.length === 0
            ? 'No device asks to be let in.'
            : table([
                ['NAME', 'CODE', 'ID'],
                ...waiting.map((one) => [one.name, one.code ?? 'not yet', one.id.slice(-8)])
              ])
        )
        return
      }
      const digits = (code ?? (await askCode(context))).replace(/[\s-]/g, '')
      if (!/^\d{6}$/.test(digits)) throw new JoineryError('USAGE', 'a code has six digits')
      const approved = await context.withOperations(command, { offline: false }, (operations) =>
        operations.approve({ device, code: digits })
      )
      context.show(approved, () => `${printable(approved.name)} is in the room.`)
      context.exitCode = EXIT.ok
    })
}

/** Typed from the other device's screen and not shown here first: so that they are really compared. */
async function askCode(context: CommandContext): Promise<string> {
  if (!context.terminal.interactive) throw new JoineryError('USAGE', 'the code of the device is missing')
  return await context.ask('Six digits that the other device shows: ')
}
