import { nodeIdOfPublicKey } from '../../protocols/node-id.ts'
import { createHost } from './host.ts'
import type { Mesh, MeshComponents, MeshInit } from './mesh.ts'
import { MeshNode } from './mesh-node.ts'
import { Denials } from './watches.ts'

export async function createMesh(components: MeshComponents, init: MeshInit): Promise<Mesh> {
  const { clock, key } = components
  const node = nodeIdOfPublicKey(key.publicKey)
  const denials = new Denials(clock)
  const host = await (components.hosting ?? createHost)({
    key,
    port: init.meshPort,
    denies: (peer) => denials.has(peer)
  })
  return new MeshNode(components, init, { host, node, denials })
}
