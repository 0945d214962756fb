/** Links as the blobs see them, with what is served to cloud peers counted and, once the budget is spent, refused. */
import { BLOB_PROTOCOL } from '../../protocols/blob-stream.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { MessageStream, NodeId, PeerLinks } from '../../protocols/message-stream.ts'

export interface MeteredLinksInit {
  budgetSpent(peer: NodeId): boolean
  /** Bytes of files went to a cloud peer. */
  served(peer: NodeId, bytes: number): void
}

export function meterLinks(links: PeerLinks, init: MeteredLinksInit): PeerLinks {
  return {
    links: () => links.links(),
    onLink: (listener) => links.onLink(listener),
    onLinkLost: (listener) => links.onLinkLost(listener),
    handle(protocol, limits, handler) {
      if (protocol !== BLOB_PROTOCOL) return links.handle(protocol, limits, handler)
      links.handle(protocol, limits, async (stream, link) => {
        await handler(link.profile.role === 'cloud' ? meter(stream, link.peer, init) : stream, link)
      })
    }
  }
}

function meter(stream: MessageStream, peer: NodeId, { budgetSpent, served }: MeteredLinksInit): MessageStream {
  return {
    receive: () => stream.receive(),
    close: () => stream.close(),
    abort: (reason) => stream.abort(reason),
    async send(message) {
      if (budgetSpent(peer)) throw new JoineryError('BUSY', 'the budget of the uplink is spent')
      await stream.send(message)
      served(peer, message.length)
    }
  }
}
