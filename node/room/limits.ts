/** Every limit of the room's own; those of its wire formats stand in protocols/. */

/** A member waits so long before it writes down whom it let in: another one may have done it. */
export const ADMISSION_DELAY_MS = { least: 100, most: 1_500 }
/** Chains that peers showed at a hello, until they are written down. */
export const MAX_REMEMBERED_CHAINS = 512
/** A key exchange is three small messages. */
export const KEY_EXCHANGE_TIMEOUT_MS = 15_000
