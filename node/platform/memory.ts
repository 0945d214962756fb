import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'

/** Of the whole device. */
export function totalMemoryBytes(): number {
  return totalmem()
}

/** What this process holds in memory now. */
export function residentBytes(): number {
  return process.memoryUsage.rss()
}

/** What objects of this program may still take until it would be ended for it. */
export function freeHeapBytes(): number {
  const { heap_size_limit, used_heap_size } = getHeapStatistics()
  return Math.max(0, heap_size_limit - used_heap_size)
}
