/** What has to be fetched so that an R package installs from one folder of a repository: what it depends on, imports and links to, where the room has it not or too old. */
import { JoineryError } from '../../../protocols/errors.ts'
import { compareRVersions } from '../../mirrors/cran/r-version.ts'
import { MAX_WANT_FILES } from '../limits.ts'
import type { RNeed, RRecord } from './r-index.ts'

export interface RPackages {
  inRoom(packageName: string): readonly RRecord[]
  atIndex: ReadonlyMap<string, readonly RRecord[]>
  /** `4.4`; absent: of a source, nobody said. */
  rVersion?: string
}

/** @throws JoineryError `WANT_UNKNOWN_PACKAGE`, `WANT_NO_FILE`, `WANT_CONFLICT`, `WANT_TOO_LARGE` */
export function rClosure(packages: RPackages, roots: readonly RNeed[]): RRecord[] {
  const taken = new Map<string, { record: RRecord; isInRoom: boolean }>()
  const queue: RNeed[] = [...roots]
  for (let need = queue.shift(); need; need = queue.shift()) {
    const known = taken.get(need.packageName)
    if (known && isEnough(known.record, need, packages)) continue
    const here = newest(packages.inRoom(need.packageName), need, packages)
    const record = here ?? fromIndex(packages, need)
    taken.set(need.packageName, { record, isInRoom: here !== undefined })
    if (taken.size > MAX_WANT_FILES)
      throw new JoineryError('WANT_TOO_LARGE', `it needs more than ${MAX_WANT_FILES} packages`)
    queue.push(...record.needs)
  }
  return [...taken.values()].flatMap(({ record, isInRoom }) => (isInRoom ? [] : [record]))
}

function fromIndex(packages: RPackages, need: RNeed): RRecord {
  const { packageName, least } = need
  const there = packages.atIndex.get(packageName)
  if (!there) throw new JoineryError('WANT_UNKNOWN_PACKAGE', `the repository has no ${packageName}`)
  const found = newest(there, need, packages)
  if (found) return found
  const tooOld = least !== undefined && !there.some(({ version }) => compareRVersions(version, least) >= 0)
  if (tooOld)
    throw new JoineryError('WANT_CONFLICT', `${packageName} ${least} or later is needed; the repository has none`)
  throw new JoineryError('WANT_NO_FILE', `the repository has no ${packageName} for R ${packages.rVersion ?? ''}`)
}

function newest(records: readonly RRecord[], need: RNeed, packages: RPackages): RRecord | undefined {
  return records
    .filter((record) => isEnough(record, need, packages))
    .sort((a, b) => compareRVersions(b.version, a.version))[0]
}

function isEnough({ version, leastR }: RRecord, { least }: RNeed, { rVersion }: RPackages): boolean {
  // `4.4` says nothing of the patch: what needs 4.4.1 is for it too.
  const runs = rVersion === undefined || compareRVersions(leastR.split(/[.-]/).slice(0, 2).join('.'), rVersion) <= 0
  return runs && (least === undefined || compareRVersions(version, least) >= 0)
}
