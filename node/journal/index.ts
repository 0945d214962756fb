/**
 * The room's replicated record of facts: one append-only, signed, chained log per writer; every node holds all of them.
 */
import './errors.ts'

export type {
  BodySeal,
  DurableBatch,
  Fork,
  Journal,
  JournalComponents,
  JournalExchange,
  JournalInit,
  JournalProblem,
  RemovedNodes,
  Signing,
  UnknownKind,
  VerifyReport,
  WriterAuthority
} from './journal.ts'
export { createJournal } from './local-journal.ts'
export { type OpenJournalComponents, type OpenJournalInit, openJournal } from './open-journal.ts'
export {
  createJournalSync,
  type JournalSync,
  type JournalSyncComponents,
  type JournalSyncInit,
  type LinkSyncStatus
} from './sync-service.ts'
export {
  type SyncEffect,
  type SyncEvent,
  SyncSession,
  type SyncSessionComponents,
  type SyncView
} from './sync-session.ts'
export { WantLedger } from './want-ledger.ts'
