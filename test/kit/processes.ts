/** What running programs have used so far, from /proc. */
import { readdirSync, readFileSync } from 'node:fs'

const TICKS_A_SECOND = 100
const PAGE_BYTES = 4096

interface ProcessRow {
  pid: number
  parent: number
  /** Of its own and of its children that have ended. */
  cpuSeconds: number
  residentBytes: number
}

function readProcess(pid: number): ProcessRow | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name stands in parentheses and may hold anything.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [, parent = 0] = fields
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + (fields[at] ?? 0), 0)
    return { pid, parent, cpuSeconds: ticks / TICKS_A_SECOND, residentBytes: (fields[21] ?? 0) * PAGE_BYTES }
  } catch {
    return undefined
  }
}

/** Of a program and all that it has started: CPU seconds and resident bytes together. */
export function usageOf(pid: number): { cpuSeconds: number; residentBytes: number } {
  const all = readdirSync('/proc').flatMap((name) => readProcess(Number(name)) ?? [])
  const family = new Set([pid])
  for (let before = 0; before !== family.size; ) {
    before = family.size
    for (const row of all) if (family.has(row.parent)) family.add(row.pid)
  }
  let cpuSeconds = 0
  let residentBytes = 0
  for (const row of all) {
    if (!family.has(row.pid)) continue
    cpuSeconds += row.cpuSeconds
    residentBytes += row.residentBytes
  }
  return { cpuSeconds, residentBytes }
}
