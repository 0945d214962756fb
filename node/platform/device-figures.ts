/** How this computer is: what Linux tells in /proc and /sys. What a system does not tell is left out. */
import { readdir, readFile } from 'node:fs/promises'
import { availableParallelism, freemem, loadavg, totalmem, uptime } from 'node:os'
import { join } from 'node:path'

export interface DeviceFigures {
  /** As its maker calls it; empty when it does not say. */
  board: string
  cores: number
  /** Of the last minute, in per cent of all cores. */
  loadPercent: number
  memoryBytes: number
  /** What programs could still get. */
  memoryFreeBytes: number
  /** Of the hottest part. */
  temperatureC?: number
  /** The computer, not the program. */
  uptimeMs: number
  /** Bytes that left it over any network since it was started. */
  sentBytes: number
  /** The supply gives too little: a Pi then slows down, and cards break. */
  underVoltage: boolean
}

const MAX_BOARD_CHARACTERS = 96

/** @param root where `/proc` and `/sys` are; for tests */
export async function readDeviceFigures(root = '/'): Promise<DeviceFigures> {
  const cores = availableParallelism()
  const temperatureC = await hottest(root)
  return {
    board: await boardName(root),
    cores,
    loadPercent: Math.round((100 * (loadavg()[0] ?? 0)) / cores),
    memoryBytes: totalmem(),
    memoryFreeBytes: await availableMemory(root),
    ...(temperatureC !== undefined && { temperatureC }),
    uptimeMs: Math.round(uptime() * 1000),
    sentBytes: await sentBytes(root),
    underVoltage: await hasUnderVoltage(root)
  }
}

async function boardName(root: string): Promise<string> {
  const model =
    (await text(root, 'proc/device-tree/model')) ??
    [await text(root, 'sys/class/dmi/id/sys_vendor'), await text(root, 'sys/class/dmi/id/product_name')]
      .filter((part) => part !== undefined)
      .join(' ')
  return model
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, MAX_BOARD_CHARACTERS)
}

async function availableMemory(root: string): Promise<number> {
  const [, kilobytes] = /^MemAvailable:\s+(\d+) kB$/m.exec((await text(root, 'proc/meminfo')) ?? '') ?? []
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024
}

async function hottest(root: string): Promise<number | undefined> {
  let most: number | undefined
  for (const zone of await names(root, 'sys/class/thermal')) {
    if (!zone.startsWith('thermal_zone')) continue
    const millidegrees = Number(await text(root, 'sys/class/thermal', zone, 'temp'))
    // A sensor that is not there says 0 or something impossible.
    if (millidegrees > 0 && millidegrees < 150_000) most = Math.max(most ?? 0, Math.round(millidegrees / 1000))
  }
  return most
}

async function sentBytes(root: string): Promise<number> {
  let sum = 0
  for (const line of ((await text(root, 'proc/net/dev')) ?? '').split('\n')) {
    const [, name, figures = ''] = /^\s*([^:\s]+):(.*)$/.exec(line) ?? []
    if (name === undefined || name === 'lo') continue
    sum += Number(figures.trim().split(/\s+/)[8] ?? 0) || 0
  }
  return sum
}

/** Pi OS: a hwmon named `rpi_volt` whose alarm is 1 while it lasts. Source: drivers/hwmon/raspberrypi-hwmon.c. */
async function hasUnderVoltage(root: string): Promise<boolean> {
  for (const monitor of await names(root, 'sys/class/hwmon')) {
    if ((await text(root, 'sys/class/hwmon', monitor, 'name')) !== 'rpi_volt') continue
    return (await text(root, 'sys/class/hwmon', monitor, 'in0_lcrit_alarm')) === '1'
  }
  return false
}

async function text(...path: string[]): Promise<string | undefined> {
  const read = await readFile(join(...path), 'utf8').catch(() => undefined)
  return read?.replaceAll('\0', '').trim()
}

async function names(...path: string[]): Promise<string[]> {
  return await readdir(join(...path)).catch(() => [])
}
