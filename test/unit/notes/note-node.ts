/** A node's notes behind a real HTTP server, and stock clients for them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import {
  createNotes,
  type Notes,
  type NotesComponents,
  type NotesInit,
  type NotesProblem
} from '../../../node/notes/index.ts'
import type { NotesJournal } from '../../../node/notes/notes.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { systemRandom } from '../../../node/platform/random.ts'
import { PATIENCE_MS } from '../../kit/child.ts'

export interface NoteNode {
  notes: Notes
  port: number
  directory: string
  problems: NotesProblem[]
  /** Stops the server and the notes; the journal stays. */
  stop(): Promise<void>
}

export async function startNoteNode(
  journal: NotesJournal,
  components: Partial<NotesComponents> = {},
  init: Partial<NotesInit> = {}
): Promise<NoteNode> {
  const made = init.directory === undefined ? await mkdtemp(join(tmpdir(), 'joinery-notes-')) : undefined
  const directory = init.directory ?? (made as string)
  const problems: NotesProblem[] = []
  const notes = await createNotes(
    {
      journal,
      clock: systemClock,
      random: systemRandom,
      disk: nodeDisk,
      onProblem: (problem) => problems.push(problem),
      ...components
    },
    { directory, ...init }
  )
  const server = createServer((_request, response) => response.writeHead(404).end())
  server.on('upgrade', (request, socket, head) => notes.handleUpgrade(request, socket, head))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    notes,
    port: (server.address() as AddressInfo).port,
    directory,
    problems,
    async stop() {
      server.close()
      await notes.stop()
      server.closeAllConnections()
      if (made) await rm(made, { recursive: true, force: true })
    }
  }
}

export interface StockClient {
  doc: Y.Doc
  text: Y.Text
  provider: WebsocketProvider
  destroy(): void
}

/** The stock provider of y-websocket, as anybody would use it. */
export function stockClient(
  port: number,
  note: string,
  params: Record<string, string> = {},
  doc = new Y.Doc()
): StockClient {
  const provider = new WebsocketProvider(`ws://127.0.0.1:${port}/notes/sync`, note, doc, {
    // biome-ignore lint/suspicious/noExplicitAny: the stock type wants the browser's class, and ws is the one that its documentation names for Node
    WebSocketPolyfill: WebSocket as any,
    disableBc: true,
    params
  })
  return {
    doc,
    text: doc.getText('text'),
    provider,
    destroy() {
      provider.destroy()
      doc.destroy()
    }
  }
}

/** Resolves once `check` holds; rejects with what it last saw after `timeoutMs`. */
export async function eventually(
  check: () => boolean | Promise<boolean>,
  what: () => string = () => check.toString(),
  timeoutMs = PATIENCE_MS
): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`did not happen within ${timeoutMs} ms: ${what()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
