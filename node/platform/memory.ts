import { totalmem } from 'node:os'

/** Of the whole device. */
export function totalMemoryBytes(): number {
  return totalmem()
}

/** What this process holds in memory now. */
export function residentBytes(): number {
  return process.memoryUsage.rss()
}
