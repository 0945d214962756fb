/** What this browser remembers of its person and of the room. Private windows and full disks refuse; then it lasts as long as the page. */
import { cleanName, LOOKS, type Person } from './people.ts'

export interface Me extends Person {
  /** Proves to every device of the room that text under our clientIDs is ours. */
  token: string
  /** They chose this name for the notes themselves. */
  chosen?: boolean
}

const ME = 'joinery-me'
const ORIGINS = 'joinery-origins'
/** What a node accepts. */
const TOKEN = /^[A-Za-z0-9_-]{16,64}$/
const MAX_ORIGINS = 16

/** @param person who is signed in: their name, until they choose another one for the notes */
export function loadMe(guestName: (number: number) => string, person?: string): Me {
  const found = read(ME)
  if (
    typeof found === 'object' &&
    found !== null &&
    'token' in found &&
    typeof found.token === 'string' &&
    TOKEN.test(found.token) &&
    'name' in found &&
    typeof found.name === 'string' &&
    'look' in found &&
    Number.isInteger(found.look)
  )
    return {
      token: found.token,
      ...('chosen' in found && found.chosen === true
        ? { name: cleanName(found.name), chosen: true }
        : { name: cleanName(person ?? found.name) }),
      look: Number(found.look) % LOOKS
    }
  const chance = crypto.getRandomValues(new Uint8Array(18))
  const token = btoa(String.fromCharCode(...chance))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
  const me = {
    token,
    name: cleanName(person ?? '') || guestName(100 + (((chance[0] ?? 0) * 256 + (chance[1] ?? 0)) % 900)),
    look: (chance[2] ?? 0) % LOOKS
  }
  saveMe(me)
  return me
}

export function saveMe(me: Me): void {
  write(ME, me)
}

/** Where other devices of the room were, so that a page which is reloaded while its own device is away finds them. */
export function loadOrigins(): string[] {
  const found = read(ORIGINS)
  return Array.isArray(found) ? found.filter((one): one is string => typeof one === 'string').slice(0, MAX_ORIGINS) : []
}

export function saveOrigins(origins: readonly string[]): void {
  write(ORIGINS, origins.slice(0, MAX_ORIGINS))
}

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null')
  } catch {
    return undefined
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // As said above: it lasts as long as the page.
  }
}
