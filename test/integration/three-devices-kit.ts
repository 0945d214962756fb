/** A room of devices on one cable, each behind an access of so many Mbit/s, and a place for the learners whose own cable is wide. */
import { createHash, randomFillSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PATIENCE_MS } from '../kit/child.ts'
import { type Cable, type Device, type LabNetwork, NetworkLab } from '../kit/network-lab.ts'
import { joinery, joineryJson, type NodePlace, NodeProcess } from '../kit/node-process.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

export const HTTP_PORT = 8080
/** Headers, hellos, the journal, inventories and what TCP itself repeats. */
export const OVERHEAD = 1.1

export interface NarrowDevice {
  readonly place: NodePlace
  readonly cable: Cable
  /** Of its pages. */
  readonly url: string
}

export interface MadeFile {
  path: string
  sha256: string
  sizeBytes: number
}

export class NarrowRoom implements AsyncDisposable {
  readonly #folder = temporaryFolder()
  readonly #lab: NetworkLab
  readonly #hall: LabNetwork
  readonly #nodes: NodeProcess[] = []
  readonly learners: Device

  private constructor(lab: NetworkLab, hall: LabNetwork, learners: Device) {
    this.#lab = lab
    this.#hall = hall
    this.learners = learners
  }

  static async make(): Promise<NarrowRoom> {
    const lab = await NetworkLab.make()
    const hall = await lab.network()
    const learners = await lab.device('learners')
    await learners.plug(hall)
    return new NarrowRoom(lab, hall, learners)
  }

  get path(): string {
    return this.#folder.path
  }

  async device(name: string, megabitsPerSecond?: number): Promise<NarrowDevice> {
    const device = await this.#lab.device(name)
    const cable = await device.plug(this.#hall)
    if (megabitsPerSecond !== undefined) await cable.narrow(megabitsPerSecond)
    return {
      place: { data: join(this.path, name), device },
      cable,
      url: `http://${cable.address}:${HTTP_PORT}`
    }
  }

  async start({ place }: NarrowDevice, words: readonly string[] = []): Promise<NodeProcess> {
    const node = await NodeProcess.start(place, ['--port', String(HTTP_PORT), '--mesh-port', '4001', ...words])
    this.#nodes.push(node)
    return node
  }

  /** Makes the room on its first device and starts that. */
  async found(device: NarrowDevice): Promise<NodeProcess> {
    await joinery(device.place, ['init', '--name', 'Greenhouse'])
    return await this.start(device, ['--name', 'first'])
  }

  async invite({ place }: NarrowDevice): Promise<string> {
    return (await joineryJson<{ text: string }>(place, ['invite', '--uses', '10'])).text
  }

  /** A file that cannot be compressed, in a folder to be imported. */
  file(folder: string, name: string, sizeBytes: number): MadeFile {
    const bytes = randomFillSync(Buffer.allocUnsafe(sizeBytes))
    mkdirSync(join(this.path, folder), { recursive: true })
    const path = join(this.path, folder, name)
    writeFileSync(path, bytes)
    return { path, sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes }
  }

  async importFolder({ place }: NarrowDevice, folder: string): Promise<void> {
    await joinery(place, ['import', join(this.path, folder), '--as', 'installers'])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node[Symbol.asyncDispose]()
    await this.#lab[Symbol.asyncDispose]()
    this.#folder[Symbol.dispose]()
  }
}

/** All that the room wants is there, `bytes` of it at least. */
export function holds(node: NodeProcess, bytes: number, timeoutMs = PATIENCE_MS): Promise<unknown> {
  return node.statusWhere(
    'the device holds what the room wants',
    ({ blobs }) => blobs.missing === 0 && blobs.heldBytes >= bytes,
    timeoutMs
  )
}

/** Runs `copies` downloads of one address at once and says how long all of them took; each has to be whole. */
export async function download(from: Device, url: string, copies: number, sizeBytes: number): Promise<void> {
  const command = ['curl', '--silent', '--show-error', '--fail', '-o', '/dev/null', '-w', '%{size_download}', url]
  const results = await Promise.all(Array.from({ length: copies }, () => from.run(command, { timeoutMs: 600_000 })))
  for (const { stdout } of results)
    if (Number(stdout) !== sizeBytes) throw new Error(`${stdout} of ${sizeBytes} bytes came`)
}
