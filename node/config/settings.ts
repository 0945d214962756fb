/** Every setting: what it is called in the file, in the environment and as a flag, what it takes, and what it means. */
import { isIP } from 'node:net'
import { isAbsolute } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import { type Config, LOG_LEVELS } from './config.ts'
import './errors.ts'

/** What stands in the TOML file. */
export type SettingValue = string | number | boolean | string[]

export interface Setting<Key extends keyof Config = keyof Config> {
  /** In the file, in snake case with the unit last; `JOINERY_` and this in capitals is the variable. */
  name: string
  key: Key
  /** For `joinery config list` and the manual. */
  meaning: string
  takes: string
  /** Turns a value of the file into the setting. @throws JoineryError `CONFIG_BAD_VALUE` */
  parse(value: SettingValue): Config[Key]
  /** Turns the text of a variable, a flag or `config set` into a value for the file. */
  fromText(text: string): SettingValue
}

/** Names go into pages, mDNS and branch names. */
const MAX_NAME_CHARACTERS = 40
const MAX_LIST_ITEMS = 64
const ROLES = ['node', 'laptop', 'cloud'] as const

function setting<Key extends keyof Config>(described: Setting<Key>): Setting {
  return described as unknown as Setting
}

export const SETTINGS: readonly Setting[] = [
  setting({
    name: 'name',
    key: 'name',
    meaning: 'Name of this device, as people see it. Without it, the name of the computer.',
    takes: `up to ${MAX_NAME_CHARACTERS} characters`,
    parse: (value) => deviceName('name', value),
    fromText: (text) => text
  }),
  setting({
    name: 'role',
    key: 'role',
    meaning:
      'What this device is: `node` stays in the room, `laptop` comes and goes and does not count as a copy, `cloud` is reached over the internet.',
    takes: 'node, laptop or cloud',
    parse: (value) => oneOf('role', value, ROLES),
    fromText: (text) => text
  }),
  setting({
    name: 'port',
    key: 'httpPort',
    meaning: 'Port of the pages. Without it 80, or 8080 where 80 is taken or needs more rights; 0 is any free one.',
    takes: 'a number from 0 to 65535',
    parse: (value) => port('port', value),
    fromText: numberFromText
  }),
  setting({
    name: 'host',
    key: 'httpHost',
    meaning: 'Address that the pages are served on; `::` is every address of this device.',
    takes: 'an IP address',
    parse: (value) => {
      if (typeof value === 'string' && isIP(value) !== 0) return value
      throw badValue('host', 'is not an IP address')
    },
    fromText: (text) => text
  }),
  setting({
    name: 'mesh_port',
    key: 'meshPort',
    meaning: 'Port on which devices talk to each other (and the next one, for WebSockets); 0 is any free one.',
    takes: 'a number from 0 to 65534',
    parse: (value) => {
      const found = port('mesh_port', value)
      if (found > 65_534) throw badValue('mesh_port', 'leaves no room for the next port')
      return found
    },
    fromText: numberFromText
  }),
  setting({
    name: 'ssh_port',
    key: 'sshPort',
    meaning: 'Port of git over SSH; 0 is none. Where it is taken, git goes over HTTP only.',
    takes: 'a number from 0 to 65535',
    parse: (value) => port('ssh_port', value),
    fromText: numberFromText
  }),
  setting({
    name: 'capacity',
    key: 'capacityBytes',
    meaning: 'Disk that this device offers for files. Without it, what is free less a reserve.',
    takes: 'a size such as "20 GB"',
    parse: (value) => size('capacity', value),
    fromText: (text) => text
  }),
  setting({
    name: 'static_addresses',
    key: 'staticAddresses',
    meaning: 'Devices to look for besides those found nearby: `host:port` or a libp2p address.',
    takes: 'a list, with commas in a variable',
    parse: (value) => list('static_addresses', value, isStaticAddress),
    fromText: listFromText
  }),
  setting({
    name: 'access_point_addresses',
    key: 'accessPointAddresses',
    meaning:
      'Addresses of this device on its own Wi-Fi. All devices have the same there, so they are not told to others.',
    takes: 'a list of IP addresses',
    parse: (value) => list('access_point_addresses', value, (one) => isIP(one) !== 0),
    fromText: listFromText
  }),
  setting({
    name: 'host_names',
    key: 'hostNames',
    meaning: 'Names under which people open the pages, beside the addresses and the name of the computer.',
    takes: 'a list of names such as "class.lan"',
    parse: (value) => list('host_names', value, (one) => /^[a-z0-9][a-z0-9.-]{0,252}$/i.test(one)),
    fromText: listFromText
  }),
  setting({
    name: 'discovery',
    key: 'discovery',
    meaning: 'Look for other devices on the local network (mDNS).',
    takes: 'true or false',
    parse: (value) => {
      if (typeof value === 'boolean') return value
      throw badValue('discovery', 'is neither true nor false')
    },
    fromText: booleanFromText
  }),
  setting({
    name: 'python_index',
    key: 'pythonIndex',
    meaning:
      'Where `joinery wants fetch` gets Python packages: an index as pip takes it. Over http only one that you trust on the way.',
    takes: 'an address such as "https://pypi.org/simple/"',
    parse: (value) => address('python_index', value),
    fromText: (text) => text
  }),
  setting({
    name: 'r_mirror',
    key: 'rMirror',
    meaning:
      'Where `joinery wants fetch` gets R packages: a mirror of CRAN. R has no strong hashes, so over http only one that you trust on the way.',
    takes: 'an address such as "https://cloud.r-project.org/"',
    parse: (value) => address('r_mirror', value),
    fromText: (text) => text
  }),
  setting({
    name: 'workshop_folder',
    key: 'workshopFolder',
    meaning: 'A folder on this device: facilitators can add each folder in it from the page of the room.',
    takes: 'an absolute path such as "/srv/workshops"',
    parse: (value) => absolutePath('workshop_folder', value),
    fromText: (text) => text
  }),
  setting({
    name: 'log_level',
    key: 'logLevel',
    meaning: 'How much the program writes about its work, to standard error.',
    takes: LOG_LEVELS.join(', '),
    parse: (value) => oneOf('log_level', value, LOG_LEVELS),
    fromText: (text) => text
  })
]

