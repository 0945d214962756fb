/** `joinery …`: one file per verb in this folder, put together here. */
import { Command, CommanderError } from 'commander'
import { JoineryError } from '../../protocols/errors.ts'
import { nearest } from '../config/settings.ts'
import { addAdd } from './add.ts'
import { addApprove } from './approve.ts'
import { addCloud } from './cloud.ts'
import { addConfig } from './config.ts'
import { CommandContext, type GlobalOptions } from './context.ts'
import { addDelete } from './delete.ts'
import { addDemo } from './demo.ts'
import { addDoctor } from './doctor.ts'
import { EXIT, EXIT_CODES_HELP, exitCodeOf } from './exit-codes.ts'
import { addExport } from './export.ts'
import { addGc } from './gc.ts'
import { addHistory } from './history.ts'
import { addImport } from './import.ts'
import { addInit } from './init.ts'
import { addInstall } from './install.ts'
import { addInvite } from './invite.ts'
import { addJoin } from './join.ts'
import { addLeave } from './leave.ts'
import { addLs } from './ls.ts'
import { addNewClass, addTakeHome } from './new-class.ts'
import { addPeers } from './peers.ts'
import { addPerson } from './person.ts'
import { addPolicy } from './policy.ts'
import type { Program, Terminal } from './program.ts'
import { addReady } from './ready.ts'
import { addRemove } from './remove.ts'
import { addRollback } from './rollback.ts'
import { addStart } from './start.ts'
import { addStatus } from './status.ts'
import { addStolen } from './stolen.ts'
import { addTop } from './top.ts'
import { addUninstall } from './uninstall.ts'
import { addUnplug } from './unplug.ts'
import { addVerify } from './verify.ts'
import { addVersion } from './version.ts'
import { addWants } from './wants.ts'

/** As `joinery help` shows them. */
const GROUPS: readonly [title: string, add: readonly ((program: Command, context: CommandContext) => void)[]][] = [
  ['Run it:', [addStart, addDemo, addStatus, addTop, addReady, addPeers, addUnplug, addDoctor]],
  ['The room and its devices:', [addInit, addInvite, addJoin, addApprove, addRemove, addStolen, addLeave, addCloud]],
  ['The people of the room:', [addPerson, addTakeHome, addNewClass]],
  [
    'What is in the room:',
    [addImport, addAdd, addWants, addExport, addLs, addHistory, addRollback, addDelete, addPolicy]
  ],
  ['Upkeep:', [addInstall, addUninstall, addVerify, addGc, addConfig, addVersion]]
]

/**
 * Runs one command line and resolves with its exit code; nothing is thrown.
 *
 * @param words without the program's own name
 * @param signal aborts on Ctrl-C or SIGTERM: `start` then stops cleanly, other commands end with 130
 */
export async function runCommandLine(
  words: readonly string[],
  components: { program: Program; terminal: Terminal; signal: AbortSignal }
): Promise<number> {
  const context = new CommandContext(components)
  const commander = buildCommands(context)
  try {
    await commander.parseAsync([...words], { from: 'user' })
    return context.exitCode
  } catch (error) {
    if (error instanceof CommanderError) return await answerUsage(context, commander, error, words)
    if (components.signal.aborted) return EXIT.interrupted
    context.fail(error)
    return exitCodeOf(error)
  }
}

function buildCommands(context: CommandContext): Command {
  const { output, columns } = context.terminal
  const program = new Command('joinery')
  program
    .description('Turns a handful of small computers into one classroom server, without internet.')
    .option('--data <folder>', 'the data folder, and so the device that is meant (or JOINERY_DATA)')
    .option('--config <file>', 'settings from this file instead of the data folder’s config.toml')
    .option('--json', 'answer in JSON, for programs')
    .helpCommand('help [command]', 'how a command is used')
    .helpOption('-h, --help', 'how it is used')
    .showHelpAfterError(false)
    .addHelpText(
      'after',
      `\nFirst steps:\n  joinery demo                     see it work on this computer\n  joinery start                    run this device\n  joinery import FOLDER            bring a workshop in\n\n${EXIT_CODES_HELP}`
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void output.write(text),
      // Errors are written once, by us, with what to do next.
      writeErr: () => undefined,
      getOutHelpWidth: () => Math.min(columns, 100)
    })
    .hook('preAction', (_program, action) => {
      context.json = action.optsWithGlobals<GlobalOptions>().json === true
    })
  for (const [title, adds] of GROUPS) {
    program.commandsGroup(title)
    for (const add of adds) add(program, context)
  }
  for (const command of program.commands) {
    command.exitOverride().copyInheritedSettings(program)
    for (const inner of command.commands) inner.exitOverride().copyInheritedSettings(command)
  }
  return program
}

async function answerUsage(
  context: CommandContext,
  program: Command,
  error: CommanderError,
  words: readonly string[]
): Promise<number> {
  if (error.exitCode === 0) return EXIT.ok
  context.json = words.includes('--json')
  if (error.code === 'commander.help') {
    groupNamed(program, words).outputHelp()
    return EXIT.usage
  }
  let text = error.message.replace(/^error: /, '')
  if (error.code === 'commander.unknownCommand') {
    const word = /unknown command '([^']*)'/.exec(error.message)?.[1] ?? ''
    const group = groupNamed(program, words.slice(0, words.lastIndexOf(word)))
    const near = nearest(
      word,
      group.commands.map((one) => one.name())
    )
    const whole = group === program ? word : `${group.name()} ${word}`
    text = `there is no command "${whole}"${near === undefined ? '' : `; did you mean "${near}"?`}`
  }
  context.fail(new JoineryError('USAGE', text))
  return EXIT.usage
}

/** The command with commands of its own that these words lead to, such as `add`. */
function groupNamed(program: Command, words: readonly string[]): Command {
  return program.commands.find((one) => one.commands.length > 0 && words.includes(one.name())) ?? program
}
