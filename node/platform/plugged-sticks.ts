/** Sticks and drives that are plugged in and mounted where people's things are mounted. */
import { readFile } from 'node:fs/promises'

export interface PluggedStick {
  /** As its owner called it. */
  name: string
  path: string
}

/** Where desktops, udisks and our own images mount what is plugged in. */
const PLACES = /^\/(?:run\/)?media\/(?:[^/]+\/)?[^/]+$/
/** A shelf of hubs. */
const MAX_STICKS = 16

/** @param mounts as the kernel lists them, see proc_mounts(5); for tests */
export async function pluggedSticks(mounts = '/proc/self/mounts'): Promise<PluggedStick[]> {
  const lines = (await readFile(mounts, 'utf8').catch(() => '')).split('\n')
  const sticks: PluggedStick[] = []
  for (const line of lines) {
    const [device = '', where = ''] = line.split(' ')
    const path = where.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    if (!device.startsWith('/dev/') || !PLACES.test(path) || sticks.length === MAX_STICKS) continue
    sticks.push({ name: path.slice(path.lastIndexOf('/') + 1), path })
  }
  return sticks
}
