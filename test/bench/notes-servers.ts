/**
 * The servers that the notes are measured against, each a process of its own: `node notes-servers.ts KIND FOLDER [PLACE]`. Prints its port.
 *
 * `relay` knows nothing of Yjs: it sends on what it gets, joined for 50 ms, one write per client. No server can do less, so it is the lower bound.
 * `ours` is node/notes over node/journal, every tick on the disk. `pair` is one of two such nodes, linked over TCP.
 * `hocuspocus` is @hocuspocus/server as it comes, without a store: it keeps nothing.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { createJournal, createJournalSync } from '../../node/journal/index.ts'
import { buildFrame } from '../../node/notes/frame.ts'
import { createNotes, understoodNoteKinds } from '../../node/notes/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { openLevel } from '../../node/platform/key-value.ts'
import { systemRandom } from '../../node/platform/random.ts'
import { believingAuthority, certifier, noSeal } from '../kit/journal-pieces.ts'
import { type BenchPeer, TcpLinks } from './blobs-links.ts'

const JOIN_MS = 50
/** Of the two linked nodes; the HTTP ports are any free ones. */
const PAIR: readonly BenchPeer[] = [
  { id: 'bench-a', meshPort: 18_711, httpPort: 0 },
  { id: 'bench-b', meshPort: 18_712, httpPort: 0 }
]

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

async function listen(onUpgrade: OnUpgrade): Promise<number> {
  const server = createServer((_request, response) => response.writeHead(404).end())
  server.on('upgrade', onUpgrade)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function serveRelay(): Promise<number> {
  const sockets = new Set<Duplex>()
  const websockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  let frames: Buffer[] = []
  const flush = (): void => {
    const joined = Buffer.concat(frames)
    frames = []
    for (const socket of sockets) socket.write(joined)
  }
  return listen((request, socket, head) => {
    websockets.handleUpgrade(request, socket, head, (websocket) => {
      sockets.add(socket)
      websocket.on('close', () => sockets.delete(socket))
      websocket.on('message', (data: Buffer) => {
        if (frames.length === 0) setTimeout(flush, JOIN_MS)
        frames.push(buildFrame(data))
      })
    })
  })
}

async function serveOurs(folder: string, place: number | undefined): Promise<number> {
  const self = place === undefined ? undefined : PAIR[place]
  const node = self?.id ?? 'bench'
  const journal = await createJournal(
    {
      store: await openLevel(join(folder, 'journal')),
      clock: systemClock,
      random: systemRandom,
      authority: believingAuthority,
      certify: certifier(node),
      seal: noSeal
    },
    { node, understood: understoodNoteKinds }
  )
  const links =
    self &&
    new TcpLinks(
      self,
      PAIR.filter((peer) => peer !== self)
    )
  if (links) createJournalSync({ journal, links, clock: systemClock, random: systemRandom }).start()
  const notes = await createNotes(
    {
      journal,
      clock: systemClock,
      random: systemRandom,
      disk: nodeDisk,
      onProblem: (problem) => console.error(problem),
      ...(links && { links })
    },
    // One address plays a whole school.
    { directory: join(folder, 'notes'), limits: { clientsPerAddress: 1_000 } }
  )
  return listen((request, socket, head) => notes.handleUpgrade(request, socket, head))
}

async function serveHocuspocus(): Promise<number> {
  const { Server } = await import('@hocuspocus/server')
  const server = new Server({ port: 0, address: '127.0.0.1', quiet: true })
  await server.listen()
  return server.address.port
}

const [kind = '', folder = '', place] = process.argv.slice(2)
const port =
  kind === 'relay'
    ? await serveRelay()
    : kind === 'hocuspocus'
      ? await serveHocuspocus()
      : await serveOurs(folder, place === undefined ? undefined : Number(place))
console.log(`port ${port}`)
