/**
 * Many downloads at once: learners are sent to a device that is less busy and that they can reach, installers wait for their turn.
 *
 * ```ts
 * const load = new Load({ clock, links, networkAddresses, holds: (cid) => store.has(cid), holders: blobs.holders })
 * const admission = await load.admit(download)   // the front door does what it says
 * ```
 */
export { BIG_DOWNLOAD_BYTES, LOOK_AGAIN_SECONDS } from './limits.ts'
export { type Admission, type Download, Load, type LoadFigures } from './load.ts'
export { plainAddress } from './reach.ts'
