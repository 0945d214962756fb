/** A whole device as far as notes go: pages, built files, API, sockets; on one loopback address. */
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { asJoineryError } from '../../../node/http/error-answer.ts'
import { createNotePages, createNotes, type Notes, type NotesComponents } from '../../../node/notes/index.ts'
import type { NotesJournal } from '../../../node/notes/notes.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { systemRandom } from '../../../node/platform/random.ts'
import { chooseLanguage } from '../../../web-client/languages.ts'

export interface NoteServer {
  notes: Notes
  origin: string
  /** As if the device had lost its power: sockets end, nothing more is answered. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export interface NoteServerInit {
  directory: string
  /** Loopback addresses are told apart by their last number, as devices are by theirs. */
  host: string
  port?: number
  /** What `/api/room` tells; asked each time. */
  origins(): string[]
}

const root = new URL('../../../', import.meta.url).pathname

export async function startNoteServer(
  journal: NotesJournal,
  init: NoteServerInit,
  components: Partial<NotesComponents> = {}
): Promise<NoteServer> {
  const notes = await createNotes(
    {
      journal,
      clock: systemClock,
      random: systemRandom,
      disk: nodeDisk,
      site: { allowsHost: () => true, allowsOrigin: (origin) => init.origins().includes(origin) },
      ...components
    },
    { directory: init.directory }
  )
  const pages = await createNotePages({ disk: nodeDisk, random: systemRandom }, { directory: join(root, 'dist-web') })
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const known = asJoineryError(error)
      sendJson(response, known.status, { code: known.code, next: known.next })
    })
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/'
    if (path === '/assets/style.css' || path === '/assets/icon.svg') {
      const type = path.endsWith('css') ? 'text/css' : 'image/svg+xml'
      response.writeHead(200, { 'Content-Type': type }).end(await readFile(join(root, 'web-client', path)))
    } else if (path === '/api/room') {
      sendJson(response, 200, { devices: init.origins().map((address) => ({ address: `${address}/` })) })
    } else if (path === '/api/notes') {
      if (request.method === 'POST') sendJson(response, 200, await notes.create((await readJson(request)).title))
      else sendJson(response, 200, notes.list())
    } else if (path.startsWith('/api/notes/')) {
      const [id = '', what] = path.slice('/api/notes/'.length).split('/')
      if (request.method === 'PATCH') sendJson(response, 200, await notes.rename(id, (await readJson(request)).title))
      else if (what === 'text') response.end((await notes.exportText(id)).text)
      else response.writeHead(404).end()
    } else {
      const found = pages.asset(path) ?? pages.page(path, chooseLanguage(request.headers['accept-language']))
      if (found) response.writeHead(200, found.headers).end(found.bytes)
      else response.writeHead(404).end()
    }
  }

  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket, head) => notes.handleUpgrade(request, socket, head))
  await new Promise<void>((resolve) => server.listen(init.port ?? 0, init.host, resolve))
  return {
    notes,
    origin: `http://${init.host}:${(server.address() as AddressInfo).port}`,
    async kill() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
    async stop() {
      server.close()
      await notes.stop()
      for (const socket of sockets) socket.destroy()
    }
  }
}

async function readJson(request: IncomingMessage): Promise<{ title: string }> {
  let text = ''
  for await (const piece of request) text += piece
  return JSON.parse(text) as { title: string }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
}
