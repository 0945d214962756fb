import { resolve } from 'node:path'
import { Argument, type Command, Option } from 'commander'
import { readCsv, writeCsv } from '../../protocols/csv.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { PersonRole } from '../../protocols/people.ts'
import type { Operations } from '../control/operations.ts'
import type { PersonLine } from '../control/person-operations.ts'
import { MAX_RESET_FILE_BYTES, nameInResetFile } from '../people/index.ts'
import { readSmallFile } from '../platform/durable-file.ts'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { printable, table } from './printable.ts'

const ROLES: readonly PersonRole[] = ['learner', 'helper', 'facilitator']
/** Some thousand names. */
const MAX_LIST_BYTES = 256 * 1024
const CODE_ADVICE = 'Hand the code over on paper: it is not shown again. It is also the password for git.'

export function addPerson(program: Command, context: CommandContext): void {
  const person = program
    .command('person')
    .summary('accounts: add, list, role, code, remove')
    .description(
      'The accounts of the room. Learners make their own at /sign-up; this is for the facilitator.\nA person signs in with a name and a code that is made here.'
    )

  person
    .command('add')
    .summary('make an account and its code')
    .argument('<name>', 'as the person writes it, such as "Ana María"')
    .addOption(new Option('--role <role>', 'what they may do').choices(ROLES).default('learner'))
    .action(async (name: string, { role }: { role: PersonRole }, command: Command) => {
      const added = await context.withOperations(command, { offline: true }, (operations) =>
        operations.addPerson({ name, role })
      )
      context.show(added, () => accountText(added))
    })

  person
    .command('import')
    .summary('make accounts from a list')
    .description(
      'Reads a CSV file (name, role; the role may be left out) and prints name, shown name, role and code as CSV.\nLines that cannot be used are named; the others are done.'
    )
    .argument('<file>', 'such as names.csv')
    .action(async (file: string, _options: object, command: Command) => {
      const path = resolve(context.program.workingDirectory, file)
      const bytes = await readSmallFile(context.program.disk, path, MAX_LIST_BYTES)
      if (!bytes) throw new JoineryError('NOT_FOUND', `there is no file ${path}`)
      const lines = readCsv(new TextDecoder().decode(bytes))
      const made = await context.withOperations(command, { offline: true }, (operations) =>
        addAll(context, operations, lines)
      )
      context.show(made, () => writeCsv([['name', 'shown name', 'role', 'code'], ...made.map(accountCells)]))
    })

  person
    .command('list')
    .summary('who has an account')
    .option('--csv', 'as CSV, for a spreadsheet')
    .action(async (options: { csv?: boolean }, command: Command) => {
      const people = await context.withOperations(command, { offline: true }, (operations) => operations.people())
      context.show(people, () => (options.csv ? writeCsv(people.map(personCells)) : peopleText(people)))
    })

  person
    .command('role')
    .summary('make somebody learner, helper or facilitator')
    .argument('<name>')
    .addArgument(new Argument('<role>').choices(ROLES))
    .action(async (name: string, role: PersonRole, _options: object, command: Command) => {
      const changed = await context.withOperations(command, { offline: true }, (operations) =>
        operations.setRole({ name, role })
      )
      context.show(changed, () => `${printable(changed.name)} is ${changed.role} now.`)
    })

  person
    .command('code')
    .summary('hand out a new code instead of a lost one')
    .description('Makes a new code. The old one no longer works, and browsers that were signed in are signed out.')
    .argument('<name>')
    .action(async (name: string, _options: object, command: Command) => {
      const renewed = await context.withOperations(command, { offline: true }, (operations) =>
        operations.newCode({ name })
      )
      context.show(renewed, () => accountText(renewed))
    })

  person
    .command('recover')
    .summary('a new code for a facilitator who is locked out')
    .description(
      'Reads a text file with the name of whoever is locked out; an empty one means the first facilitator.\nAn installed device does this by itself at its start when its boot drive holds a file joinery-reset.txt.'
    )
    .argument('<file>')
    .action(async (file: string, _options: object, command: Command) => {
      const path = resolve(context.program.workingDirectory, file)
      const found = await context.program.disk.stat(path)
      if (found && found.sizeBytes > MAX_RESET_FILE_BYTES)
        throw new JoineryError('RESET_FILE_UNREADABLE', `the file has more than ${MAX_RESET_FILE_BYTES} bytes`)
      const bytes = await readSmallFile(context.program.disk, path, MAX_RESET_FILE_BYTES)
      if (!bytes) throw new JoineryError('NOT_FOUND', `there is no file ${path}`)
      const name = nameInResetFile(bytes)
      const renewed = await context.withOperations(command, { offline: true }, (operations) =>
        operations.recoverPerson(name === undefined ? {} : { name })
      )
      context.show(renewed, () => accountText(renewed))
    })

  person
    .command('sign-up')
    .summary('who may make an account: open or closed')
    .description(
      'Closed, accounts come from a facilitator only; who has one signs in as before. Without a word it says how it is.'
    )
    .addArgument(new Argument('[state]').choices(['open', 'closed']))
    .action(async (state: string | undefined, _options: object, command: Command) => {
      const set = await context.withOperations(command, { offline: true }, (operations) =>
        state === undefined ? operations.signUp() : operations.setSignUp({ open: state === 'open' })
      )
      context.show(set, () => (set.open ? 'Signing up is open.' : 'Signing up is closed.'))
    })

  person
    .command('remove')
    .summary('remove an account for good')
    .argument('<name>')
    .option('--yes', 'do not ask')
    .action(async (name: string, options: { yes?: boolean }, command: Command) => {
      await context.confirm(`The account ${printable(name)} will be removed on every device.`, name, options.yes)
      const removed = await context.withOperations(command, { offline: true }, (operations) =>
        operations.removePerson({ name })
      )
      context.show(removed, () => `${printable(removed.name)} has no account any more.`)
    })
}

