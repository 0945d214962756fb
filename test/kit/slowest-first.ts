/** The order in which test files begin: the longest ones first, so that none of them is still under way when all others have ended. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Where a file is a good part of a minute alone on a machine; the runner itself goes by the size of a file, which says little. */
const LONGEST = [
  'simulation/room-even',
  'simulation/room-odd',
  'simulation/idle-room',
  'simulation/merging',
  'simulation/git',
  'unit/mesh/mesh',
  'unit/take-home/take-home',
  'unit/journal/compaction',
  'contracts/blobs-store',
  'unit/journal/bad-network',
  'unit/blobs/bad-peers',
  'integration/mesh-discovery',
  'integration/sticks',
  'integration/install',
  'integration/just-joined',
  'integration/setup',
  'browser/room-content',
  'integration/git-room',
  'faults/power-cut',
  'browser/take-home',
  'faults/git-push',
  'integration/pip-resume',
  'integration/r',
  'faults/journal-merging',
  'faults/kill',
  'integration/cloud-tls',
  'browser/class-people'
]

export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
      return at < 0 ? LONGEST.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}
