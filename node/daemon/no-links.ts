import type { PeerLinks } from '../../protocols/message-stream.ts'

/** For work on a folder without a mesh: nobody is there and nobody comes. */
export const NO_LINKS: PeerLinks = {
  links: () => [],
  onLink: () => () => undefined,
  onLinkLost: () => () => undefined,
  handle: () => undefined
}
