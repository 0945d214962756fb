/** People on journals in memory, with a clock, a disk and a hasher that the test owns. */
import { People } from '../../../node/people/index.ts'
import type { PeopleJournal } from '../../../node/people/people.ts'
import type { Clock } from '../../../node/platform/clock.ts'
import { sha256 } from '../../../node/platform/hash.ts'
import type { PasswordHasher } from '../../../node/platform/password-hash.ts'
import type { Entry } from '../../../protocols/journal.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedDisk } from '../../kit/simulated-disk.ts'
import { TestJournal } from '../collections/shared-journal.ts'

export const ROOM = 'mfrggzdfmztwq2lknnwg23tpobyxe43u'

export class PeopleTestJournal extends TestJournal implements PeopleJournal {
  readonly erased: string[] = []
  decides = true

  async erase(topic: string): Promise<void> {
    this.erased.push(topic)
  }

  mayDecide(): boolean {
    return this.decides
  }
}

/** Counts instead of costing; scrypt itself is tested with the real hasher. */
export class CountingHasher implements PasswordHasher {
  /** Costs of each piece of work, in order. */
  readonly work: number[] = []

  async hash(password: string, salt: Uint8Array, { cost }: { cost: number }): Promise<Uint8Array> {
    this.work.push(cost)
    return sha256(Buffer.concat([salt, Buffer.from(password)]))
  }
}

export interface PeopleNode {
  journal: PeopleTestJournal
  people: People
  hasher: CountingHasher
  disk: SimulatedDisk
  clock: Clock & { nowMs: number }
  /** The same device after a power cut. */
  restart(): Promise<People>
}

let nodes = 0

export async function peopleNode(name: string): Promise<PeopleNode> {
  const random = seededRandom(++nodes)
  const disk = new SimulatedDisk({ random: seededRandom(nodes + 1_000) })
  const journal = new PeopleTestJournal(name)
  const hasher = new CountingHasher()
  const clock = {
    nowMs: 0,
    monotonicMs: () => clock.nowMs,
    wallMs: () => 0,
    after: () => () => undefined
  }
  const open = (): Promise<People> =>
    People.open({ journal, clock, disk, random, hasher }, { folder: '/people', roomId: ROOM })
  const node: PeopleNode = {
    ...{ journal, hasher, disk, clock },
    people: await open(),
    async restart() {
      disk.cutPower()
      clock.nowMs = 0
      node.people = await open()
      return node.people
    }
  }
  return node
}

/** Both have what either has, in whatever order it comes. */
export function meet(a: PeopleNode, b: PeopleNode): void {
  a.journal.receiveFrom(b.journal)
  b.journal.receiveFrom(a.journal)
}

/** `Cookie` of a `Set-Cookie`. */
export function cookieOf(setCookie: string): string {
  return setCookie.split(';')[0] ?? ''
}

export function entriesOf(node: PeopleNode): Entry[] {
  return [...node.journal.entries]
}
