/** From what discovery sees to what a person can do about it: `joinery doctor` and the dashboard. Pure. */
import { isLinkLocal, tryMeshAddress } from '../../protocols/mesh-address.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { sameNetwork } from '../platform/same-network.ts'
import type { DialTarget } from './dial-plan.ts'
import type { DialFailure } from './dialer.ts'
import type { DiscoveryAdvice, DiscoveryFacts } from './mesh-status.ts'

export interface DiscoveryEvidence extends Omit<DiscoveryFacts, 'advice'> {
  networks: NetworkAddress[]
  /** IP addresses of linked peers, and whether we dialled. */
  links: readonly { remoteAddress: string; dialer: boolean }[]
  /** IP addresses (link-local ones with their zone) and host names of nodes that announced themselves and that no dial has reached, by why. */
  unreached: { host: string; why: DialFailure }[]
}

/** So many packets sent without an answer are no accident. */
const ENOUGH_SENT = 4

export function adviseDiscovery(evidence: DiscoveryEvidence): DiscoveryFacts['advice'] {
  const { interfaces, links, networks, unreached, inbound } = evidence
  if (networks.length === 0) {
    return [
      { code: 'NO_NETWORK', text: 'No network interface has an address: plug in a cable, or join or start a Wi-Fi.' }
    ]
  }
  const hasIpv4 = (one: NetworkAddress): boolean =>
    networks.some(({ family, interface: name }) => family === 4 && name === one.interface)
  const advice: { code: DiscoveryAdvice; text: string }[] = []
  for (const seen of interfaces) {
    const network = networks.find(({ address }) => address === seen.address)
    // Where IPv4 is spoken, IPv6 that does not work as well is nothing to mend.
    if (!network || (network.family === 6 && hasIpv4(network))) continue
    // Nodes of this very device say nothing of the network.
    const linkedHere = links.some(({ remoteAddress }) => remoteAddress !== seen.address && isOn(remoteAddress, network))
    const unreachedHere = unreached.filter(({ host, why }) => isOn(host, network) && why !== 'other')
    const silent = unreachedHere.filter(({ why }) => why !== 'refused')
    if (seen.error !== undefined || (seen.sent >= ENOUGH_SENT && seen.received === 0 && linkedHere)) {
      advice.push({
        code: 'MULTICAST_BLOCKED',
        text: `Devices on ${seen.interface} do not hear each other by multicast (mDNS). Add one by its address: joinery start --peer ADDRESS.`
      })
    } else if (silent.length > 0 && !linkedHere) {
      advice.push({
        code: 'CLIENT_ISOLATION',
        text: `Devices on ${seen.interface} are heard but cannot be reached: the Wi-Fi keeps its clients apart ("client isolation"), or their firewalls are shut. Use a cable, another Wi-Fi, or the room's own access point.`
      })
    } else if (unreachedHere.length > 0 && linkedHere) {
      const hosts = unreachedHere.map(({ host }) => host).slice(0, 3)
      advice.push({
        code: 'FIREWALL_THERE',
        text: `${hosts.join(', ')} can be heard but not reached: look at the firewall of that device.`
      })
    }
  }
  const names = new Set(unreached.filter(({ why }) => why === 'name-unknown').map(({ host }) => host))
  if (names.size > 0) {
    const shown = [...names].slice(0, 3).join(', ')
    advice.push({
      code: 'NAME_UNKNOWN',
      text: `No network of this device knows the name ${shown}: look at how it is written, and whether there is internet. An IP address in its place needs no names.`
    })
  }
  if (inbound === 0 && links.length >= 2 && links.every(({ dialer }) => dialer)) {
    advice.push({
      code: 'FIREWALL_HERE',
      text: `Nobody has reached this device, it always had to call: allow incoming TCP on ${evidence.listening.join(' and ')}.`
    })
  }
  return advice
}

function isOn(host: string, network: NetworkAddress): boolean {
  const [address = '', zone] = host.split('%')
  if (isLinkLocal(address)) return zone === network.interface
  return sameNetwork(address, network)
}

/** Addresses of nodes that are not linked and that the last dial did not reach. */
export function unreachedHosts(
  targets: Iterable<DialTarget>,
  isLinked: (node: NodeId) => boolean
): DiscoveryEvidence['unreached'] {
  return [...targets].flatMap(({ node, addresses, failures, lastFailure: why }) => {
    if (failures === 0 || (node !== undefined && isLinked(node))) return []
    if (why !== 'refused' && why !== 'timed-out' && why !== 'unreachable' && why !== 'name-unknown') return []
    return addresses.map((address) => ({ host: tryMeshAddress(address)?.host ?? '', why }) as const)
  })
}
