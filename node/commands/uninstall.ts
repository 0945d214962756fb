import { resolve } from 'node:path'
import type { Command } from 'commander'
import { hasCode } from '../../protocols/errors.ts'
import { createControlClient } from '../control/control-client.ts'
import { controlSocketPath } from '../control/socket-path.ts'
import { planUninstall } from '../install/index.ts'
import type { CommandContext } from './context.ts'
import { carryOut, machineState } from './install.ts'
import { printable } from './printable.ts'

interface UninstallOptions {
  deleteData?: boolean
  root?: string
  yes?: boolean
}

export function addUninstall(program: Command, context: CommandContext): void {
  program
    .command('uninstall')
    .summary('remove the service from this computer')
    .description(
      'Stops the service and removes the program. The data stay, so that `joinery install` goes on with them, unless --delete-data is given.'
    )
    .option('--delete-data', 'also delete what this device holds: its key, its files, its part of the room')
    .option('--root <folder>', 'remove it from this folder, as from an image')
    .option('--yes', 'do not ask')
    .action(async (options: UninstallOptions, _command: Command) => {
      const root = resolve(options.root ?? '/')
      const deleteData = options.deleteData === true
      const machine = await machineState(context, root, [])
      const plan = planUninstall(machine, { elsewhere: root !== '/', deleteData })
      if (deleteData) {
        const lost = root === '/' ? await whatIsLost(context, plan.dataDirectory) : 'Whatever only it holds is lost.'
        await context.confirm(`Everything in ${plan.dataDirectory} is deleted. ${lost}`, 'delete', options.yes)
      }
      await carryOut(context, plan, root, { folders: [] })
      context.show({ dataDirectory: plan.dataDirectory, dataDeleted: deleteData }, () =>
        deleteData ? 'Removed, with all its data.' : `Removed. The data are still in ${plan.dataDirectory}.`
      )
    })
}

/** The answer of the device itself, which runs until it is removed. */
async function whatIsLost(context: CommandContext, dataDirectory: string): Promise<string> {
  const socketPath = controlSocketPath(dataDirectory, context.program.temporaryDirectory)
  try {
    const answer = await createControlClient({ socketPath, version: context.program.version }).safeToUnplug({})
    if (answer.safe) return 'The other devices hold everything that is here.'
    return `NOT everything is elsewhere: ${printable(answer.reason ?? 'it still copies')} \`joinery leave --drain\` moves it first.`
  } catch (error) {
    if (hasCode(error, 'NO_ROOM')) return 'It belongs to no room.'
    return 'It does not run, so nobody can say whether the others hold everything: whatever only it holds is lost.'
  }
}
