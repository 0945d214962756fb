/**
 * The room's replicated record of facts: one append-only, signed, chained log per writer; every node holds all of them.
 */
import './errors.ts'

export type {
  BodySeal,
  Fork,
  Journal,
  JournalComponents,
  JournalInit,
  JournalProblem,
  RemovedNodes,
  Signing,
  UnknownKind,
  VerifyReport,
  WriterAuthority
} from './journal.ts'
