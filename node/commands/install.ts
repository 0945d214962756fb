import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { JoineryError } from '../../protocols/errors.ts'
import { decodeInvitation } from '../../protocols/invitation.ts'
import { writeSetting } from '../config/load.ts'
import { settingNamed } from '../config/settings.ts'
import {
  type FoundProgram,
  lookAtMachine,
  lookAtOwnProgram,
  type Plan,
  perform,
  planInstall,
  type Step
} from '../install/index.ts'
import { startProgram } from '../platform/child-program.ts'
import { totalMemoryBytes } from '../platform/memory.ts'
import { portOwner } from '../platform/port-owner.ts'
import { systemFiles } from '../platform/system-files.ts'
import type { CommandContext, GlobalOptions } from './context.ts'

interface InstallOptions {
  join?: string
  newRoom?: string
  port?: string
  name?: string
  role?: string
  capacity?: string
  static?: string[]
  root?: string
  dryRun?: boolean
}

const USUAL_PORT = 80

export function addInstall(program: Command, context: CommandContext): void {
  program
    .command('install')
    .summary('make this computer a device that starts by itself')
    .description(
      'Installs Joinery as a service of this Linux computer: it starts with the computer, also after a power cut, under an account of its own, with all data in one folder.\nThe same command updates it: data and settings stay, and a version that does not come up is taken back. `joinery uninstall` removes it.'
    )
    .option('--join <invitation>', 'join the room of this invitation')
    .option('--new-room <name>', 'make a new room')
    .option('--port <number>', 'port of the pages (standard: 80, or 8080 while 80 is taken)')
    .option('--name <name>', 'name of this device')
    .option('--role <role>', 'node, laptop or cloud')
    .option('--capacity <size>', 'disk to offer, such as "20 GB"')
    .option('--static <address...>', 'devices to look for that are not nearby: host:port')
    .option('--root <folder>', 'install into this folder, as for an image; nothing is started')
    .option('--dry-run', 'only say what would be done')
    .addHelpText(
      'after',
      `
Examples:
  sudo npx joinery install --join JOINERY:…         a further device of a room
  sudo npx joinery install --new-room "Library"  the first one
  sudo npx joinery install --data /media/disk/joinery`
    )
    .action(async (options: InstallOptions, command: Command) => await install(context, options, command))
}

async function install(context: CommandContext, options: InstallOptions, command: Command): Promise<void> {
  const { join: invitation, newRoom } = options
  if (invitation !== undefined && newRoom !== undefined)
    throw new JoineryError('USAGE', '--join and --new-room exclude each other')
  // A typing error is found before anything is changed.
  if (invitation !== undefined) decodeInvitation(invitation)
  const settings = settingsOf(options)
  const root = resolve(options.root ?? '/')
  const { data } = command.optsWithGlobals<GlobalOptions>()
  const machine = await machineState(context, root, [Number(settings.port ?? USUAL_PORT)])
  const found = await ownProgram()
  const plan = planInstall(asAllowed(machine, options.dryRun), found, {
    settings,
    elsewhere: root !== '/',
    ...(data !== undefined && { dataDirectory: resolve(data) }),
    ...(invitation !== undefined && { invitation }),
    ...(newRoom !== undefined && { newRoom })
  })
  for (const note of plan.notes) context.warn(`Note: ${note}`)
  if (options.dryRun) {
    context.show({ plan }, () => plan.steps.map((step) => stepText(step)).join('\n'))
    return
  }
  await carryOut(context, plan, root, found)
  context.show({ version: found.version, dataDirectory: plan.dataDirectory, kind: plan.kind }, () =>
    doneText(plan, found, root)
  )
}

/** A person may look at what would be done without being root. */
function asAllowed<State extends { isRoot: boolean }>(machine: State, dryRun: boolean | undefined): State {
  return dryRun ? { ...machine, isRoot: true } : machine
}

function doneText(plan: Plan, { version }: FoundProgram, root: string): string {
  const what = { install: 'Installed', update: 'Updated to', repair: 'Checked and repaired', uninstall: 'Removed' }[
    plan.kind
  ]
  const where = `${what} Joinery ${version}. All data lie in ${plan.dataDirectory}.`
  if (root !== '/') return `${where}\nIt starts with the computer that ${root} becomes.`
  return `${where}\nIt runs, and comes back by itself after a power cut. \`joinery status\` says how it is; the log: journalctl -u joinery`
}

