import type { Command } from 'commander'
import type { HistoryVersion } from '../control/operations.ts'
import type { CommandContext } from './context.ts'
import { bytesText, table } from './printable.ts'

export function addHistory(program: Command, context: CommandContext): void {
  program
    .command('history')
    .summary('earlier versions of a collection')
    .argument('<collection>', 'such as lessons')
    .description('Lists the versions of a collection, newest first. `joinery rollback` returns to one.')
    .action(async (collection: string, _options: object, command: Command) => {
      const versions = await context.withOperations(command, { offline: true }, (operations) =>
        operations.history({ collection })
      )
      context.show(versions, () => historyText(versions))
    })
}

function historyText(versions: readonly HistoryVersion[]): string {
  return table([
    ['VERSION', 'WHAT', 'FILES', 'SIZE', 'BY', 'WHEN (its clock)', ''],
    ...versions.map((one) => [
      one.version,
      one.action,
      String(one.files),
      bytesText(one.sizeBytes),
      one.device,
      one.wallMs === undefined ? '-' : new Date(one.wallMs).toISOString().slice(0, 16).replace('T', ' '),
      one.current ? 'current' : ''
    ])
  ])
}
