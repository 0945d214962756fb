import type { Command } from 'commander'
import type { PeerStatus } from '../control/operations.ts'
import type { CommandContext } from './context.ts'
import { bytesText, countText, printable, table } from './printable.ts'

export function addPeers(program: Command, context: CommandContext): void {
  program
    .command('peers')
    .summary('the devices of the room, and other rooms nearby')
    .description(
      'Lists the devices of the room: whether they are connected, what they hold, and whether they may be unplugged.'
    )
    .action(async (_options: object, command: Command) => {
      const found = await context.withOperations(command, { offline: false }, async (operations) => ({
        devices: await operations.peers(),
        neighbours: await operations.neighbours()
      }))
      context.show(found, () => {
        const rooms = found.neighbours.map(
          (one) =>
            `Nearby, another room: ${printable(one.name ?? one.roomId.slice(0, 8))} (${countText(one.devices, 'device', 'devices')})`
        )
        return [peersText(found.devices), ...rooms].join('\n')
      })
    })
}

function peersText(devices: readonly PeerStatus[]): string {
  if (devices.length === 0) return 'No other device is in this room yet: `joinery invite` lets some in.'
  const rows = devices.map((one) => [
    one.name + (one.self ? ' (this device)' : ''),
    one.role,
    one.connected ? 'connected' : 'away',
    one.remoteAddresses[0] ?? '-',
    // What it holds beyond its share, such as earlier versions, is not counted here.
    `${Math.min(one.heldFiles, one.wantedFiles)} of ${one.wantedFiles}`,
    one.missingBytes > 0 ? `${bytesText(one.missingBytes)} to copy` : 'complete',
    `${bytesText(one.usedBytes)} of ${bytesText(one.capacityBytes)}`,
    one.safeToUnplug ? 'yes' : `no${one.unplugReason === undefined ? '' : `: ${one.unplugReason}`}`,
    one.id.slice(-8)
  ])
  return table([['NAME', 'ROLE', 'STATE', 'ADDRESS', 'FILES', 'COPIES', 'DISK', 'SAFE TO UNPLUG', 'ID'], ...rows])
}
