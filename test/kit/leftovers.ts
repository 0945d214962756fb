/**
 * What a run of the tests must not leave on the machine: processes, mounts, loop devices, network namespaces, temporary files.
 * A run marks all its processes by an environment variable, so that only its own are counted.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'

export const RUN_MARK = 'JOINERY_TEST_RUN'

export interface Belongings {
  mounts: ReadonlySet<string>
  namespaces: ReadonlySet<string>
  loops: ReadonlySet<string>
}

/** Taken before the run, compared after it. */
export function lookAround(): Belongings {
  const mounts = new Set<string>()
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const target = line.split(' ')[1]
    if (target) mounts.add(target)
  }
  const namespaces = existsSync('/run/netns') ? new Set(readdirSync('/run/netns')) : new Set<string>()
  const loops = new Set<string>()
  for (const device of readdirSync('/sys/block')) {
    const backing = `/sys/block/${device}/loop/backing_file`
    if (device.startsWith('loop') && existsSync(backing))
      loops.add(`${device} (${readFileSync(backing, 'utf8').trim()})`)
  }
  return { mounts, namespaces, loops }
}

/** Sentences about what is there now and was not before; empty when the run was clean. */
export function findLeftovers(before: Belongings, run: string, temporaryFolder: string): string[] {
  const now = lookAround()
  const found: string[] = []
  for (const [kind, were, are] of [
    ['mount', before.mounts, now.mounts],
    ['network namespace', before.namespaces, now.namespaces],
    ['loop device', before.loops, now.loops]
  ] as const) {
    for (const one of are) if (!were.has(one)) found.push(`${kind} ${one}`)
  }
  for (const { pid, command } of processesOf(run)) found.push(`process ${pid}: ${command}`)
  for (const name of readdirSync(temporaryFolder)) found.push(`temporary file ${name}`)
  return found
}

export function processesOf(run: string): { pid: number; command: string }[] {
  const found: { pid: number; command: string }[] = []
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(`${RUN_MARK}=${run}`)) continue
      found.push({ pid, command: readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ').trim() })
    } catch {
      // it ended meanwhile
    }
  }
  return found
}
