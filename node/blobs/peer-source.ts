import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { BlobSource, FetchOutcome } from './blob-source.ts'
import { HTTP_RETRY_MS } from './limits.ts'

/** HTTP where it reaches, the mesh's own streams where it does not; HTTP is tried again from time to time. */
export function createPeerSource(components: { clock: Clock; http: BlobSource; stream: BlobSource }): BlobSource {
  const { clock, http, stream } = components
  /** By boot: a device that starts again may serve on another port. */
  const withoutHttp = new BoundedMap<NodeId, { bootId: string; untilMs: number }>(MAX_REMEMBERED)
  return {
    async fetch(link, request, signal, into): Promise<FetchOutcome> {
      const { peer, profile } = link
      const known = withoutHttp.get(peer)
      const avoid = known?.bootId === profile.bootId && known.untilMs > clock.monotonicMs()
      if (profile.httpPort === 0 || avoid) return stream.fetch(link, request, signal, into)
      const outcome = await http.fetch(link, request, signal, into)
      if (outcome.kind !== 'failed' || outcome.failure !== 'unreachable' || signal.aborted) return outcome
      const second = await stream.fetch(link, request, signal, into)
      // Only when the peer is there after all; else it is the link that broke.
      if (second.kind === 'bytes') {
        withoutHttp.set(peer, { bootId: profile.bootId, untilMs: clock.monotonicMs() + HTTP_RETRY_MS })
      }
      return second
    },
    close() {
      http.close()
      stream.close()
    }
  }
}

/** More peers than a campus has devices. */
const MAX_REMEMBERED = 256
