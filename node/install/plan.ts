/** What has to be done to install, update or remove: a pure function of the computer's state and the wish. Doing a plan again continues it. */
import { JoineryError } from '../../protocols/errors.ts'
import { bootDriveScript } from './boot-drive.ts'
import './errors.ts'
import {
  ACCOUNT,
  BOOT_DRIVE_SCRIPT,
  COMMAND,
  CURRENT,
  ENABLED,
  INCOMING,
  PROGRAM_DIRECTORY,
  RECORD,
  SERVICE,
  STANDARD_DATA_DIRECTORY,
  TRIAL,
  TRIAL_SCRIPT,
  UNIT,
  versionDirectory
} from './layout.ts'
import { accountText, commandText, serviceUnit, trialScript } from './service-unit.ts'

export interface MachineState {
  platform: string
  /** As Node calls it: `x64`, `arm64`, … */
  architecture: string
  isRoot: boolean
  /** systemd runs this computer. */
  hasSystemd: boolean
  /** For repositories; the rest goes without. */
  hasGit: boolean
  memoryBytes: number
  /** Where the program will lie. */
  freeBytes: number
  /** What is installed already. */
  installed: {
    /** The version that `current` points to. */
    current?: string
    /** Whole ones; and what an interrupted run left. */
    versions: readonly string[]
    leftovers: readonly string[]
    /** The record of the last run. */
    dataDirectory?: string
    /** The version to go back to while one is on trial. */
    trial?: string
    unit: boolean
  }
  /** Who listens on a port that matters, apart from our own service. */
  listeners: ReadonlyMap<number, string>
}

/** The program that is to be installed. */
export interface ProgramState {
  /** Name of its folder: version and the beginning of a hash of its files. */
  version: string
  sizeBytes: number
}

export interface InstallWish {
  dataDirectory?: string
  /** Settings of the data folder's config.toml, by name: only those that were given. */
  settings: Readonly<Record<string, string>>
  invitation?: string
  newRoom?: string
  /** Into a folder, for an image: nothing of this computer is started. */
  elsewhere: boolean
}

export type Step =
  | { do: 'account' }
  | { do: 'copy-program'; to: string }
  | { do: 'data-folder'; path: string }
  | { do: 'setting'; name: string; value: string; dataDirectory: string }
  | { do: 'write'; path: string; text: string; mode: number }
  | { do: 'link'; path: string; target: string }
  | { do: 'remove'; path: string }
  | { do: 'systemctl'; words: readonly string[]; mayFail?: boolean }
  | { do: 'healthy'; version: string; dataDirectory: string }
  | { do: 'joinery'; words: readonly string[]; dataDirectory: string }
  | { do: 'forget-account' }

export interface Plan {
  kind: 'install' | 'update' | 'repair' | 'uninstall'
  steps: readonly Step[]
  /** For the person: what is different from what they may expect. */
  notes: readonly string[]
  dataDirectory: string
}

const SUPPORTED = ['x64', 'arm64']
/** Room for logs, the data folder's own beginning and the next update. */
const SPARE_BYTES = 200 * 2 ** 20
const USUAL_PORT = 80

/** @throws JoineryError `NOT_ROOT`, `NOT_INSTALLABLE`, `INSTALL_NO_SPACE` or `INSTALL_PORT_TAKEN` */
export function planInstall(machine: MachineState, program: ProgramState, wish: InstallWish): Plan {
  checkMachine(machine, wish)
  const { installed, architecture, memoryBytes } = machine
  const dataDirectory = wish.dataDirectory ?? installed.dataDirectory ?? STANDARD_DATA_DIRECTORY
  checkDataDirectory(dataDirectory)
  const notes = portNotes(machine, wish)
  if (!machine.hasGit)
    notes.push(
      'Git is not installed here, and learners’ repositories need it: `sudo apt-get install git`. The rest works without.'
    )
  const isThere = installed.versions.includes(program.version)
  if (!isThere && machine.freeBytes < program.sizeBytes + SPARE_BYTES) {
    throw new JoineryError(
      'INSTALL_NO_SPACE',
      `the program takes ${megabytes(program.sizeBytes)} MB and needs ${megabytes(SPARE_BYTES)} MB beside it, but only ${megabytes(machine.freeBytes)} MB are free`
    )
  }
  if (installed.dataDirectory !== undefined && installed.dataDirectory !== dataDirectory)
    notes.push(`The data of before stay in ${installed.dataDirectory}; this device begins anew in ${dataDirectory}.`)
  const { current } = installed
  const isUpdate = current !== undefined && current !== program.version
  const steps: Step[] = installed.leftovers.map((name) => ({ do: 'remove', path: versionDirectory(name) }))
  if (!isThere) steps.push({ do: 'copy-program', to: program.version })
  steps.push(
    { do: 'write', path: ACCOUNT, text: accountText(), mode: 0o644 },
    { do: 'account' },
    { do: 'data-folder', path: dataDirectory }
  )
  for (const [name, value] of Object.entries(wish.settings)) steps.push({ do: 'setting', name, value, dataDirectory })
  steps.push(
    { do: 'write', path: RECORD, text: `${JSON.stringify({ dataDirectory })}\n`, mode: 0o644 },
    { do: 'write', path: TRIAL_SCRIPT, text: trialScript(architecture, dataDirectory), mode: 0o644 },
    { do: 'write', path: BOOT_DRIVE_SCRIPT, text: bootDriveScript(architecture, dataDirectory), mode: 0o644 },
    { do: 'write', path: COMMAND, text: commandText(architecture, dataDirectory), mode: 0o755 },
    { do: 'write', path: UNIT, text: serviceUnit({ architecture, dataDirectory, memoryBytes }), mode: 0o644 }
  )
  // The trial begins before the link changes: a power cut between the two costs a needless trial and never the way back. A version that is
  // on trial itself, because a run was interrupted, is nothing to go back to.
  const back = isUpdate ? (installed.trial ?? current) : installed.trial
  if (isUpdate && back !== program.version) steps.push({ do: 'write', path: TRIAL, text: `${back}\n`, mode: 0o644 })
  else if (isUpdate) steps.push({ do: 'remove', path: TRIAL })
  if (current !== program.version) steps.push({ do: 'link', path: CURRENT, target: program.version })
  // What `systemctl enable` does, and on the medium before anything is started: a power cut right after that finds it.
  steps.push({ do: 'link', path: ENABLED, target: UNIT })
  if (!wish.elsewhere) {
    steps.push(
      { do: 'systemctl', words: ['daemon-reload'] },
      { do: 'systemctl', words: ['restart', '--no-block', SERVICE] },
      { do: 'healthy', version: program.version, dataDirectory }
    )
  }
  if (wish.newRoom !== undefined) steps.push({ do: 'joinery', words: ['init', '--name', wish.newRoom], dataDirectory })
  if (wish.invitation !== undefined) steps.push({ do: 'joinery', words: ['join', wish.invitation], dataDirectory })
  // Only now, with the new one known to work; and never the one before it.
  for (const version of installed.versions)
    if (version !== program.version && version !== current && version !== back)
      steps.push({ do: 'remove', path: versionDirectory(version) })
  return { kind: current === undefined ? 'install' : isUpdate ? 'update' : 'repair', steps, notes, dataDirectory }
}

