/** What people and removals want to know of logs. */
import type { WriterId } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Fork } from './journal.ts'
import type { Log, LogTable } from './log-table.ts'

/** The last number that we hold of each of a node's writers. */
export function lastNumbersOf(table: LogTable, node: NodeId): Map<WriterId, number> {
  const numbers = new Map<WriterId, number>()
  for (const log of table.all) {
    if (log.node !== node || log.durable.number < log.start) continue
    numbers.set(log.writer, Math.max(numbers.get(log.writer) ?? -1, log.durable.number))
  }
  return numbers
}

/** @param logs of one writer */
export function forkOf(logs: readonly Log[]): Fork | undefined {
  const numbers = logs.flatMap((log) => log.forkPoints.map((point) => point.number))
  const [first] = logs
  if (!first || numbers.length === 0) return undefined
  return { writer: first.writer, node: first.node, number: Math.min(...numbers), branches: logs.length }
}

export function forksOf(table: LogTable): Fork[] {
  return [...table.writers()].flatMap((writer) => forkOf(table.logsOf(writer)) ?? [])
}
