import { isLinkLocal } from '../../protocols/mesh-address.ts'
import type { PeerStatus } from '../mesh/index.ts'

/** The pages of a peer, at each address by which it is or was reached; the one of its link first. */
export function pagesOf({ remoteAddress, addresses, profile }: PeerStatus): string[] {
  if (!profile || profile.httpPort === 0) return []
  const known = [...(remoteAddress === undefined ? [] : [remoteAddress]), ...addresses.flatMap(ipOf)]
  const port = profile.httpPort === 80 ? '' : `:${profile.httpPort}`
  // No browser takes a zone.
  const shown = [...new Set(known)].filter((ip) => !isLinkLocal(ip))
  return shown.map((ip) => `http://${ip.includes(':') ? `[${ip}]` : ip}${port}/`)
}

/** Of a multiaddr such as `/ip4/192.168.1.20/tcp/4417/p2p/…`. */
function ipOf(multiaddr: string): string[] {
  const [, kind, ip] = multiaddr.split('/')
  return ip !== undefined && (kind === 'ip4' || kind === 'ip6') ? [ip] : []
}
