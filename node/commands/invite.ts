import { type Command, InvalidArgumentError } from 'commander'
import { renderUnicodeCompact } from 'uqr'
import { JoineryError } from '../../protocols/errors.ts'
import { MAX_INVITED_DEVICES, USUAL_INVITED_DEVICES } from '../../protocols/invitation.ts'
import { handoutLine, openHandout } from '../install/index.ts'
import type { CommandContext } from './context.ts'
import { ownDirectory } from './install.ts'
import { countText } from './printable.ts'

export function addInvite(program: Command, context: CommandContext): void {
  program
    .command('invite')
    .summary('let further devices in')
    .description(
      'Makes an invitation: a text (and a QR code) with which other devices join this room, even when no device of the room is near.\nKeep it to yourself: whoever has it can bring a device in.'
    )
    .option(
      '--line',
      'print one line that makes a Pi or a laptop a further device, with the program from this device: no internet needed'
    )
    .option(
      '--uses <number>',
      `how many devices it lets in (1 to ${MAX_INVITED_DEVICES})`,
      parseUses,
      USUAL_INVITED_DEVICES
    )
    .addHelpText(
      'after',
      `
Example, for three further devices:
  joinery invite --uses 3
and on each of them:
  joinery start --join INVITATION

Onto computers that have nothing yet, in a room without internet: this prints what to paste there
  joinery invite --line`
    )
    .action(async ({ uses, line }: { uses: number; line?: true }, command: Command) => {
      if (line) return await printLine(context, uses, command)
      const invitation = await context.withOperations(command, { offline: true }, (operations) =>
        operations.invite({ uses })
      )
      context.show(invitation, () => {
        const lines = [invitation.text]
        if (context.terminal.outputIsTerminal)
          lines.push(
            '',
            qrText(invitation.text),
            '',
            `Lets in ${countText(uses, 'device', 'devices')}. On each: joinery start --join INVITATION`,
            'For a computer that has nothing yet, one line to paste there: joinery invite --line'
          )
        return lines.join('\n')
      })
    })
}

/** The program comes over plain HTTP; what makes it safe is its hash, which this terminal gives and not the network. */
async function printLine(context: CommandContext, uses: number, command: Command): Promise<void> {
  const handout = await openHandout(context.program.disk, ownDirectory()).describe()
  const made = await context.withOperations(command, { offline: false }, async (operations) => {
    const [address] = (await operations.status()).addresses
    if (address === undefined) throw new JoineryError('USAGE', 'this device has no address that others could reach')
    return { invitation: await operations.invite({ uses }), address }
  })
  const line = handoutLine(handout, made.address, made.invitation.text)
  context.show({ ...made.invitation, line, address: made.address, ...handout }, () => line)
}

/** Light modules are drawn, so that it reads on a dark terminal; scanners cope with the inverse on a light one. */
function qrText(text: string): string {
  return renderUnicodeCompact(text, { ecc: 'L', border: 2 })
}

function parseUses(text: string): number {
  const uses = Number(text)
  if (!Number.isInteger(uses) || uses < 1 || uses > MAX_INVITED_DEVICES)
    throw new InvalidArgumentError(`a whole number from 1 to ${MAX_INVITED_DEVICES}`)
  return uses
}
