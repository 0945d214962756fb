import { networkInterfaces } from 'node:os'

export interface NetworkAddress {
  /** Such as "eth0". */
  interface: string
  /** IPv4 or IPv6 in text, without a zone. */
  address: string
  family: 4 | 6
  /** Length of the network's prefix in bits. */
  prefix: number
}

/** The addresses that others may reach us by, as they are now; loopback is left out. */
export function networkAddresses(): NetworkAddress[] {
  const found: NetworkAddress[] = []
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const one of addresses ?? []) {
      if (one.internal) continue
      const prefix = Number(one.cidr?.split('/')[1] ?? (one.family === 'IPv4' ? 32 : 128))
      found.push({ interface: name, address: one.address, family: one.family === 'IPv4' ? 4 : 6, prefix })
    }
  }
  return found
}
