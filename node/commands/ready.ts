import type { Command } from 'commander'
import { READY_STEPS, type ReadyReport } from '../../protocols/ready-report.ts'
import { roomTextsIn } from '../../web-client/room/texts.ts'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { printable } from './printable.ts'

export function addReady(program: Command, context: CommandContext): void {
  program
    .command('ready')
    .summary('ready for class? tries everything as a learner would')
    .description(
      'Tries pip, R, a lesson, a note and git through every device of the room, takes away what it made, and prints a report.\nExit code 4: something did not work.'
    )
    .action(async (_options: object, command: Command) => {
      await context.withOperations(command, { offline: false }, async (operations) => {
        const report = await context.follow(operations.ready({}, context.signal))
        if (!report.ready) context.exitCode = EXIT.partly
        context.say(reportText(context, report))
      })
    })
}

function reportText(context: CommandContext, { ready, devices }: ReadyReport): string {
  const words = roomTextsIn('en').ready
  const lines: string[] = []
  for (const { name, address, steps } of devices) {
    lines.push(`${context.style('bold', printable(name))}${address === undefined ? '' : `  ${address}`}`)
    for (const step of READY_STEPS) {
      const found = steps.find((one) => one.step === step)
      if (!found) continue
      const { outcome, tookMs, detail } = found
      const mark =
        outcome === 'ok'
          ? context.style('green', words.ok)
          : outcome === 'failed'
            ? context.style('red', words.failed)
            : words.missing
      const more =
        outcome === 'failed' && detail !== undefined
          ? `  ${printable(detail)}`
          : outcome === 'ok'
            ? `  ${(tookMs / 1000).toFixed(1)} s`
            : ''
      lines.push(`  ${words.steps[step].padEnd(8)} ${mark}${more}`)
    }
  }
  lines.push(ready ? context.style('green', words.good) : context.style('red', words.bad))
  return lines.join('\n')
}