/** @throws JoineryError `CONFIG_UNKNOWN_KEY`, with the nearest name where one is near */
export function settingNamed(name: string): Setting {
  const found = SETTINGS.find((one) => one.name === name)
  if (found) return found
  const near = nearest(
    name,
    SETTINGS.map((one) => one.name)
  )
  throw new JoineryError(
    'CONFIG_UNKNOWN_KEY',
    near === undefined ? `there is no setting "${name}"` : `there is no setting "${name}"; did you mean "${near}"?`
  )
}

export function variableOf(setting: Setting): string {
  return `JOINERY_${setting.name.toUpperCase()}`
}

/** The one of `names` that few typing errors turn into `name`. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const one of names) {
    const distance = editDistance(name.toLowerCase().replaceAll('-', '_'), one)
    if (distance < bestDistance) {
      best = one
      bestDistance = distance
    }
  }
  return best
}

/** Letters to add, drop, change or swap with the next one (optimal string alignment), for short words. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, i) => i)]
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j++) {
      let least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1))
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, at(i - 2, j - 2) + 1)
      row.push(least)
    }
  }
  return at(a.length, b.length)
}

function badValue(name: string, why: string): JoineryError {
  return new JoineryError('CONFIG_BAD_VALUE', `"${name}" ${why}`)
}

function deviceName(name: string, value: SettingValue): string {
  if (typeof value !== 'string') throw badValue(name, 'is not a text')
  const text = value.trim().normalize('NFC')
  if (text.length === 0 || text.length > MAX_NAME_CHARACTERS)
    throw badValue(name, `has to have 1 to ${MAX_NAME_CHARACTERS} characters`)
  if (/\p{C}/u.test(text)) throw badValue(name, 'contains characters that cannot be shown')
  return text
}

function oneOf<Word extends string>(name: string, value: SettingValue, words: readonly Word[]): Word {
  const found = words.find((word) => word === value)
  if (found === undefined) throw badValue(name, `has to be one of ${words.join(', ')}`)
  return found
}

function port(name: string, value: SettingValue): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 65_535)
    throw badValue(name, 'is not a port: a whole number from 0 to 65535')
  return value
}

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i
const POWERS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 }

function size(name: string, value: SettingValue): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  const found = typeof value === 'string' ? SIZE.exec(value.trim()) : null
  const bytes = found ? Math.round(Number(found[1]) * (POWERS[(found[2] ?? '').toLowerCase()] ?? 1)) : Number.NaN
  if (!Number.isSafeInteger(bytes)) throw badValue(name, 'is not a size such as "20 GB"')
  return bytes
}

function address(name: string, value: SettingValue): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
    throw badValue(name, 'is not an http or https address')
  url.search = ''
  url.hash = ''
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}

function absolutePath(name: string, value: SettingValue): string {
  if (typeof value !== 'string' || !isAbsolute(value) || value.includes('\0'))
    throw badValue(name, 'is not an absolute path')
  return value
}

function list(name: string, value: SettingValue, isGood: (one: string) => boolean): string[] {
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string'))
    throw badValue(name, 'is not a list of texts')
  if (value.length > MAX_LIST_ITEMS) throw badValue(name, `has more than ${MAX_LIST_ITEMS} items`)
  const bad = value.find((one) => !isGood(one))
  if (bad !== undefined) throw badValue(name, `contains "${bad}", which does not fit`)
  return [...value]
}

function isStaticAddress(text: string): boolean {
  if (text.startsWith('/')) return /^(?:\/[A-Za-z0-9_.:%-]+)+$/.test(text)
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text)
  return (
    found !== null &&
    Number(found[3]) > 0 &&
    Number(found[3]) <= 65_535 &&
    (found[1] === undefined || isIP(found[1]) === 6)
  )
}

function numberFromText(text: string): SettingValue {
  return /^\d+$/.test(text.trim()) ? Number(text) : text
}

function booleanFromText(text: string): SettingValue {
  const word = text.trim().toLowerCase()
  if (['true', 'yes', 'on', '1'].includes(word)) return true
  if (['false', 'no', 'off', '0'].includes(word)) return false
  return text
}

function listFromText(text: string): SettingValue {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one.length > 0)
}
