/** The driver of `/joinery/keys/1`: on each new link, and to all links when a key was made, members give each other the keys they lack. */
import type { MessageStream, NodeId, PeerLink, PeerLinks } from '../../protocols/message-stream.ts'
import { decodeKeys, encodeKeys, KEYS_PROTOCOL, MAX_RING_BYTES, type SharedRingKey } from '../../protocols/ring-keys.ts'
import { type KeyRing, ringKeyId } from './key-ring.ts'
import { KEY_EXCHANGE_TIMEOUT_MS } from './limits.ts'

const LIMITS = { maxMessageBytes: MAX_RING_BYTES, idleTimeoutMs: KEY_EXCHANGE_TIMEOUT_MS }

export interface KeyExchangeInit {
  /** Who was removed gets nothing, linked or not. */
  mayHave(peer: NodeId): boolean
  /** Keys that came could not be stored. */
  failed(cause: unknown): void
}

export function exchangeKeys(components: { links: PeerLinks; keyRing: KeyRing }, init: KeyExchangeInit): void {
  const { links, keyRing } = components

  const missingAt = (peer: NodeId, have: readonly string[]): SharedRingKey[] => {
    if (!init.mayHave(peer)) return []
    return keyRing.keys().filter((key) => !have.includes(ringKeyId(key.key)) && !key.without.includes(peer))
  }
  const ids = (): string[] => keyRing.keys().map(({ key }) => ringKeyId(key))
  const store = async (keys: readonly SharedRingKey[]): Promise<void> => {
    try {
      await keyRing.add(keys)
    } catch (cause) {
      init.failed(cause)
    }
  }

  links.handle(KEYS_PROTOCOL, LIMITS, async (stream, link) => {
    const asked = await stream.receive()
    if (!asked) return
    await stream.send(encodeKeys({ have: ids(), keys: missingAt(link.peer, decodeKeys(asked).have) }))
    const answer = await stream.receive()
    if (answer) await store(decodeKeys(answer).keys)
    await stream.close()
  })

  const give = async (link: PeerLink): Promise<void> => {
    const stream = await link.open(KEYS_PROTOCOL, LIMITS)
    try {
      await talk(stream, link.peer)
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error('the key exchange failed'))
    }
  }
  const talk = async (stream: MessageStream, peer: NodeId): Promise<void> => {
    await stream.send(encodeKeys({ have: ids(), keys: [] }))
    const answered = await stream.receive()
    if (!answered) return
    const { have, keys } = decodeKeys(answered)
    await stream.send(encodeKeys({ have: [], keys: missingAt(peer, have) }))
    await stream.close()
    await store(keys)
  }

  // A link that breaks meanwhile asks again when it is made anew.
  links.onLink((link) => {
    if (link.dialer) give(link).catch(() => {})
  })
  keyRing.onChange(() => {
    for (const link of links.links()) give(link).catch(() => {})
  })
}
