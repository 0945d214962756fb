/** The more people, the more is gathered before it is sent and written. */
import * as limits from './limits.ts'

export interface Pace {
  /** Between two writes to the clients. */
  tickMs: number
  /** Between two messages with cursors. */
  cursorsMs: number
}

const FEW: Pace = { tickMs: 0, cursorsMs: limits.CURSORS_FEW_CLIENTS_MS }
const SOME: Pace = {
  tickMs: limits.TICK_SOME_CLIENTS_MS,
  cursorsMs: limits.CURSORS_SOME_CLIENTS_MS
}
const MANY: Pace = {
  tickMs: limits.TICK_MANY_CLIENTS_MS,
  cursorsMs: limits.CURSORS_MANY_CLIENTS_MS
}

export function paceFor(clients: number): Pace {
  if (clients <= limits.FEW_CLIENTS) return FEW
  return clients <= limits.SOME_CLIENTS ? SOME : MANY
}