/** @param deleteData also what the device holds: its key, its part of the room, its files */
export function planUninstall(machine: MachineState, wish: { elsewhere: boolean; deleteData: boolean }): Plan {
  checkMachine(machine, wish)
  const { installed } = machine
  const dataDirectory = installed.dataDirectory ?? STANDARD_DATA_DIRECTORY
  const steps: Step[] = []
  if (!wish.elsewhere && installed.unit)
    steps.push({ do: 'systemctl', words: ['disable', '--now', SERVICE], mayFail: true })
  steps.push({ do: 'remove', path: ENABLED }, { do: 'remove', path: UNIT })
  if (!wish.elsewhere) steps.push({ do: 'systemctl', words: ['daemon-reload'], mayFail: true })
  steps.push({ do: 'remove', path: COMMAND }, { do: 'remove', path: '/var/cache/joinery' })
  // The record of where the data lie goes last, so that running it again after an interruption finds them.
  if (wish.deleteData)
    steps.push({ do: 'remove', path: dataDirectory }, { do: 'forget-account' }, { do: 'remove', path: ACCOUNT })
  steps.push({ do: 'remove', path: PROGRAM_DIRECTORY })
  return { kind: 'uninstall', steps, notes: [], dataDirectory }
}

function checkMachine(machine: MachineState, { elsewhere }: { elsewhere: boolean }): void {
  if (machine.platform !== 'linux')
    throw new JoineryError('NOT_INSTALLABLE', 'a service can be installed on Linux only')
  if (!SUPPORTED.includes(machine.architecture)) {
    throw new JoineryError(
      'NOT_INSTALLABLE',
      `this system is ${machine.architecture}; it has to be 64-bit (arm64 or x64). A Pi 3, 4, 5 or Zero 2 W is, with a 64-bit system on its card`
    )
  }
  if (!elsewhere && !machine.hasSystemd) throw new JoineryError('NOT_INSTALLABLE', 'systemd does not run this computer')
  if (!machine.isRoot) throw new JoineryError('NOT_ROOT', 'a service is installed by the administrator (root)')
}

/** Folders of the system: a data folder there would be emptied with `--delete-data`, or break the computer. */
const SYSTEM_FOLDERS = [
  '/',
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/home',
  '/lib',
  '/media',
  '/mnt',
  '/opt',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/srv',
  '/sys',
  '/tmp',
  '/usr',
  '/var',
  '/var/lib',
  PROGRAM_DIRECTORY
]

function checkDataDirectory(path: string): void {
  const plain = path.startsWith('/') && !/["'\\\n\r`$%]|\p{C}/u.test(path)
  if (!plain || SYSTEM_FOLDERS.includes(path.replace(/(?<=.)\/+$/, '')) || path.startsWith(`${PROGRAM_DIRECTORY}/`))
    throw new JoineryError(
      'NOT_INSTALLABLE',
      `${path} cannot be the data folder: choose one of its own, such as /srv/joinery`
    )
}

function portNotes(machine: MachineState, wish: InstallWish): string[] {
  const asked = wish.settings.port
  const port = asked === undefined ? USUAL_PORT : Number(asked)
  const owner = machine.listeners.get(port)
  if (owner === undefined || port === 0) return []
  if (asked !== undefined) throw new JoineryError('INSTALL_PORT_TAKEN', `port ${port} is used by ${owner}`)
  return [
    `Port ${USUAL_PORT} is used by ${owner}, so the pages will be on port 8080. Without that program (\`systemctl disable --now ${owner}\`) they come to port ${USUAL_PORT} at the next start.`
  ]
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20)
}

export function isLeftover(name: string): boolean {
  return name.startsWith(INCOMING)
}
