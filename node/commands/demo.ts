import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CommandContext } from './context.ts'

/** Three ports from here on must be possible. */
const MAX_FIRST_PORT = 65_000

export function addDemo(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .summary('see it work: a room of three devices on this computer')
    .description(
      'Runs three devices on this computer with a small sample workshop, shows how to use the room, and lets you unplug one of them.\nEverything is temporary and gone after Ctrl-C.'
    )
    .option('--port <number>', 'first of three ports', parseFirstPort, 8080)
    .addOption(new Option('--log-level <level>', 'what the three devices tell').default('error'))
    .action(async (options: { port: number; logLevel: string }) => {
      context.exitCode = await context.program.demo(
        { firstPort: options.port, logLevel: options.logLevel },
        context.terminal,
        context.signal
      )
    })
}

function parseFirstPort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > MAX_FIRST_PORT)
    throw new InvalidArgumentError(`a whole number from 1 to ${MAX_FIRST_PORT}`)
  return port
}
