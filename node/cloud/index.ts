/**
 * Sync with a cloud peer: the link texts of a cloud peer, the links of a room, and who may use the line when.
 *
 * ```ts
 * // at the cloud peer
 * const desk = await LinkDesk.open({ disk, random, rooms }, { folder, publicKey })
 * await sharedHost.handleStrangers(CLOUD_LINK_PROTOCOL, CLOUD_LINK_LIMITS, (stream, peer) => desk.serve(stream, peer))
 * const text = await desk.invite({ uses: 1, addresses })
 * // in the room, on any device
 * const links = await CloudLinks.open({ journal, clock, random, members })
 * links.start(mesh)
 * await links.link({ text })
 * ```
 */
import './errors.ts'

export { BudgetBook } from './budget-book.ts'
export { type CloudLinkState, CloudLinks } from './cloud-links.ts'
export { MAX_OPEN_ROOMS, MAX_ROOMS, MIN_FREE_BYTES, ROOM_IDLE_MS } from './limits.ts'
export { LineWatch } from './line-watch.ts'
export { CLOUD_LINK_LIMITS, LinkDesk } from './link-desk.ts'
export { meterLinks } from './metered-links.ts'
export { paceSource } from './paced-source.ts'
export { answerState, CloudStates } from './state-exchange.ts'
