/** Every limit of this area, with its reason. */

/** A shorter download is over before anybody would gain by being sent elsewhere: a second on a slow access point. */
export const BIG_DOWNLOAD_BYTES = 1024 * 1024
/** So many at once are no burden worth sending anybody away for. */
export const UNBURDENED_DOWNLOADS = 2
/** Whoever cannot pick up a broken download is sent away only for what is soon there: some ten seconds on a crowded radio. */
export const LARGEST_UNRESUMED_BYTES = 8 * 1024 * 1024

/** Downloads of installers at once: at first, at least and at most. A radio that is shared by more gives each of them next to nothing. */
export const FIRST_SLOTS = 4
export const LEAST_SLOTS = 2
export const MOST_SLOTS = 32
/** How long the line is watched before one more or one less is tried. */
export const PROBE_MS = 3_000
/** What the line carries with one more must be so much more, or the line was full before. */
export const WORTH_ONE_MORE = 1.1
/** After a try in vain the line is left alone for so many probes: half a minute. */
export const PROBES_BETWEEN_TRIES = 10
/** The rate is that of the last seconds, so that a learner's sleep or a burst into buffers does not show. */
export const RATE_SPAN_MS = 1_000
export const RATE_SPANS = 5

/** Big downloads at once, each with a buffer of 256 KiB: 32 MiB. Whoever comes then is asked to come later, but for R. */
export const MOST_DOWNLOADS = 128
/** Places in the line and downloads under way that are remembered: 100 learners with several each. */
export const MOST_TICKETS = 1_024
/** Of one address: a learner's downloads are few, a classroom behind one router has 30 learners. */
export const MOST_TICKETS_PER_ADDRESS = 64
/** A download that broke off keeps its turn: pip, browsers and curl come back within seconds. */
export const KEEP_TURN_MS = 15_000
/** A place in the line is kept for a page that is looked at again every few seconds, or a download that broke off. */
export const KEEP_PLACE_MS = 45_000
/** How often the waiting page looks again. */
export const LOOK_AGAIN_SECONDS = 5
/** What a waiting program is sent, so that neither it nor anything on the way thinks that we are gone. */
export const WAITING_BYTES = 512
export const WAITING_EVERY_MS = 5_000
export const TIDY_MS = 1_000

/** A peer that was asked and did not answer is not asked again for so long. */
export const UNANSWERED_MS = 10_000
/** Peers asked at once for one download. */
export const ASKED_PEERS = 3
/** Downloads for which others are being asked at once; more are served here. */
export const MOST_DECISIONS = 64
/** Whoever was sent to us comes within this time or not at all. */
export const EXPECTED_MS = 5_000
export const MOST_EXPECTED = 64
/** Before one is told to come again. */
export const RETRY_AFTER_LEAST_SECONDS = 2
export const RETRY_AFTER_MOST_SECONDS = 60
