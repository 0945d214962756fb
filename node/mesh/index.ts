/**
 * The mesh: finds the other nodes, lets in who belongs to the room, and gives the features streams between members.
 * The only folder that imports libp2p.
 *
 * @example
 *     const mesh = await createMesh(
 *       { clock, random, disk, key: identity.key, policy: membership.policy, networkAddresses },
 *       { folder, meshPort: 4001, profile, bootId: identity.bootId, staticAddresses: [] }
 *     )
 *     mesh.handle('/joinery/journal/1', limits, async (stream, link) => …)   // PeerLinks
 *     mesh.onEvent((event) => log.info(event))
 *     await mesh.start()
 */

export { createMesh } from './create-mesh.ts'
export type { Mesh, MeshComponents, MeshInit } from './mesh.ts'
export { type Hosting, SharedHost } from './shared-host.ts'

import './errors.ts'

export type {
  AskProgress,
  DiscoveryFacts,
  MeshEvent,
  NeighbourRoom,
  PeerStatus
} from './mesh-status.ts'
