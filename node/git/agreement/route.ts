/** Who decides a push: pure. Source of the rules: the design of the project, "Git". */
import type { RepositoryId } from '../../../protocols/git.ts'
import type { NodeId } from '../../../protocols/message-stream.ts'

/** A device that restarts is back sooner; a class does not wait longer. */
export const HOME_LOST_MS = 10_000

export interface Around {
  repository: RepositoryId
  self: NodeId
  home: { node: NodeId; epoch: number } | undefined
  /** Members that may be a home: not moved off, no cloud peer. */
  eligible: readonly NodeId[]
  /** Peers that answer. */
  reachable: ReadonlySet<NodeId>
  /** One of them that says it reaches the home. */
  through: NodeId | undefined
  /** For how long the home has been out of reach. */
  homeLostMs: number
}

export type Route =
  /** This device decides, as the home or for its side alone. */
  | { kind: 'here'; side: 'home' | 'local' }
  /** This device becomes the home first. */
  | { kind: 'take'; epoch: number }
  | { kind: 'tunnel'; to: NodeId }
  /** The home may come back in a moment. */
  | { kind: 'search' }
  /** Nobody here may decide. */
  | { kind: 'nobody' }

export function chooseRoute({ repository, self, home, eligible, reachable, through, homeLostMs }: Around): Route {
  const standing = home !== undefined && eligible.includes(home.node)
  if (standing && home.node === self) return { kind: 'here', side: 'home' }
  if (standing && reachable.has(home.node)) return { kind: 'tunnel', to: home.node }
  if (standing && through !== undefined && reachable.has(through)) return { kind: 'tunnel', to: through }
  if (standing && homeLostMs < HOME_LOST_MS) return { kind: 'search' }
  const side = rendezvousOrder(repository, eligible).filter((node) => node === self || reachable.has(node))
  const [first] = side
  if (first === undefined) return { kind: 'nobody' }
  if (first !== self) return { kind: 'tunnel', to: first }
  if (2 * side.length > eligible.length) return { kind: 'take', epoch: (home?.epoch ?? 0) + 1 }
  return { kind: 'here', side: 'local' }
}

/** Every device computes the same order. */
export function rendezvousOrder(repository: RepositoryId, nodes: readonly NodeId[]): NodeId[] {
  const scored = nodes.map((node) => ({ node, score: mix(`${repository}/${node}`) }))
  return scored.sort((a, b) => b.score - a.score || (a.node < b.node ? -1 : 1)).map(({ node }) => node)
}

/** FNV-1a with the finalizer of MurmurHash3 (both public domain). */
function mix(text: string): number {
  let x = 0x811c9dc5
  for (let at = 0; at < text.length; at++) x = Math.imul(x ^ text.charCodeAt(at), 0x01000193)
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
