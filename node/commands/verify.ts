import type { Command } from 'commander'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { bytesText, countText, printable } from './printable.ts'

export function addVerify(program: Command, context: CommandContext): void {
  program
    .command('verify')
    .summary('read every file again and check it')
    .description(
      'Reads every file on this device and checks that not a bit has changed. Rotten ones are put aside and fetched again from another device.\nWorks whether or not the device is running. Exit code 4: something is rotten and not repaired.'
    )
    .action(async (_options: object, command: Command) => {
      const result = await context.withOperations(command, { offline: true }, (operations) =>
        context.follow(operations.verify({}, context.signal))
      )
      const broken = result.rotten.filter((one) => !one.repaired)
      if (broken.length > 0) context.exitCode = EXIT.partly
      context.say(
        `${countText(result.files, 'file', 'files')} checked (${bytesText(result.bytes)}): ${verdict(result.rotten.length, broken.length)}`
      )
      for (const one of broken) context.say(`  ${printable(one.path ?? one.cid)}`)
    })
}

function verdict(rotten: number, broken: number): string {
  if (rotten === 0) return 'all as they should be.'
  if (broken === 0) return `${countText(rotten, 'was', 'were')} rotten and fetched again.`
  return `${countText(broken, 'is', 'are')} rotten and not repaired yet:`
}
