import type { Command } from 'commander'
import type { CommandContext } from './context.ts'

export function addVersion(program: Command, context: CommandContext): void {
  program
    .command('version')
    .summary('version of this program')
    .description('Prints the version of Joinery and of the Node.js that runs it.')
    .action(() => {
      const found = {
        joinery: context.program.version,
        node: process.version,
        system: `${process.platform}-${process.arch}`
      }
      context.show(found, () => `Joinery ${found.joinery} (Node.js ${found.node}, ${found.system})`)
    })
}
