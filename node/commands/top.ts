import type { Command } from 'commander'
import { afterChange, type RoomGlance } from '../../protocols/room-glance.ts'
import type { CommandContext } from './context.ts'
import { glanceText } from './glance-text.ts'

/** Home, and clear to the end: what was there before is painted over without a flicker. */
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'
const CLEAR_ALL = '\u001b[2J'

export function addTop(program: Command, context: CommandContext): void {
  program
    .command('top')
    .summary('the room, live')
    .description(
      'Shows the devices of the room, what they copy, who needs help and what to look at, and follows it until Ctrl-C.\nWith --json: one change a line, the first one whole.'
    )
    .action(async (_options: object, command: Command) => {
      await context.withOperations(command, { offline: false }, async (operations) => {
        const { output, outputIsTerminal } = context.terminal
        // Into a file or another program: once, when all have said how they are.
        if (!outputIsTerminal && !context.json) {
          output.write(`${glanceText(context, await operations.glance())}\n`)
          return
        }
        let glance: RoomGlance | undefined
        try {
          for await (const change of operations.watch({}, context.signal)) {
            if (context.json) {
              output.write(`${JSON.stringify(change)}\n`)
              continue
            }
            const isFirst = glance === undefined
            glance = afterChange(glance, change)
            if (!glance) continue
            const lines = glanceText(context, glance).split('\n')
            output.write(
              `${isFirst ? CLEAR_ALL : ''}${HOME}${lines.map((line) => line + CLEAR_LINE).join('\n')}${CLEAR_BELOW}\n`
            )
          }
        } catch (error) {
          // Ctrl-C is how one leaves.
          if (!context.signal.aborted) throw error
        }
      })
    })
}
