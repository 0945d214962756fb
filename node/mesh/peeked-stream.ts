/** Looks at the first message of a stream and leaves it there, for whoever takes the stream over. */
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { JoineryError } from '../../protocols/errors.ts'
import type { StreamLimits } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'

const LENGTH_BYTES = 4

/** @throws JoineryError `TOO_LARGE`, `TIMED_OUT` or `CLOSED` */
export async function peekMessage(clock: Clock, stream: Stream, limits: StreamLimits): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array(0)
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const take = ({ data }: StreamMessageEvent): void => {
    const more = data instanceof Uint8Array ? data : data.subarray()
    const longer = new Uint8Array(bytes.length + more.length)
    longer.set(bytes)
    longer.set(more, bytes.length)
    bytes = longer
    if (bytes.length < LENGTH_BYTES) return
    const end = LENGTH_BYTES + new DataView(bytes.buffer).getUint32(0)
    if (end - LENGTH_BYTES > limits.maxMessageBytes) reject(new JoineryError('TOO_LARGE', 'a first message too long'))
    else if (bytes.length >= end) {
      // At once: what comes from now on waits in the stream's own buffer.
      stream.removeEventListener('message', take)
      resolve(bytes.subarray(LENGTH_BYTES, end))
    }
  }
  const ended = (): void => reject(new JoineryError('CLOSED', 'the stream ended before its first message'))
  const cancel = clock.after(limits.idleTimeoutMs, () => reject(new JoineryError('TIMED_OUT', 'no first message came')))
  stream.addEventListener('close', ended)
  stream.addEventListener('message', take)
  try {
    const message = (await promise).slice()
    stream.unshift(bytes)
    return message
  } finally {
    cancel()
    stream.removeEventListener('message', take)
    stream.removeEventListener('close', ended)
  }
}
