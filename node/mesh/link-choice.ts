/**
 * Which members a node dials. In a small room all of them. In a big one, sorted by id into a ring, the next one and those an eighth, a
 * quarter and half a ring ahead: four links dialled and some four accepted. The links to the next one alone close the ring, so
 * the graph hangs together as long as the nodes agree on who is there; the long ones keep every path short.
 */
import type { NodeId } from '../../protocols/message-stream.ts'
import { FULL_MESH_MEMBERS, SIMULTANEOUS_MS } from './limits.ts'

/** Parts of the ring. */
const REACHES = [1 / 8, 1 / 4, 1 / 2]

/**
 * @param present members that can be reached as far as we know, without us
 * @returns those that we dial
 */
export function chooseLinks(self: NodeId, present: Iterable<NodeId>): Set<NodeId> {
  const ring = [...new Set([...present, self])].sort()
  const others = ring.length - 1
  if (others < FULL_MESH_MEMBERS) return new Set(ring.filter((node) => node !== self))
  const at = ring.indexOf(self)
  const steps = [1, ...REACHES.map((part) => Math.max(2, Math.round(ring.length * part)))]
  return new Set(steps.map((step) => ring[(at + step) % ring.length] as NodeId).filter((node) => node !== self))
}

/**
 * Two connections to one process of one peer: which one stays? Both sides ask this and must come to the same answer. When both dialled at
 * once, the connection that the lower id made; else the newer one, since whoever dials again has lost the older.
 *
 * @param existing whether we dialled it and how long it has been there
 */
export function prefersExisting(
  self: NodeId,
  peer: NodeId,
  existing: { dialer: boolean; ageMs: number },
  newcomer: { dialer: boolean }
): boolean {
  if (existing.dialer === newcomer.dialer || existing.ageMs >= SIMULTANEOUS_MS) return false
  return existing.dialer === self < peer
}
