/** Puts a node's settings together: built in, file, variables, flags; the later wins. */
import { join, resolve } from 'node:path'
import { parse, stringify } from 'smol-toml'
import { JoineryError } from '../../protocols/errors.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import type { Config } from './config.ts'
import './errors.ts'
import { SETTINGS, type SettingValue, settingNamed, variableOf } from './settings.ts'

const MAX_CONFIG_BYTES = 64 * 1024
const CONFIG_FILE = 'config.toml'

export interface ConfigSources {
  disk: Disk
  environment: Readonly<Record<string, string | undefined>>
  /** Name of the computer. */
  hostName: string
  dataDirectory: string
  /** `--config FILE`; without it the data folder's `config.toml`, if there is one. */
  configFile?: string
  /** From the command line: what was not given is left out. */
  flags?: Partial<Config>
}

/** Where a value came from, for `joinery config list`. */
type Origin = 'built in' | 'file' | 'environment' | 'flag'

export interface LoadedConfig {
  config: Config
  file: string
  origins: ReadonlyMap<keyof Config, Origin>
}

function standardConfig(dataDirectory: string, hostName: string): Config {
  return {
    dataDirectory,
    name: hostName.split('.')[0]?.slice(0, 40) || 'joinery',
    role: 'node',
    httpPort: undefined,
    httpHost: '::',
    meshPort: 4417,
    sshPort: 2222,
    capacityBytes: undefined,
    staticAddresses: [],
    accessPointAddresses: [],
    hostNames: [],
    discovery: true,
    pythonIndex: 'https://pypi.org/simple/',
    rMirror: 'https://cloud.r-project.org/',
    workshopFolder: '/srv/workshops',
    logLevel: 'warn'
  }
}

/** @throws JoineryError `CONFIG_UNREADABLE`, `CONFIG_UNKNOWN_KEY` or `CONFIG_BAD_VALUE` */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const { disk, environment, flags = {} } = sources
  const dataDirectory = resolve(sources.dataDirectory)
  const file = configFileOf(sources)
  const config = standardConfig(dataDirectory, sources.hostName)
  const origins = new Map<keyof Config, Origin>()
  const fromFile = await readConfigFile(disk, file, sources.configFile !== undefined)
  for (const [name, value] of Object.entries(fromFile)) {
    const setting = settingNamed(name)
    assign(config, { [setting.key]: setting.parse(value) })
    origins.set(setting.key, 'file')
  }
  for (const setting of SETTINGS) {
    const text = environment[variableOf(setting)]
    if (text === undefined || text === '') continue
    assign(config, { [setting.key]: setting.parse(setting.fromText(text)) })
    origins.set(setting.key, 'environment')
  }
  for (const key of Object.keys(flags) as (keyof Config)[]) {
    assign(config, { [key]: flags[key] })
    origins.set(key, 'flag')
  }
  config.dataDirectory = dataDirectory
  config.hostNames = [...new Set([...config.hostNames, ...namesOfComputer(sources.hostName)])]
  return { config, file, origins }
}

/** Always ours: the name itself, and as mDNS gives it to the network. */
function namesOfComputer(hostName: string): string[] {
  const short = hostName.split('.')[0] ?? ''
  return short === '' ? [] : [hostName, short, `${short}.local`].map((name) => name.toLowerCase())
}

function assign(config: Config, values: Partial<Config>): void {
  Object.assign(config, values)
}

export function configFileOf(sources: { dataDirectory: string; configFile?: string }): string {
  return resolve(sources.configFile ?? join(resolve(sources.dataDirectory), CONFIG_FILE))
}

/**
 * What the file says, unchecked but for its form.
 *
 * @param mustExist somebody named the file, so a missing one is an error
 */
async function readConfigFile(disk: Disk, file: string, mustExist: boolean): Promise<Record<string, SettingValue>> {
  let bytes: Uint8Array | undefined
  try {
    bytes = await readSmallFile(disk, file, MAX_CONFIG_BYTES)
  } catch (cause) {
    throw new JoineryError('CONFIG_UNREADABLE', `${file} cannot be read`, { cause })
  }
  if (!bytes) {
    if (mustExist) throw new JoineryError('CONFIG_UNREADABLE', `${file} is not there`)
    return {}
  }
  let table: Record<string, unknown>
  try {
    table = parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : 'not TOML'
    throw new JoineryError('CONFIG_UNREADABLE', `${file} is not valid: ${why}`, { cause })
  }
  const values: Record<string, SettingValue> = {}
  for (const [name, value] of Object.entries(table)) {
    settingNamed(name)
    if (!isSettingValue(value)) throw new JoineryError('CONFIG_BAD_VALUE', `"${name}" has a value of another kind`)
    values[name] = value
  }
  return values
}

function isSettingValue(value: unknown): value is SettingValue {
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string')
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** Sets one key of the file, or takes it out with `undefined`. The value is checked first. */
export async function writeSetting(disk: Disk, file: string, name: string, text: string | undefined): Promise<void> {
  const setting = settingNamed(name)
  const values = await readConfigFile(disk, file, false)
  if (text === undefined) delete values[name]
  else {
    const value = setting.fromText(text)
    setting.parse(value)
    values[name] = value
  }
  const known = SETTINGS.filter((one) => Object.hasOwn(values, one.name))
  const lines = known.flatMap((one) => [`# ${one.meaning}`, stringify({ [one.name]: values[one.name] }).trim(), ''])
  await disk.makeDirectory(resolve(file, '..'))
  await writeDurably(disk, file, new TextEncoder().encode(lines.join('\n')))
}
