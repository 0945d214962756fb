/** A stream to a device that is not of our room, for one conversation. */
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { JoineryError } from '../../protocols/errors.ts'
import { formatMeshAddress, parseMeshAddress } from '../../protocols/mesh-address.ts'
import type { MessageStream, StreamLimits } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { closeConnection, type MeshHost } from './host.ts'
import { DIAL_TIMEOUT_MS } from './limits.ts'
import { messageStream } from './streams.ts'

/** @param address with `/p2p/…`: noise proves that it is that device */
export async function visitStranger<Result>(
  components: { clock: Clock; host: MeshHost },
  address: string,
  init: { protocol: string; limits: StreamLimits; talk: (stream: MessageStream) => Promise<Result> }
): Promise<Result> {
  const parsed = parseMeshAddress(address)
  if (parsed.node === undefined) throw new JoineryError('ADDRESS_INVALID', 'the address does not name its device')
  let connection: Connection
  let stream: MessageStream
  try {
    const signal = AbortSignal.timeout(DIAL_TIMEOUT_MS)
    connection = await components.host.dial(multiaddr(formatMeshAddress(parsed)), { signal })
    stream = messageStream(components.clock, await connection.newStream(init.protocol, { signal }), init.limits)
  } catch (cause) {
    throw new JoineryError('CLOSED', 'the device cannot be reached', { cause })
  }
  try {
    const result = await init.talk(stream)
    await stream.close()
    return result
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error('the conversation failed'))
    throw error
  } finally {
    // The next hello says who we are to each other now.
    closeConnection(connection)
  }
}
