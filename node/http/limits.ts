/** Limits of the front door. A room has up to 100 learners; the smallest device has 512 MB. */

/** Nobody needs longer: the deepest lesson paths have some 300 characters, tripled when percent-encoded. */
export const MAX_TARGET_CHARACTERS = 4_096
export const MAX_HEADER_BYTES = 16 * 1024
export const MAX_HEADERS = 64
/** No route takes a body yet; what comes is read and thrown away up to here. */
export const MAX_BODY_BYTES = 64 * 1024
/** 100 learners with 6 connections of a browser each, and as many peers; an idle one costs some 20 KB. */
export const MAX_CONNECTIONS = 1_024
/** A class of 40 behind one router's address, each with 6 connections of a browser, one to its notes and one of pip or R. */
export const MAX_CONNECTIONS_PER_ADDRESS = 320
/** Of these, those on which nothing is being answered: a request comes within a moment, and an idle connection is closed for who waits. */
export const MAX_QUIET_CONNECTIONS_PER_ADDRESS = 64
/** Connections that wait for one of these to end: that class once more. A waiting one has no parser yet and costs some 3 KB. */
export const MAX_HELD_CONNECTIONS_PER_ADDRESS = 320
export const MAX_HELD_CONNECTIONS = 512
/** As long as pip and R give the whole of a small file. */
export const HELD_CONNECTION_MS = 60_000
/** R would not come again: until it gives up by itself, as our setup tells it to. */
export const HELD_R_CONNECTION_MS = 600_000
/** A file that could not be had just now is asked for again so often, where the visitor would not come again. */
export const TRY_AGAIN_MS = 1_000
/** A request line and its headers fit in one packet: whoever takes longer is stalling (Node's default is 60 s). */
export const HEADERS_TIMEOUT_MS = 10_000
/** The whole of a request; an answer may take as long as it likes. */
export const REQUEST_TIMEOUT_MS = 15_000
/** A facilitator's upload of a workshop over a classroom's Wi-Fi; one that stalls is ended long before. */
export const UPLOAD_TIMEOUT_MS = 4 * 60 * 60_000
/** How often Node looks for stalled requests: together with the two above a stalling socket ends within 15 s. */
export const STALL_CHECK_INTERVAL_MS = 2_000
export const KEEP_ALIVE_TIMEOUT_MS = 5_000
/** No byte in or out while an answer is being sent. Weak Wi-Fi pauses for seconds, a sleeping laptop for ever. */
export const STALLED_ANSWER_TIMEOUT_MS = 60_000
/** Requests on one connection before it is closed, so that old ones make room. */
export const MAX_REQUESTS_PER_CONNECTION = 10_000
/** Answers under way get so long when the node stops. */
export const STOP_GRACE_MS = 5_000
/** While stopping: how often connections that have become idle are closed. */
export const STOP_CHECK_INTERVAL_MS = 50
/** The program has 130 MB and each copy is for a whole new device: a few at a time, the next ones come again. */
export const HANDOUTS_AT_ONCE = 4
/** The overview of the room is computed at most this often for all visitors together. */
export const OVERVIEW_FRESH_MS = 1_000

/**
 * A device that has only just joined or started keeps a request for what it does not know so long, and then says "come again". Hearing the room
 * takes some two seconds; pip gives up reading after 15 s and then asks five times more.
 */
export const HEARING_PATIENCE_MS = 10_000
/** R asks once; its own limit for a whole file is 60 s. */
export const HEARING_PATIENCE_R_MS = 45_000
/** How often it is looked at whether more is known. */
export const HEARING_LOOK_MS = 50
