/** Meshes in one process, over loopback and by address only, with a policy that a test can change. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMesh, type Mesh, type MeshComponents, type MeshEvent, type MeshInit } from '../../../node/mesh/index.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { systemRandom } from '../../../node/platform/random.ts'
import { signingKeyFromSeed } from '../../../node/platform/signing.ts'
import type { AdmissionPolicy, Verdict } from '../../../protocols/hello.ts'
import type { NodeId } from '../../../protocols/message-stream.ts'
import { PATIENCE_MS } from '../../kit/child.ts'

export const ROOM = 'abcdefgh'.repeat(4)

export class OpenPolicy implements AdmissionPolicy {
  #room: ReturnType<AdmissionPolicy['room']>
  readonly verdicts = new Map<NodeId, Verdict>()
  readonly #listeners = new Set<() => void>()
  #members: NodeId[] = []

  constructor(room: string | null = ROOM) {
    this.#room = room === null ? undefined : { id: room, name: 'Hall', chain: Uint8Array.of(1) }
  }

  room = (): ReturnType<AdmissionPolicy['room']> => this.#room
  admits = (peer: NodeId): Verdict => this.verdicts.get(peer) ?? 'OK'
  members = (): NodeId[] => this.#members
  onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  change(change: { node?: NodeId; verdict?: Verdict; room?: string; members?: NodeId[] }): void {
    if (change.members) this.#members = change.members
    if (change.node !== undefined && change.verdict !== undefined) this.verdicts.set(change.node, change.verdict)
    if (change.room !== undefined) this.#room = { id: change.room, name: 'Hall', chain: Uint8Array.of(1) }
    for (const listener of [...this.#listeners]) listener()
  }
}

export interface TestNode {
  mesh: Mesh
  policy: OpenPolicy
  events: MeshEvent[]
  /** The first event, past or to come, that `holds`. */
  event(holds: (event: MeshEvent) => boolean, timeoutMs?: number): Promise<MeshEvent>
  address: string
}

/** Stops everything that it made. */
export class TestNodes implements AsyncDisposable {
  readonly #nodes: TestNode[] = []
  readonly #folders: string[] = []

  async make(
    init: Partial<MeshInit & Pick<MeshComponents, 'networkAddresses' | 'grant'>> & {
      policy?: OpenPolicy
      seed?: Uint8Array
    } = {}
  ): Promise<TestNode> {
    const { policy = new OpenPolicy(), seed = systemRandom.bytes(32), grant, networkAddresses, ...rest } = init
    const folder = mkdtempSync(join(tmpdir(), 'joinery-mesh-'))
    this.#folders.push(folder)
    const mesh = await createMesh(
      {
        clock: systemClock,
        random: systemRandom,
        disk: nodeDisk,
        key: signingKeyFromSeed(seed),
        policy,
        networkAddresses: networkAddresses ?? (() => []),
        ...(grant ? { grant } : {})
      },
      {
        folder,
        meshPort: 0,
        bootId: Buffer.from(systemRandom.bytes(16)).toString('hex'),
        profile: { name: `node ${this.#nodes.length}`, role: 'node', httpPort: 8080, capacityBytes: 1 },
        discovery: false,
        ...rest
      }
    )
    const events: MeshEvent[] = []
    const waiting = new Set<() => void>()
    mesh.onEvent((event) => {
      events.push(event)
      for (const look of [...waiting]) look()
    })
    await mesh.start()
    const node: TestNode = {
      mesh,
      policy,
      events,
      address: `/ip4/127.0.0.1/tcp/${mesh.meshPort}`,
      event: (holds, timeoutMs = PATIENCE_MS) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(() => {
            waiting.delete(look)
            reject(new Error(`no such event; there were ${JSON.stringify(events)}`))
          }, timeoutMs)
          const look = (): void => {
            const found = events.find(holds)
            if (!found) return
            waiting.delete(look)
            clearTimeout(timer)
            resolve(found)
          }
          waiting.add(look)
          look()
        })
    }
    this.#nodes.push(node)
    return node
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map(({ mesh }) => mesh.stop()))
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true })
  }
}
