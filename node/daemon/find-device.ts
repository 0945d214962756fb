import { JoineryError } from '../../protocols/errors.ts'
import type { NodeId } from '../../protocols/message-stream.ts'

/** Ids all begin alike ("12D3KooW"), so people type the end; six characters are unique in any room. */
const LEAST_ID_CHARACTERS = 6

/**
 * The device that a person means: by its name, its whole id, or the end of its id.
 *
 * @throws JoineryError `MEMBER_UNKNOWN`, and `BAD_REQUEST` when more than one fits
 */
export function findDevice<Named extends { node: NodeId; name: string }>(
  devices: Iterable<Named>,
  said: string
): Named {
  const all = [...devices]
  const exact = all.filter(({ node, name }) => node === said || name === said)
  const found = exact.length > 0 ? exact : all.filter(({ node, name }) => fits(node, name, said))
  const [first] = found
  if (!first) throw new JoineryError('MEMBER_UNKNOWN', `no device is called ${said}`)
  if (found.length > 1) {
    throw new JoineryError('BAD_REQUEST', `${found.length} devices fit ${said}; use the end of the id`)
  }
  return first
}

function fits(node: NodeId, name: string, said: string): boolean {
  if (name.toLowerCase() === said.toLowerCase()) return true
  return said.length >= LEAST_ID_CHARACTERS && (node.endsWith(said) || node.startsWith(said))
}
