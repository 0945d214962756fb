import type { Command } from 'commander'
import type { Finding } from '../control/operations.ts'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { printable } from './printable.ts'

export function addDoctor(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .summary('find out what is wrong')
    .description(
      'Looks at this device, its disk and its network, and says what is wrong and what to do: devices that cannot see each other, a full disk, a card that was copied.\nExit code 4: it found a problem.'
    )
    .action(async (_options: object, command: Command) => {
      await context.withOperations(command, { offline: true }, async (operations) => {
        for await (const finding of operations.doctor({}, context.signal)) {
          if (finding.level === 'problem') context.exitCode = EXIT.partly
          context.show(finding, () => findingText(context, finding))
        }
      })
    })
}

function findingText(context: CommandContext, finding: Finding): string {
  const marks = {
    ok: context.style('green', 'ok      '),
    warning: context.style('yellow', 'warning '),
    problem: context.style('red', 'problem ')
  }
  const code = finding.level === 'ok' ? '' : ` (${finding.code})`
  const next = finding.next === undefined ? '' : `\n         ${printable(finding.next)}`
  return `${marks[finding.level]} ${printable(finding.text)}${code}${next}`
}
