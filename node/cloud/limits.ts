/** Every limit of the cloud peer and of the line to it, with its reason. */

/** Link texts that are kept; the administrator makes one for a few rooms and hands it out. */
export const MAX_LINK_TEXTS = 256
/** Rooms at one cloud peer: a folder each, of which few are open. More rooms go to another cloud peer. */
export const MAX_ROOMS = 1024
/** Rooms open at once: some 20 MB of memory each. Others are opened when a device of theirs calls. */
export const MAX_OPEN_ROOMS = 24
/** A room that nobody of it has talked to for so long is closed. */
export const ROOM_IDLE_MS = 10 * 60_000
/** Disk that a further room must find. */
export const MIN_FREE_BYTES = 512 * 2 ** 20
/** Questions to be linked that are answered side by side: each costs a few signatures. */
export const MAX_QUESTIONS_AT_ONCE = 4
/** One message each way; a bad line takes its time. */
export const LINK_TIMEOUT_MS = 30_000

/** Until a cloud peer that could not be reached is tried again: first, and at most. */
export const LINK_RETRY_FIRST_MS = 2_000
export const LINK_RETRY_MOST_MS = 60_000
/** After it said no: a person has to do something first. */
export const LINK_RETRY_REFUSED_MS = 10 * 60_000
/** Cloud peers of one room. */
export const MAX_CLOUDS = 8
/** And one for what is fetched from elsewhere. */
export const MAX_BUDGET_LINES = MAX_CLOUDS + 1

/** Bytes of files on their way over the line at once (one request is always let through): what a broken line can cost again. */
export const UPLINK_IN_FLIGHT_BYTES = 128 * 1024
/** Small files on their way at once: hides the round trip. */
export const UPLINK_REQUESTS = 4
/** Files wait for facts and text so long at most: a record that never comes to rest does not hold them up for ever. */
export const JOURNAL_FIRST_MS = 60_000
export const UPLINK_LOOK_MS = 200

/** What is used of a budget is written down so much ahead: what a power cut costs of it, twice that at most, and how seldom a card is written to. */
export const AHEAD_BYTES = 256 * 1024
export const AHEAD_MOST_BYTES = 16 * 2 ** 20
export const AHEAD_MS = 30_000

/** After the room unlinked it, a cloud peer is let in so long: it gets to hear of it. */
export const UNLINKED_GRACE_MS = 3_000

/** A state that is younger is not asked for again: people press "reload". */
export const STATE_FRESH_MS = 2_000
export const STATE_TIMEOUT_MS = 10_000
