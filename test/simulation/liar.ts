/** A device that lies: what it sends is flipped, cut, replayed, or of another kind. Its key is good, its words are not. */
import type { MessageStream, PeerLink, PeerLinks } from '../../protocols/message-stream.ts'
import type { SeededRandom } from '../kit/seeded-random.ts'

/** Of each message that it sends: that it is a lie. */
const LIE_RATE = 0.2
const REMEMBERED = 50

export function tamperWith(links: PeerLinks, random: SeededRandom): PeerLinks {
  /** What it said on any stream, to be said again where it does not belong. */
  const said: Uint8Array[] = []

  const lie = (message: Uint8Array): Uint8Array => {
    said.push(message)
    if (said.length > REMEMBERED) said.shift()
    if (!random.chance(LIE_RATE)) return message
    const changed = message.slice()
    switch (random.below(5)) {
      case 0: {
        for (let flips = 1 + random.below(3); flips > 0 && changed.length > 0; flips--) {
          const at = random.below(changed.length)
          changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8))
        }
        return changed
      }
      case 1:
        return changed.subarray(0, random.below(changed.length + 1))
      case 2:
        return random.pick(said)
      case 3:
        return new Uint8Array(Buffer.concat([changed, random.bytes(1 + random.below(40))]))
      default:
        return random.bytes(random.below(300))
    }
  }

  const lying = (stream: MessageStream): MessageStream => ({
    send: (message) => stream.send(lie(message)),
    receive: () => stream.receive(),
    close: () => stream.close(),
    abort: (reason) => stream.abort(reason)
  })

  /** The same link must be the same object each time: it is used as a key. */
  const wrapped = new WeakMap<PeerLink, PeerLink>()
  const wrap = (link: PeerLink): PeerLink => {
    const known = wrapped.get(link)
    if (known) return known
    const made: PeerLink = {
      peer: link.peer,
      profile: link.profile,
      remoteAddress: link.remoteAddress,
      dialer: link.dialer,
      open: async (protocol, limits, signal) => lying(await link.open(protocol, limits, signal))
    }
    wrapped.set(link, made)
    return made
  }

  return {
    links: () => links.links().map(wrap),
    onLink: (listener) => links.onLink((link) => listener(wrap(link))),
    onLinkLost: (listener) => links.onLinkLost((link) => listener(wrap(link))),
    handle: (protocol, limits, handler) =>
      links.handle(protocol, limits, (stream, link) => handler(lying(stream), wrap(link)))
  }
}
