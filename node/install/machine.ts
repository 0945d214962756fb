/** Looks at the computer, for the plan. Changes nothing. */
import { basename, dirname, join } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import { type Hasher, sha256Hasher } from '../platform/hash.ts'
import type { PortOwner } from '../platform/port-owner.ts'
import type { SystemFiles } from '../platform/system-files.ts'
import './errors.ts'
import { CURRENT, nodeBinary, PROGRAM_DIRECTORY, RECORD, SERVICE_USER, TRIAL, UNIT } from './layout.ts'
import { isLeftover, type MachineState, type ProgramState } from './plan.ts'
import { type CopiedFolder, findProgramFiles } from './program-files.ts'

export interface MachineComponents {
  files: SystemFiles
  freeBytes(path: string): Promise<number>
  portOwner(port: number): Promise<PortOwner | undefined>
}

export interface MachineInit {
  /** In front of every path: `/` for this computer, another folder for an image. */
  root: string
  platform: string
  architecture: string
  userId: number
  memoryBytes: number
  ports: readonly number[]
}

/** systemd's own sign that it runs the computer, see sd_booted(3): the folder, which mostly is empty. */
const SYSTEMD_RUNS = '/run/systemd/system'
/** Where Debian and its descendants have it. */
const GIT = '/usr/bin/git'
const VERSION_NAME = /^\d[0-9A-Za-z.+-]*$/

export async function lookAtMachine(components: MachineComponents, init: MachineInit): Promise<MachineState> {
  const { files } = components
  const at = (path: string): string => join(init.root, path)
  const names = await files.names(at(PROGRAM_DIRECTORY))
  const record = await files.readText(at(RECORD))
  const current = await files.readLink(at(CURRENT))
  const trial = (await files.readText(at(TRIAL)))?.split('\n')[0]
  const dataDirectory =
    record === undefined ? undefined : (JSON.parse(record) as { dataDirectory?: string }).dataDirectory
  const versions = names.filter((name) => VERSION_NAME.test(name))
  const listeners = new Map<number, string>()
  for (const port of init.ports) {
    const owner = await components.portOwner(port)
    if (owner && !(await isOurs(owner, files))) listeners.set(port, owner.program)
  }
  return {
    platform: init.platform,
    architecture: init.architecture,
    isRoot: init.userId === 0,
    hasSystemd: await files.isFolder(SYSTEMD_RUNS),
    hasGit: (await files.sizeBytes(at(GIT))) > 0,
    memoryBytes: init.memoryBytes,
    freeBytes: await components.freeBytes(await nearestFolder(at(PROGRAM_DIRECTORY), files)),
    installed: {
      versions,
      leftovers: names.filter(isLeftover),
      unit: (await files.readText(at(UNIT))) !== undefined,
      ...(current !== undefined && versions.includes(current) && { current }),
      ...(dataDirectory !== undefined && { dataDirectory }),
      ...(trial !== undefined && versions.includes(trial) && { trial })
    },
    listeners
  }
}

/** The service that is to be updated holds its port itself. */
async function isOurs({ processId }: PortOwner, files: SystemFiles): Promise<boolean> {
  return ((await files.readText(`/proc/${processId}/cgroup`)) ?? '').includes('/joinery.service')
}

async function nearestFolder(path: string, files: SystemFiles): Promise<string> {
  for (let at = path; at !== '/'; at = join(at, '..')) if (await files.isFolder(at)) return at
  return '/'
}

export interface FoundProgram extends ProgramState {
  folders: readonly CopiedFolder[]
}

/**
 * The program that runs this, as it would be installed.
 *
 * @param nodePath the Node that runs this: carried along where npm brought none
 * @throws JoineryError `NOT_COMPILED`
 */
export async function lookAtProgram(
  files: SystemFiles,
  init: { programRoot: string; nodePath: string; architecture: string }
): Promise<FoundProgram> {
  const found = await findProgramFiles(init.programRoot, { read: (path) => files.readText(path) })
  const folders = [...withoutNodes(found.folders), ...(await nodeFiles(found.folders, files, init))]
  const hasher = sha256Hasher()
  hasher.update(Buffer.from(found.packages.join('\n')))
  await hashTree(join(init.programRoot, 'dist'), files, hasher)
  let sizeBytes = 0
  for (const { from } of folders) sizeBytes += await files.sizeBytes(from)
  const hash = Buffer.from(hasher.digest()).toString('hex').slice(0, 8)
  return { version: `${found.version}-${hash}`, sizeBytes, folders }
}

/**
 * The program that is running, as it would be installed.
 *
 * @param init.directory where it lies: `dist`, or the top of a checkout
 * @throws JoineryError `NOT_COMPILED`
 */
export async function lookAtOwnProgram(
  files: SystemFiles,
  { directory, ...init }: { directory: string; nodePath: string; architecture: string }
): Promise<FoundProgram> {
  if (basename(directory) !== 'dist')
    throw new JoineryError(
      'NOT_COMPILED',
      'what would be installed has not been compiled since its sources were changed'
    )
  return await lookAtProgram(files, { programRoot: dirname(directory), ...init })
}

const CARRIED_NODE = 'node_modules/node-linux-'

function withoutNodes(folders: readonly CopiedFolder[]): CopiedFolder[] {
  return folders.filter(({ to }) => !to.startsWith(CARRIED_NODE))
}

/** The program itself and its licence: a third of the package is headers and manuals. */
async function nodeFiles(
  folders: readonly CopiedFolder[],
  files: SystemFiles,
  { nodePath, architecture }: { nodePath: string; architecture: string }
): Promise<CopiedFolder[]> {
  const to = nodeBinary(architecture)
  const carried = folders.find((folder) => to.startsWith(`${folder.to}/`))
  if (!carried) return [{ from: nodePath, to }]
  const more: CopiedFolder[] = []
  // What is installed has the same packages as what it was installed from: so it is the same version when it is handed on.
  for (const name of ['package.json', 'LICENSE']) {
    const from = join(carried.from, name)
    if ((await files.sizeBytes(from)) > 0) more.push({ from, to: `${carried.to}/${name}` })
  }
  return [{ from: join(carried.from, 'bin', 'node'), to }, ...more]
}

/** Names and texts in one order. The files are small; nothing else of the program can change without its version. */
async function hashTree(path: string, files: SystemFiles, hasher: Hasher): Promise<void> {
  for (const name of (await files.names(path)).sort()) {
    const inner = join(path, name)
    // When it was built is no part of what was built.
    if (name === 'built.json') continue
    const children = await files.names(inner)
    hasher.update(Buffer.from(`${name}\n${children.length}\n`))
    if (children.length > 0) await hashTree(inner, files, hasher)
    else hasher.update(Buffer.from((await files.readText(inner)) ?? ''))
  }
}

/** Numbers of the service's account, from the text of a passwd file. */
export function accountIn(passwd: string): { user: number; group: number } | undefined {
  for (const line of passwd.split('\n')) {
    const [name, , user, group] = line.split(':')
    if (name === SERVICE_USER && user !== undefined && group !== undefined)
      return { user: Number(user), group: Number(group) }
  }
  return undefined
}
