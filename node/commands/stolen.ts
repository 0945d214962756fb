import type { Command } from 'commander'
import type { StolenDevice } from '../control/operations.ts'
import type { CommandContext } from './context.ts'
import { printable } from './printable.ts'

export function addStolen(program: Command, context: CommandContext): void {
  program
    .command('stolen')
    .summary('block a device that is in wrong hands')
    .argument('<device>', 'name or end of the id of the device')
    .option('--yes', 'do not ask')
    .description(
      'Takes a device out of the room, makes new keys for everything the devices share, and stops every invitation that it may know.\nDevices that are switched off now get the new keys when they come back; nobody has to do anything there.'
    )
    .action(async (device: string, options: { yes?: boolean }, command: Command) => {
      await context.confirm(
        `${printable(device)} will be blocked, and open invitations stop working.`,
        device,
        options.yes
      )
      const stolen = await context.withOperations(command, { offline: false }, (operations) =>
        operations.stolen({ device })
      )
      context.show(stolen, () => stolenText(stolen))
    })
}

function stolenText(stolen: StolenDevice): string {
  const lines = [`${printable(stolen.name)} is blocked. The room has new keys.`]
  if (stolen.revokedInvitations.length > 0) {
    lines.push('Invitations that no longer work; make them again with `joinery invite`:')
    for (const one of stolen.revokedInvitations)
      lines.push(`  ${one.id.slice(0, 8)}  ${one.usesLeft} of ${one.uses} uses were left`)
  }
  if (stolen.toCheck.length > 0) {
    lines.push('Let in with an invitation that the thief may have read. Look whether you know them all:')
    for (const one of stolen.toCheck) lines.push(`  ${printable(one.name)}  ${one.id.slice(-8)}`)
  }
  return lines.join('\n')
}
