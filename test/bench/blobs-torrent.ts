/** The least that BitTorrent needs to be measured: a torrent of a folder, and a tracker on this machine (BEP 3). */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'

/** As in the earlier measurement of facts/blobs.md: 256 KiB. */
const PIECE_BYTES = 2 ** 18

type Bencoded = number | string | Buffer | Bencoded[] | { [key: string]: Bencoded }

function bencode(value: Bencoded): Buffer {
  if (typeof value === 'number') return Buffer.from(`i${value}e`)
  if (typeof value === 'string' || Buffer.isBuffer(value)) {
    const bytes = Buffer.from(value)
    return Buffer.concat([Buffer.from(`${bytes.length}:`), bytes])
  }
  if (Array.isArray(value)) return Buffer.concat([Buffer.from('l'), ...value.map(bencode), Buffer.from('e')])
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.concat([
    Buffer.from('d'),
    ...entries.flatMap(([key, one]) => [bencode(key), bencode(one)]),
    Buffer.from('e')
  ])
}

export function makeTorrent(folder: string, announce: string): Buffer {
  const names = readdirSync(folder).sort()
  const all = Buffer.concat(names.map((name) => readFileSync(join(folder, name))))
  const pieces: Buffer[] = []
  for (let at = 0; at < all.length; at += PIECE_BYTES)
    pieces.push(
      createHash('sha1')
        .update(all.subarray(at, at + PIECE_BYTES))
        .digest()
    )
  const files = names.map((name) => ({ length: readFileSync(join(folder, name)).length, path: [name] }))
  return bencode({
    announce,
    info: { files, name: basename(folder), 'piece length': PIECE_BYTES, pieces: Buffer.concat(pieces) }
  })
}

export async function startTracker(): Promise<{ port: number; seeders(): number; stop(): void }> {
  /** By port: everybody is on this machine. Whether it has everything. */
  const peers = new Map<number, boolean>()
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://tracker').searchParams
    const port = Number(query.get('port'))
    peers.set(port, query.get('left') === '0')
    const compact = Buffer.concat(
      [...peers.keys()]
        .filter((other) => other !== port)
        .map((other) => Buffer.from([127, 0, 0, 1, other >> 8, other & 255]))
    )
    response.end(bencode({ interval: 1, 'min interval': 1, peers: compact }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    seeders: () => [...peers.values()].filter(Boolean).length,
    stop() {
      server.closeAllConnections()
      server.close()
    }
  }
}
