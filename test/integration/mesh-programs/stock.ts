/** A libp2p node with the stock `@libp2p/mdns` and nothing of ours: prints whom it discovers. */
import { mdns } from '@libp2p/mdns'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

const host = await createLibp2p({
  addresses: { listen: ['/ip4/0.0.0.0/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  peerDiscovery: [mdns({ interval: 1000 })]
})
host.addEventListener('peer:discovery', ({ detail }) => {
  process.stdout.write(`discovered ${detail.id} ${detail.multiaddrs.join(' ')}\n`)
})
host.addEventListener('peer:connect', ({ detail }) => process.stdout.write(`connected ${detail}\n`))
process.stdout.write(`ready ${host.peerId} ${host.getMultiaddrs().join(' ')}\n`)
