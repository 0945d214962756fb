import type { Command } from 'commander'
import type { NodeStatus } from '../control/operations.ts'
import type { CommandContext } from './context.ts'
import { glanceText } from './glance-text.ts'
import { bytesText, countText, durationText, printable } from './printable.ts'

export function addStatus(program: Command, context: CommandContext): void {
  program
    .command('status')
    .summary('how this device and its room are')
    .description('Shows how this device is, what it holds, and what a person should look at.')
    .action(async (_options: object, command: Command) => {
      await context.withOperations(command, { offline: false }, async (operations) => {
        const status = await operations.status()
        // Programs ask for the figures of one device; people want to see the room.
        const glance = context.json || !status.room ? undefined : await operations.glance()
        context.show(status, () =>
          [statusText(context, status), ...(glance ? ['', glanceText(context, glance)] : [])].join('\n')
        )
      })
    })
}

function statusText(context: CommandContext, status: NodeStatus): string {
  const { device, room, blobs, journal, overview } = status
  const others = overview.devices.filter((one) => !one.self)
  const connected = others.filter((one) => one.connected).length
  const lines = [
    `${context.style('bold', printable(device.name))} (${device.role}), running for ${durationText(status.uptimeMs)}, version ${status.version}`,
    room
      ? `Room      ${printable(room.name)} (${room.id.slice(0, 8)})`
      : 'Room      none yet: `joinery init` or `joinery join`',
    `Address   ${status.addresses.join('  ')}`,
    `Devices   ${others.length === 0 ? 'only this one' : `this one, and ${connected} of ${countText(others.length, 'other', 'others')} connected`}`,
    `Files     ${countText(blobs.held, 'file', 'files')} here (${bytesText(blobs.heldBytes)}), ${
      blobs.missing === 0 ? 'all copied' : `${bytesText(blobs.missingBytes)} still to copy`
    }, ${bytesText(blobs.freeDiskBytes)} free`,
    `Record    ${countText(journal.batches, 'batch', 'batches')} of entries (${bytesText(journal.bytes)})`
  ]
  if (overview.waiting.length > 0)
    lines.push(
      `Waiting   ${countText(overview.waiting.length, 'device asks', 'devices ask')} to be let in: \`joinery approve\``
    )
  if (overview.neighbours.length > 0)
    lines.push(`Nearby    ${countText(overview.neighbours.length, 'other room', 'other rooms')}`)
  for (const problem of status.problems) lines.push(context.noticeText({ level: 'problem', ...problem }))
  return lines.join('\n')
}