export async function carryOut(
  context: CommandContext,
  plan: Plan,
  root: string,
  found: Pick<FoundProgram, 'folders'>
): Promise<void> {
  await perform(
    plan,
    {
      files: systemFiles,
      clock: context.program.clock,
      run: (command, words) => runToEnd(context, command, words),
      async writeSetting(dataDirectory, name, value) {
        const file = join(dataDirectory, 'config.toml')
        await writeSetting(context.program.disk, file, name, value)
        return file
      }
    },
    {
      root,
      architecture: process.arch,
      folders: found.folders,
      signal: context.signal,
      onStep: (step) => {
        if (!context.json) context.warn(stepText(step))
      },
      onAnswer: (text) => context.warn(text)
    }
  )
}

/** Its words so far, for a message: programs of the system say what is wrong in a few lines. */
const MAX_OUTPUT_CHARACTERS = 4_000

async function runToEnd(
  context: CommandContext,
  command: string,
  words: readonly string[]
): Promise<{ code: number; output: string }> {
  const child = startProgram(command, words, { environment: withoutOurs(context.program.environment) })
  let output = ''
  child.onLine((line) => {
    output = `${output}${line}\n`.slice(-MAX_OUTPUT_CHARACTERS)
  })
  const stop = (): void => child.kill('SIGTERM')
  context.signal.addEventListener('abort', stop, { once: true })
  try {
    return { code: await child.ended, output }
  } finally {
    context.signal.removeEventListener('abort', stop)
  }
}

/** What is meant for the person's own Joinery must not reach the service's. */
function withoutOurs(environment: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(?:JOINERY_|NODE_|npm_|XDG_|STATE_DIRECTORY$)/.test(name))
  )
}

export async function machineState(
  context: CommandContext,
  root: string,
  ports: readonly number[]
): ReturnType<typeof lookAtMachine> {
  const { disk, userId } = context.program
  if (userId !== 0 && process.platform === 'linux') {
    const line = process.argv
      .slice(1)
      .map((word) => (/^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    context.warn(`As administrator: sudo ${process.execPath} ${line.join(' ')}`)
  }
  return await lookAtMachine(
    { files: systemFiles, portOwner, freeBytes: (path) => disk.freeBytes(path) },
    {
      root,
      ports: root === '/' ? ports : [],
      platform: process.platform,
      architecture: process.arch,
      userId,
      memoryBytes: totalMemoryBytes()
    }
  )
}

/** dist/node/main.js, or node/main.ts in a checkout: compiled, this file lies in another place than its source. */
export function ownDirectory(): string {
  return dirname(dirname(process.argv[1] ?? ''))
}

function ownProgram(): Promise<FoundProgram> {
  return lookAtOwnProgram(systemFiles, {
    directory: ownDirectory(),
    nodePath: process.execPath,
    architecture: process.arch
  })
}

function settingsOf(options: InstallOptions): Record<string, string> {
  const given: Record<string, string> = {}
  const put = (name: string, text: string | undefined): void => {
    if (text === undefined) return
    const setting = settingNamed(name)
    setting.parse(setting.fromText(text))
    given[name] = text
  }
  put('port', options.port)
  put('name', options.name)
  put('role', options.role)
  put('capacity', options.capacity)
  put('static_addresses', options.static?.join(','))
  return given
}

/** Never with an invitation in it: the log of an installation is shown around. */
function stepText(step: Step): string {
  switch (step.do) {
    case 'account':
      return 'Making the account joinery, if it is not there'
    case 'copy-program':
      return `Copying the program to /opt/joinery/${step.to}`
    case 'data-folder':
      return `Data folder ${step.path}`
    case 'setting':
      return `Setting ${step.name} = ${step.value}`
    case 'write':
      return `Writing ${step.path}`
    case 'link':
      return `${step.path} → ${step.target}`
    case 'remove':
      return `Removing ${step.path}`
    case 'systemctl':
      return `systemctl ${step.words.join(' ')}`
    case 'healthy':
      return 'Waiting until it runs'
    case 'joinery':
      return step.words[0] === 'join' ? 'Joining the room' : 'Making the room'
    case 'forget-account':
      return 'Removing the account joinery'
  }
}
