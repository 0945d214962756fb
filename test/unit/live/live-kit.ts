/** Nodes that share the moment, on the simulator's network and clock. */
import { RoomClock, RoomLive } from '../../../node/live/index.ts'
import type { DeviceReport } from '../../../protocols/device-report.ts'
import type { NodeId } from '../../../protocols/message-stream.ts'
import { profileOf } from '../../kit/peer-profile.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { type NetworkFaults, SimulatedNetwork } from '../../kit/simulated-network.ts'
import { TestJournal } from '../collections/shared-journal.ts'
import { nodeOf } from '../room/room-kit.ts'

export function personOf(number: number): string {
  return number.toString(16).padStart(32, '0')
}

export function reportOf(more: Partial<DeviceReport> = {}): DeviceReport {
  return {
    board: 'Raspberry Pi 4 Model B Rev 1.4',
    version: '0.1.0',
    uptimeMs: 3_600_000,
    cores: 4,
    loadPercent: 23,
    memoryBytes: 4e9,
    memoryFreeBytes: 3.1e9,
    diskBytes: 64e9,
    diskFreeBytes: 40e9,
    temperatureC: 54,
    clients: { now: 6, most: 7 },
    wallMs: 1_790_000_000_000,
    missingBytes: 0,
    bytesPerSecond: 0,
    links: [],
    collections: ['cran', 'installers', 'lessons', 'pypi'].map((name) => ({ name, heldFiles: 1_200 })),
    warnings: [],
    ...more
  }
}

export interface LiveNode {
  id: NodeId
  clock: SimulatedClock
  live: RoomLive
  journal: TestJournal
  /** What it says of itself next. */
  report: DeviceReport
}

export class LiveRoom {
  readonly time = new SimulatedTime()
  readonly network: SimulatedNetwork
  readonly nodes: LiveNode[] = []

  constructor(seed: number, faults: Partial<NetworkFaults> = {}) {
    this.network = new SimulatedNetwork({ time: this.time, random: seededRandom(seed) }, faults)
  }

  async add(name: string, init: { wallMs?: number; journal?: TestJournal } = {}): Promise<LiveNode> {
    const clock = new SimulatedClock(this.time, { wallMs: init.wallMs ?? 0 })
    const id = nodeOf(name)
    const journal = init.journal ?? new TestJournal(name)
    const links = this.network.join(id, clock, profileOf(name))
    const roomClock = await RoomClock.open({ clock, journal })
    const node: LiveNode = { id, clock, journal, report: reportOf(), live: undefined as unknown as RoomLive }
    node.live = new RoomLive(
      {
        ...{ clock, links, roomClock },
        report: (seen, withHour) =>
          Promise.resolve({
            ...node.report,
            links: [...seen],
            wallMs: Math.round(roomClock.wallMs()),
            ...(withHour && {
              hour: {
                load: new Uint8Array(60).fill(30),
                memory: new Uint8Array(60).fill(40),
                sent: new Uint8Array(60).fill(99)
              }
            })
          }),
        onProblem: ({ cause }) => {
          throw cause
        }
      },
      { self: id, bootId: (this.nodes.length + 1).toString(16).padStart(32, '0') }
    )
    this.nodes.push(node)
    return node
  }

  /** Time goes on until `holds`. */
  async until(holds: () => boolean, withinMs = 60_000): Promise<void> {
    if (!(await this.time.run(this.time.nowMs + withinMs, holds))) throw new Error('it never came to that')
  }

  async pass(ms: number): Promise<void> {
    await this.time.run(this.time.nowMs + ms)
  }
}
