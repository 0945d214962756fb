import type { RoomAddresses } from '../../web-client/visitor.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { isLoopback, type VisitedHost } from './host-check.ts'

/** More on one page confuse; a device with more networks shows the first ones. */
const MAX_SHOWN = 4

/**
 * The addresses to tell people, the one that this visitor came by first: it is known to work. Plain IP ones, since a phone warns
 * about HTTP at names it takes for public. Link-local IPv6 needs a zone and cannot be typed: left out.
 */
export function roomAddresses(
  visited: VisitedHost | undefined,
  addresses: readonly NetworkAddress[],
  port: number
): RoomAddresses {
  const suffix = port === 80 ? '' : `:${port}`
  const own = [...addresses]
    .filter((one) => one.family === 4 || !/^fe80:/i.test(one.address))
    .sort((a, b) => a.family - b.family)
    .map((one) => `http://${one.family === 6 ? `[${one.address}]` : one.address}${suffix}`)
  const origins = visited && !isLoopback(visited.name) ? [`http://${visited.host}`, ...own] : own
  const shown = [...new Set(origins)].slice(0, MAX_SHOWN)
  if (shown.length > 0) return { origins: shown, loopbackOnly: false }
  return { origins: [`http://127.0.0.1${suffix}`], loopbackOnly: true }
}
