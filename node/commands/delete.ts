import type { Command } from 'commander'
import type { CommandContext } from './context.ts'
import { countText, printable } from './printable.ts'

export function addDelete(program: Command, context: CommandContext): void {
  program
    .command('delete')
    .summary('take files out of a collection')
    .argument('<collection>', 'such as lessons')
    .argument('<path>', 'a file, or everything below a path that ends with /')
    .option('--yes', 'do not ask')
    .description(
      'Takes files out of a collection on every device. `joinery history` and `joinery rollback` bring them back.'
    )
    .action(async (collection: string, path: string, options: { yes?: boolean }, command: Command) => {
      await removeContent(context, command, collection, path, options.yes)
    })
}

export async function removeContent(
  context: CommandContext,
  command: Command,
  collection: string,
  path: string,
  yes: boolean | undefined
): Promise<void> {
  await context.confirm(`${printable(path)} will be taken out of ${printable(collection)}.`, 'delete', yes)
  const removed = await context.withOperations(command, { offline: true }, (operations) =>
    operations.removePath({ collection, path })
  )
  context.show(
    removed,
    () => `${countText(removed.removed, 'file', 'files')} taken out; now at version ${removed.version}.`
  )
}
