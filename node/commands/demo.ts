import { type Command, InvalidArgumentError, Option } from 'commander'
import { LOG_LEVELS } from '../config/config.ts'
import type { CommandContext } from './context.ts'

/** Three ports from here on must be possible. */
const MAX_FIRST_PORT = 65_000

export function addDemo(program: Command, context: CommandContext): void {
  const demo = program
    .command('demo')
    .summary('see it work: a room of three devices on this computer')
    .description(
      'Runs three devices on this computer with a small sample workshop, shows how to use the room, and lets you unplug one of them.\nEverything is temporary and gone after Ctrl-C.'
    )
    .option('--port <number>', 'first of three ports', parseFirstPort, 8080)
    .addOption(new Option('--log-level <level>', 'what the three devices tell').choices(LOG_LEVELS).default('error'))
    .action(async (options: { port: number; logLevel: string }) => {
      const { runDemo } = await import('../demo/demo.ts')
      await runDemo(context, { firstPort: options.port, logLevel: options.logLevel })
    })
  addOrder(demo, context, 'unplug', 'unplug device 1, 2 or 3 of the running demo, as if its plug were pulled')
  addOrder(demo, context, 'plug', 'plug it in again')
}

function addOrder(demo: Command, context: CommandContext, verb: 'plug' | 'unplug', description: string): void {
  demo
    .command(verb)
    .argument('<device>', '1, 2 or 3', parseDevice)
    .description(description)
    .action(async (device: number) => {
      const { demoSocketPath, sendOrder } = await import('../demo/remote-control.ts')
      const { temporaryDirectory, userId } = context.program
      const answer = await sendOrder(demoSocketPath(temporaryDirectory, userId), `${verb} ${device}`)
      context.show({ answer }, () => answer)
    })
}

function parseDevice(text: string): number {
  if (!/^[1-3]$/.test(text)) throw new InvalidArgumentError('1, 2 or 3')
  return Number(text)
}

function parseFirstPort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > MAX_FIRST_PORT)
    throw new InvalidArgumentError(`a whole number from 1 to ${MAX_FIRST_PORT}`)
  return port
}
