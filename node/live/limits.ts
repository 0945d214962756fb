/** Limits of what lives for the moment, each with its reason. */

/** A half day of teaching; whoever forgot their sticky is not stuck for ever. Counted by clocks that never go back. */
export const SIGNAL_LIFE_MS = 4 * 60 * 60_000
/** As many as a room has people; a signal costs some 200 bytes. */
export const MAX_SIGNALS = 2_000
/** One person's changes: playing with the buttons is fine, keeping a network busy is not. */
export const SIGNAL_BURST = 12
export const SIGNAL_REFILL_MS = 2_000
/** What waits for a peer that does not read; the stream ends above it, and a new one says everything again. */
export const MAX_QUEUE_BYTES = 512 * 1024
/** Reports and pings are left out before that. */
export const CROWDED_QUEUE_BYTES = 128 * 1024
/** A stream that failed is opened again. */
export const REOPEN_MS = 2_000
/** How long a look at the room counts, and how often it is renewed. */
export const WATCH_MS = 30_000
export const WATCH_RENEW_MS = 10_000
/** A campus of 60 nodes with some dashboards on each. */
export const MAX_WATCHERS = 160
/** How often a device tells how it is while it is watched. In a big room less often: what crosses the room grows with the square. */
export const REPORT_INTERVAL_MS = 2_500
export const REPORT_INTERVAL_PER_DEVICE_MS = 250
/** A device that says nothing for so long is shown without figures. */
export const REPORT_STALE_MS = 60_000
export const MAX_REPORTS = 160
/** Round trips are measured so often while somebody looks, and the rate of a link once in so many times. */
export const PING_INTERVAL_MS = 5_000
export const RATE_EVERY_PINGS = 6
/** Enough to tell a slow Wi-Fi from a fast one, little enough for the slow one. */
export const RATE_FILL_BYTES = 16 * 1024
/** An answer that took longer says nothing. */
export const PING_TIMEOUT_MS = 15_000
export const SAMPLE_INTERVAL_MS = 60_000
/** A look by a page that is shown once goes on for so long. */
export const GLIMPSE_KEPT_MS = 10_000
/** A break: whoever comes back from it is on the same visit, and until then it says when they were seen last. */
export const PRESENCE_KEPT_MS = 30 * 60_000
/** As many as a room has people. */
export const MAX_PRESENT = 2_000
