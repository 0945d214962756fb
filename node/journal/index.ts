/**
 * The room's replicated record of facts: one append-only, signed, chained log per writer; every node holds all of them, and a pure fold of their
 * entries gives any view.
 *
 * @example wiring on a device
 *     const journal = await openJournal(
 *       { disk, clock, random, authority, certify: (key) => writerCertificate(key), seal: keyRing },
 *       { folder: `${data}/journal`, node, understood: new Map([['admitted', 1], …]), onProblem: (problem) => log.warn(problem) }
 *     )
 *     const sync = createJournalSync({ journal, links: mesh, clock, random }, { onMisbehaviour: (peer, code) => … })
 *     sync.start()
 *     const [stamp] = await journal.append([{ topic: 'room', kind: 'node-settings', version: 1, body: { name: 'Pi 3' } }])
 *     const view = await journal.view(fold)                            // loads a snapshot and what came since
 *     await journal.savedElsewhere(stamp, 2000)                       // false: "saved on this device only"
 *     sync.stop(); await journal.close()                              // in this order
 *
 * @example driving it in a simulator
 *     The journal does no I/O but through its `KeyValueStore`, no timing but through its `Clock`, no chance but through its `Random`: give
 *     `createJournal` simulated ones (and cheaper `signing`), and `createJournalSync` a simulated `PeerLinks`. The decisions alone are
 *     `SyncSession`: `handle(event, nowMs)` gives effects, `deadlineMs()` says when `{ type: 'time' }` is due. Send the `send` effects in order and
 *     answer each with `sent`; give `accept` to `journal.exchange.take` and hand back `taken` before the next `received`; answer `read` from
 *     `journal.exchange.read`; pass `exchange.onDurable` and `onChanged` on as `durable` and `changed`; one `WantLedger` for all sessions of a node.
 *     After a crash open the same store again: rows, chains and views must be as of a prefix that holds all that was acknowledged.
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
