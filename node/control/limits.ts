/** Limits of the local socket. Only the user who runs the node can reach it, so they guard against mistakes, not attacks. */

/** The longest request is an invitation (some 4 KB) or a path. */
export const MAX_REQUEST_BYTES = 64 * 1024
/** The longest answer is a list of 1,000 files with long paths. */
export const MAX_ANSWER_BYTES = 16 * 2 ** 20
/** One line of a stream. */
export const MAX_LINE_BYTES = 4 * 2 ** 20
/** Terminals and scripts of one device. */
export const MAX_CONNECTIONS = 64
/** A program that owns the socket answers this at once; one that hangs counts as none. */
export const PROBE_TIMEOUT_MS = 2_000
/** An answer may take long (nearby rooms are waited for), but not for ever. Streams have no limit: they show that they live. */
export const ANSWER_TIMEOUT_MS = 120_000
/** Linux allows 108 bytes for a socket's path, with the closing zero. */
export const MAX_SOCKET_PATH_BYTES = 107
/** Work that a stopping node has cancelled gets so long to end. */
export const STOP_GRACE_MS = 5_000
