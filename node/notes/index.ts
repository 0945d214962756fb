/**
 * Shared notes: documents in the journal, the y-websocket endpoint, cursors, titles, export.
 *
 * daemon.ts wires it so; `frontDoor.server` is the node:http server that emits `upgrade`:
 *
 * ```ts
 * const notes = await createNotes(
 *   { journal, clock, random, disk, links: mesh.links, site: { allowsHost, allowsOrigin }, onProblem: (problem) => log.warn(problem) },
 *   { directory: join(dataDirectory, 'notes') }
 * )
 * server.on('upgrade', (request, socket, head) => {
 *   if (request.url?.startsWith(NOTES_SYNC_PATH)) notes.handleUpgrade(request, socket, head)
 *   else socket.destroy()
 * })
 * app.get('/api/notes', () => notes.list())
 * app.post('/api/notes', (request) => notes.create(request.body.title))
 * app.patch('/api/notes/:id', (request) => notes.rename(request.params.id, request.body.title))
 * app.get('/api/notes/:id/text', async (request) => (await notes.exportText(request.params.id)).text)
 *
 * const notePages = await createNotePages({ disk, random }, { directory: join(programDirectory, 'dist-web') })
 * app.get('/notes/*', …) // notePages.asset(path) ?? notePages.page(path, language): bytes and headers, 404 when undefined
 * …
 * await notes.stop() // before the journal is closed: what waits is written
 * ```
 *
 * `JournalInit.understood` gets `understoodNoteKinds`, `JournalComponents.merger` is `createNoteMerger(clock)`.
 */
import './errors.ts'
import {
  NOTE_FACT_VERSION,
  NOTE_MERGED_KIND,
  NOTE_NAMED_KIND,
  NOTE_REMOVED_KIND,
  NOTE_UPDATE_KIND
} from '../../protocols/note-facts.ts'

export { NOTES_SYNC_PATH } from '../../protocols/notes-sync.ts'
export { createNoteMerger } from './note-merger.ts'
export {
  createNotes,
  type NoteSummary,
  type Notes,
  type NotesComponents,
  type NotesInit,
  type NotesLimits,
  type NotesProblem
} from './notes.ts'
export {
  createNotePages,
  type NoteAnswer,
  type NotePages,
  type NotePagesComponents,
  type NotePagesInit
} from './pages.ts'
export type { OwnSite } from './visitor.ts'

/** Kinds of entries that notes write, with the highest version they understand. */
export const understoodNoteKinds: ReadonlyMap<string, number> = new Map([
  [NOTE_NAMED_KIND, NOTE_FACT_VERSION],
  [NOTE_UPDATE_KIND, NOTE_FACT_VERSION],
  [NOTE_MERGED_KIND, NOTE_FACT_VERSION],
  [NOTE_REMOVED_KIND, NOTE_FACT_VERSION]
])