interface AccountLine {
  person: PersonLine
  code: string
}

async function addAll(
  context: CommandContext,
  operations: Operations,
  lines: readonly (readonly string[])[]
): Promise<AccountLine[]> {
  const made: AccountLine[] = []
  for (const [at, [name = '', given = '']] of lines.entries()) {
    // The first line of a list that a spreadsheet wrote names its columns.
    if (at === 0 && /^(?:name|nombre|nom|nome)$/i.test(name.trim())) continue
    const role = ROLES.find((one) => one === (given.trim().toLowerCase() || 'learner'))
    try {
      if (!role) throw new JoineryError('USAGE', `${given} is no role`)
      made.push(await operations.addPerson({ name, role }))
    } catch (error) {
      if (!(error instanceof JoineryError) || error.status >= 500) throw error
      context.exitCode = EXIT.partly
      const text = `${name}: ${error.message}`
      context.warn(context.noticeText({ level: 'problem', code: error.code, text, next: error.next }))
    }
  }
  return made
}

function accountCells({ person, code }: AccountLine): string[] {
  return [person.name, person.shownName, person.role, code]
}

function personCells({ name, shownName, role }: PersonLine): string[] {
  return [name, shownName, role]
}

function accountText({ person, code }: { person: PersonLine; code: string }): string {
  return `${printable(person.shownName)} (${person.role})\nName: ${printable(person.name)}\nCode: ${code}\n${CODE_ADVICE}`
}

function peopleText(people: readonly PersonLine[]): string {
  if (people.length === 0) return 'Nobody has an account yet: `joinery person add NAME`, or /sign-up in a browser.'
  const rows = people.map((one) => [
    one.name + (one.mustChoose ? ' (is asked to choose another name)' : ''),
    one.shownName,
    one.role,
    String(one.sessions),
    one.id.slice(0, 8)
  ])
  return table([['NAME', 'SHOWN AS', 'ROLE', 'SIGNED IN', 'ID'], ...rows])
}

/** Of a room that was made just now. The code is shown this once: nobody can look it up. */
export function firstFacilitatorText(account: { name: string; code: string } | undefined): string {
  if (!account) return ''
  return `Your account as facilitator: name ${printable(account.name)}, code ${account.code}\nWrite the code down. Lost it? \`joinery person code ${printable(account.name)}\` makes a new one.\n`
}
