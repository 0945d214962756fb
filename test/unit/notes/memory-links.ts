/** Two nodes with a cable between them that can be pulled; messages arrive in the next turn of the loop. */
import { JoineryError } from '../../../protocols/errors.ts'
import type { MessageStream, PeerLink, PeerLinks, StreamLimits } from '../../../protocols/message-stream.ts'
import { profileOf } from '../../kit/peer-profile.ts'

type Handler = (stream: MessageStream, link: PeerLink) => Promise<void>

class MemoryEnd implements MessageStream {
  other: MemoryEnd | undefined
  readonly #inbox: (Uint8Array | undefined)[] = []
  #wake: (() => void) | undefined
  #failure: Error | undefined

  async send(message: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure
    const copy = message.slice()
    await new Promise((resolve) => setImmediate(resolve))
    this.other?.push(copy)
  }

  async receive(): Promise<Uint8Array | undefined> {
    while (this.#inbox.length === 0) {
      if (this.#failure) throw this.#failure
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#inbox.shift()
  }

  push(message: Uint8Array | undefined): void {
    this.#inbox.push(message)
    this.#wake?.()
  }

  async close(): Promise<void> {
    this.other?.push(undefined)
  }

  abort(reason: Error): void {
    if (this.#failure) return
    this.#failure = reason
    this.#wake?.()
    this.other?.abort(new JoineryError('CLOSED', 'the other side ended the stream'))
  }
}

export class MemoryLinks implements PeerLinks {
  readonly name: string
  readonly handlers = new Map<string, Handler>()
  readonly open = new Set<MemoryEnd>()
  link: PeerLink | undefined
  readonly #came = new Set<(link: PeerLink) => void>()
  readonly #lost = new Set<(link: PeerLink) => void>()

  constructor(name: string) {
    this.name = name
  }

  links(): readonly PeerLink[] {
    return this.link ? [this.link] : []
  }

  onLink(listener: (link: PeerLink) => void): () => void {
    this.#came.add(listener)
    if (this.link) listener(this.link)
    return () => this.#came.delete(listener)
  }

  onLinkLost(listener: (link: PeerLink) => void): () => void {
    this.#lost.add(listener)
    return () => this.#lost.delete(listener)
  }

  handle(protocol: string, _limits: StreamLimits, handler: Handler): void {
    this.handlers.set(protocol, handler)
  }

  come(link: PeerLink): void {
    this.link = link
    for (const listener of this.#came) listener(link)
  }

  go(): void {
    const { link } = this
    this.link = undefined
    for (const end of this.open) end.abort(new JoineryError('CLOSED', 'the cable was pulled'))
    this.open.clear()
    if (link) for (const listener of this.#lost) listener(link)
  }
}

export interface Cable {
  left: MemoryLinks
  right: MemoryLinks
  pull(): void
  plug(): void
}

export function makeCable(): Cable {
  const [left, right] = [new MemoryLinks('left'), new MemoryLinks('right')]
  const linkTo = (from: MemoryLinks, to: MemoryLinks, dialer: boolean): PeerLink => ({
    peer: to.name,
    profile: profileOf(to.name),
    remoteAddress: '127.0.0.1',
    dialer,
    async open(protocol) {
      const handler = to.handlers.get(protocol)
      const back = to.link
      if (!handler || !back || !from.link) throw new JoineryError('CLOSED', 'nobody handles it')
      const [mine, theirs] = [new MemoryEnd(), new MemoryEnd()]
      mine.other = theirs
      theirs.other = mine
      from.open.add(mine)
      to.open.add(theirs)
      handler(theirs, back).catch((error: Error) => theirs.abort(error))
      return mine
    }
  })
  return {
    left,
    right,
    pull() {
      left.go()
      right.go()
    },
    plug() {
      const there = linkTo(right, left, false)
      right.link = there
      left.come(linkTo(left, right, true))
      right.come(there)
    }
  }
}
