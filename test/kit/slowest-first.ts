/** The order in which test files begin: the longest ones first, so that none of them is still under way when all others have ended. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** As measured, the longest first, in each of the two stages that run several files at a time; the runner itself goes by the size of a file, which says little. */
const LONGEST = [
  'simulation/idle-room',
  'simulation/room-even',
  'simulation/room-odd',
  'unit/mesh/mesh',
  'unit/take-home/take-home',
  'simulation/git',
  'simulation/merging',
  'unit/room/wire-formats',
  'unit/blobs/wire',
  'unit/collections/manifest-shard',
  'unit/journal/compaction',
  'contracts/blobs-store',
  'unit/journal/bad-network',
  'unit/blobs/bad-peers',
  'integration/install',
  'integration/pip',
  'integration/mesh-discovery',
  'integration/git-room',
  'browser/room-devices',
  'integration/wants-uplink',
  'browser/class-people',
  'browser/people',
  'browser/pages',
  'faults/power-cut',
  'browser/room-content',
  'integration/cloud-hand-over',
  'faults/kill',
  'faults/journal',
  'integration/network-lab',
  'browser/room',
  'faults/node',
  'faults/git-push',
  'integration/pip-resume',
  'browser/uplink',
  'browser/looks',
  'integration/sticks',
  'faults/failed-sync',
  'integration/node-let-in',
  'integration/cloud-faults',
  'integration/git-ssh',
  'integration/setup',
  'integration/just-joined',
  'integration/node-life',
  'browser/take-home',
  'browser/hostile-text'
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
