/** The data that everybody copies: 300 files, 405 MB; small ones, packages and installers in the proportion of a class folder. */
import { createHash, randomFillSync } from 'node:crypto'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../kit/child.ts'

const FILES: readonly { count: number; bytes: number }[] = [
  { count: 200, bytes: 50_000 },
  { count: 95, bytes: 1_000_000 },
  { count: 5, bytes: 60_000_000 }
]

export interface DataFile {
  name: string
  bytes: number
  /** sha256 as 64 hex digits. */
  digest: string
}

export interface DataSet {
  folder: string
  files: readonly DataFile[]
  bytes: number
}

/** @param scale makes it smaller for a quick look: 0.1 is a tenth of the big files */
export function makeDataSet(folder: string, scale = 1): DataSet {
  mkdirSync(folder, { recursive: true })
  const files: DataFile[] = []
  for (const { count, bytes: size } of FILES) {
    const length = size > 1_000_000 ? Math.round(size * scale) : size
    for (let i = 0; i < count; i++) {
      const name = `${size}-${i}.bin`
      // Incompressible and all different, or somebody would be quick for the wrong reason.
      const bytes = randomFillSync(Buffer.allocUnsafe(length))
      writeFileSync(join(folder, name), bytes)
      files.push({ name, bytes: length, digest: createHash('sha256').update(bytes).digest('hex') })
    }
  }
  return { folder, files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }
}

/** Looked at so often, and only at the files that were not there yet: it takes its time from the same processor. */
const LOOK_EVERY_MS = 20

/** Resolves when every device has each file in full under its own name. */
export async function allArrived(
  data: DataSet,
  devices: readonly { pathOf: (file: DataFile) => string }[],
  isDone: () => boolean = () => true
): Promise<void> {
  const missing = devices.flatMap(({ pathOf }) => data.files.map((file) => ({ path: pathOf(file), bytes: file.bytes })))
  const arrived = (): boolean => {
    for (let last = missing.at(-1); last; last = missing.at(-1)) {
      if (statSync(last.path, { throwIfNoEntry: false })?.size !== last.bytes) return false
      missing.pop()
    }
    return isDone()
  }
  await until('everything is copied', arrived, { timeoutMs: 600_000, everyMs: LOOK_EVERY_MS })
}
