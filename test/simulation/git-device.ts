/** A device of the simulated git host: the real journal and the real agreement over a git in memory. */
import { GitAgreement, understoodGitKinds } from '../../node/git/index.ts'
import { createJournal, createJournalSync, type Journal, type JournalSync } from '../../node/journal/index.ts'
import { sha256 } from '../../node/platform/hash.ts'
import { decodeCbor, encodeCbor } from '../../protocols/cbor.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { nodeIdOfPublicKey } from '../../protocols/node-id.ts'
import { profileOf } from '../kit/peer-profile.ts'
import type { SeededRandom } from '../kit/seeded-random.ts'
import { SimulatedClock, type SimulatedTime } from '../kit/simulated-clock.ts'
import { SimulatedKeyValueStore } from '../kit/simulated-key-value.ts'
import type { SimulatedNetwork } from '../kit/simulated-network.ts'
import { cheapSigning } from './cheap-signing.ts'
import { type GitDisk, GraphRepositories, GraphService } from './git-graph.ts'

interface Life {
  clock: SimulatedClock
  journal: Journal
  sync: JournalSync
  agreement: GitAgreement
}

export class GitDevice {
  readonly id: NodeId
  readonly name: string
  readonly disk: GitDisk = new Map()
  readonly #store: SimulatedKeyValueStore
  readonly #time: SimulatedTime
  readonly #network: SimulatedNetwork
  readonly #random: SeededRandom
  readonly #members: () => readonly NodeId[]
  #clock: SimulatedClock | undefined
  life: Life | undefined

  constructor(
    components: { time: SimulatedTime; network: SimulatedNetwork; random: SeededRandom },
    init: { name: string; diskLatencyMs: number; members: () => readonly NodeId[] }
  ) {
    this.#time = components.time
    this.#network = components.network
    this.#random = components.random
    this.#members = init.members
    this.name = init.name
    this.id = nodeIdOfPublicKey(sha256(Buffer.from(init.name)))
    this.#store = new SimulatedKeyValueStore({ random: this.#random.fork() }, { latencyMs: init.diskLatencyMs })
  }

  get isOn(): boolean {
    return this.#clock !== undefined
  }

  async start(): Promise<void> {
    const clock = new SimulatedClock(this.#time)
    this.#clock = clock
    this.#store.reopen(clock)
    const random = this.#random.fork()
    const journal = await createJournal(
      {
        store: this.#store,
        clock,
        random,
        authority: { check: readCertificate },
        certify: (writerKey) => encodeCbor([writerKey, this.id]),
        seal: { seal: (plain) => plain, open: (sealed) => sealed },
        signing: cheapSigning
      },
      { node: this.id, understood: understoodGitKinds, onProblem: () => undefined }
    )
    const links = this.#network.join(this.id, clock, profileOf(this.name, { capacityBytes: 1 }))
    const sync = createJournalSync({ journal, links, clock, random })
    sync.start()
    const repositories = new GraphRepositories(this.disk, clock, () => random.below(20))
    const members = { self: this.id, eligible: this.#members, slug: () => this.name }
    const components = { journal, links, clock, random, repositories, members, onProblem: () => undefined }
    const agreement = await GitAgreement.open(components)
    agreement.start(new GraphService(repositories, agreement))
    this.life = { clock, journal, sync, agreement }
  }

  /** SIGKILL between any two steps. */
  kill(): void {
    this.#network.leave(this.id)
    this.#clock?.kill()
    this.#clock = undefined
    this.life = undefined
    this.#store.killProcess()
  }
}

function readCertificate(certificate: Uint8Array): { writer: string; node: NodeId } {
  const [writer, node] = decodeCbor(certificate, 1000) as [Uint8Array, string]
  return { writer: Buffer.from(writer).toString('hex'), node }
}
