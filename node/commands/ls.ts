import type { Command } from 'commander'
import type { CollectionStatus, ListedFile } from '../control/operations.ts'
import type { CommandContext } from './context.ts'
import { policyText } from './policy.ts'
import { bytesText, printable, table } from './printable.ts'

const PAGE_FILES = 1_000

export function addLs(program: Command, context: CommandContext): void {
  program
    .command('ls')
    .summary('what is in the room')
    .argument('[collection]', 'such as lessons, pypi, cran or installers; without it, all collections')
    .argument('[prefix]', 'only paths that begin so')
    .description('Lists the collections of the room, or the files of one, with how many devices hold each.')
    .action(async (collection: string | undefined, prefix: string | undefined, _options: object, command: Command) => {
      await context.withOperations(command, { offline: true }, async (operations) => {
        if (collection === undefined) {
          const collections = await operations.collections()
          context.show(collections, () => collectionsText(collections))
          return
        }
        let after: string | undefined
        for (;;) {
          const page = await operations.ls({
            collection,
            limit: PAGE_FILES,
            ...(prefix !== undefined && { prefix }),
            ...(after !== undefined && { after })
          })
          for (const file of page.files) context.show(file, () => fileText(file))
          after = page.files.at(-1)?.path
          if (!page.more || after === undefined || context.signal.aborted) return
        }
      })
    })
}

function collectionsText(collections: readonly CollectionStatus[]): string {
  if (collections.length === 0) return 'Nothing yet: `joinery import FOLDER` brings a workshop in.'
  return table([
    ['COLLECTION', 'FILES', 'SIZE', 'HERE', 'VERSION', 'COPIES', 'SHORT OF COPIES'],
    ...collections.map((one) => [
      one.name,
      String(one.files),
      bytesText(one.sizeBytes),
      `${one.heldFiles} files, ${bytesText(one.heldBytes)}`,
      one.version,
      policyText(one.policy),
      one.shortOfCopies === 0 ? '-' : String(one.shortOfCopies)
    ])
  ])
}

/** A line per file, in columns of fixed width since the list is not held in memory. */
function fileText(file: ListedFile): string {
  const copies = `${file.copies}${file.here ? ' (here)' : ''}`
  return `${bytesText(file.sizeBytes).padStart(8)}  ${copies.padEnd(10)}  ${printable(file.path)}`
}
