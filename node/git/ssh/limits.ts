/** Limits of git over SSH, each with its reason. */

/** A class, and a second try of everybody. A connection costs some 200 KB. */
export const MAX_CONNECTIONS = 120
/** Learners behind one router share an address; nobody takes all places. */
export const MAX_CONNECTIONS_PER_ADDRESS = 60
/** Clients offer each key that they have, one after the other. */
export const MAX_OFFERED_KEYS = 12
/** A slow phone's hotspot needs some seconds to exchange keys; who takes longer only holds the place. */
export const SIGN_IN_TIMEOUT_MS = 30_000
/** Nothing moved in either direction; unpacking a push may take five minutes. */
export const IDLE_TIMEOUT_MS = 6 * 60_000
/** Open at once: git uses one; a client that shares its connection a few. */
export const MAX_SESSIONS_PER_CONNECTION = 8
/** The commands of a push before its pack, and one request of a fetch; as over HTTP. */
export const MAX_SECTION_BYTES = 8 * 1024 * 1024
/** `git-receive-pack '/person/repository.git'` */
export const MAX_COMMAND_CHARACTERS = 400
/** A device that has only just joined waits so long before it says "not here" or "no such key"; as over HTTP, and well within `SIGN_IN_TIMEOUT_MS`. */
export const HEARING_PATIENCE_MS = 10_000
/** How often it looks again meanwhile. */
export const HEARING_LOOK_MS = 100
