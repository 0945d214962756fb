/** A BitTorrent tracker for networks of namespaces: `node tracker.ts ADDRESS PORT`. Peers are known by the address they come from. */
import { createServer } from 'node:http'

const [address = '', port = ''] = process.argv.slice(2)
const peers = new Map<string, Buffer>()

const server = createServer((request, response) => {
  const query = new URL(request.url ?? '/', 'http://tracker').searchParams
  const from = (request.socket.remoteAddress ?? '').replace('::ffff:', '')
  const peerPort = Number(query.get('port'))
  const key = `${from}:${peerPort}`
  peers.set(key, Buffer.from([...from.split('.').map(Number), peerPort >> 8, peerPort & 255]))
  const others = Buffer.concat([...peers].filter(([other]) => other !== key).map(([, compact]) => compact))
  // Bencoding, written out: keys in order.
  response.end(
    Buffer.concat([Buffer.from(`d8:intervali1e12:min intervali1e5:peers${others.length}:`), others, Buffer.from('e')])
  )
})
server.listen(Number(port), address, () => console.log('tracker ready'))
