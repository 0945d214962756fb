/** The data that everybody copies: 300 files, 405 MB; small ones, packages and installers in the proportion of a class folder. */
import { randomFillSync } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILES: readonly { count: number; bytes: number }[] = [
  { count: 200, bytes: 50_000 },
  { count: 95, bytes: 1_000_000 },
  { count: 5, bytes: 60_000_000 }
]

export interface DataSet {
  folder: string
  files: number
  bytes: number
}

/** @param scale makes it smaller for a quick look: 0.1 is a tenth of the big files */
export function makeDataSet(folder: string, scale = 1): DataSet {
  mkdirSync(folder, { recursive: true })
  let files = 0
  let bytes = 0
  for (const { count, bytes: size } of FILES) {
    const length = size > 1_000_000 ? Math.round(size * scale) : size
    for (let i = 0; i < count; i++) {
      // Incompressible and all different, or somebody would be quick for the wrong reason.
      writeFileSync(join(folder, `${size}-${i}.bin`), randomFillSync(Buffer.allocUnsafe(length)))
      files++
      bytes += length
    }
  }
  return { folder, files, bytes }
}

/** Bytes of whole files below a folder; temporary names of the tools (dots, `.aria2`) do not count. */
export function arrivedBytes(folder: string): number {
  if (!existsSync(folder)) return 0
  let sum = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.bin') || entry.name.startsWith('.')) continue
    sum += statSync(join(entry.parentPath, entry.name)).size
  }
  return sum
}
