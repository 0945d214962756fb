/** The Wi-Fi on which learners reach the room, as the facilitator wrote it down for the cards. A register in a topic of its own. */
import { type CborValue, isCborMap } from './cbor.ts'
import type { NewEntry } from './journal.ts'

export const WIFI_TOPIC = 'wifi'
export const WIFI_KIND = 'wifi-named'
export const WIFI_FACT_VERSION = 1
/** IEEE 802.11: a name of up to 32 bytes; a password of 8 to 63 characters, or none for an open network. */
export const MAX_WIFI_NAME_BYTES = 32
export const MIN_WIFI_PASSWORD_CHARACTERS = 8
export const MAX_WIFI_PASSWORD_CHARACTERS = 63

export interface Wifi {
  /** Empty: cards show no Wi-Fi. */
  name: string
  /** Empty: an open network. */
  password: string
}

export function wifiEntry({ name, password }: Wifi): NewEntry {
  return {
    ...{ topic: WIFI_TOPIC, kind: WIFI_KIND, version: WIFI_FACT_VERSION },
    // Whoever finds a stick with the journal on it must not get onto the network.
    audience: 'nodes',
    body: { name, password }
  }
}

/** @returns undefined for a body that says nothing we understand */
export function decodeWifi(body: CborValue | undefined): Wifi | undefined {
  if (!isCborMap(body)) return undefined
  const { name, password } = body
  if (typeof name !== 'string' || typeof password !== 'string' || wifiProblem({ name, password })) return undefined
  return { name, password }
}

/** What is wrong with it; undefined when nothing is. */
export function wifiProblem({ name, password }: Wifi): 'name' | 'password' | undefined {
  if (new TextEncoder().encode(name).length > MAX_WIFI_NAME_BYTES || !isPlain(name)) return 'name'
  if (password === '') return undefined
  if (name === '' || !isPlain(password)) return 'password'
  const { length } = password
  return length < MIN_WIFI_PASSWORD_CHARACTERS || length > MAX_WIFI_PASSWORD_CHARACTERS ? 'password' : undefined
}

function isPlain(text: string): boolean {
  return !/[\p{Cc}\p{Cs}]/u.test(text)
}

/** What phones take from a QR code: `WIFI:T:WPA;S:name;P:password;;` (the format of ZXing, which Android and iOS read). */
export function wifiCode({ name, password }: Wifi): string {
  const escaped = (text: string): string => text.replace(/[\\;,:"]/g, (character) => `\\${character}`)
  return password === ''
    ? `WIFI:T:nopass;S:${escaped(name)};;`
    : `WIFI:T:WPA;S:${escaped(name)};P:${escaped(password)};;`
}
