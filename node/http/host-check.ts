/**
 * DNS rebinding: a foreign page can make its own name resolve to this device, and would then read us as "itself".
 * An IP literal cannot be rebound, and our own names are known; everything else is answered 421.
 * The same rule as Syncthing's GUI and Jupyter use.
 */
import { isIP } from 'node:net'

export interface VisitedHost {
  /** As it stood in the header, good for links: `192.168.1.20:8080`, `[fd00::1]:8080`, `pi.local`. */
  host: string
  /** Without port and brackets, lower case. */
  name: string
  loopback: boolean
}

const HOST = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9_.-]{1,253}))(?::(\d{1,5}))?$/

/**
 * @param header the Host header; undefined only in HTTP/1.0, which no browser speaks
 * @param ownNames lower case
 * @returns undefined when it is none of ours
 */
export function visitedHost(header: string | undefined, ownNames: ReadonlySet<string>): VisitedHost | undefined {
  const found = HOST.exec(header ?? 'localhost')
  if (!found) return undefined
  if (found[3] !== undefined && Number(found[3]) > 65_535) return undefined
  const name = (found[1] ?? found[2] ?? '').toLowerCase().replace(/\.$/, '')
  const kind = isIP(name)
  if (found[1] !== undefined && kind !== 6) return undefined
  if (kind === 0 && name !== 'localhost' && !name.endsWith('.localhost') && !ownNames.has(name)) return undefined
  return { host: (header ?? 'localhost').toLowerCase(), name, loopback: isLoopback(name) }
}

export function isLoopback(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    (isIP(name) === 4 && name.startsWith('127.'))
  )
}

/**
 * Whether a request that changes something comes from a page of ours. `Origin: null` (a sandboxed page) and a missing Origin do not.
 */
export function isOwnOrigin(origin: string | undefined, visited: VisitedHost): boolean {
  return origin !== undefined && origin.toLowerCase() === `http://${visited.host}`
}
