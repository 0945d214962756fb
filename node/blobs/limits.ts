/** Every limit of this area, with its reason. Limits of wire formats stand in `protocols/`. */
import { PIECE_BYTES } from '../../protocols/piece-list.ts'

/** One read or write of a big file: the cheapest size per byte that was measured (256 KiB against 64 KiB: a third less CPU). */
export const SPAN_BYTES = 256 * 1024

/** Buffers of one span that are kept for the next answer: 4 MiB. More are made when more visitors are served at once, and dropped again. */
export const KEPT_BUFFERS = 16

/** Whole pieces in memory for other devices, 8 MiB; a piece is read, hashed and sent in one step then. Whoever comes when they are all in use is served by spans. */
export const PEER_BUFFERS = 8
/** Of those, kept for the next answer. */
export const KEPT_PEER_BUFFERS = 4

/** Buffers of a piece that are kept: as many as copying holds at once. Each new one brings the next collection of the whole heap nearer. */
export const KEPT_PIECE_BUFFERS = 12
/** Of those, shared by small files. When a part of each is still waiting for the disk, further files have memory of their own. */
export const SHARED_PIECE_BUFFERS = 4

/** Blobs that are kept in memory after they were sent: the metadata of a class's 200 packages has some 5 KB each, the pages of a lesson 20. */
export const HOT_BYTES = 2 * 2 ** 20
export const HOT_BLOB_BYTES = 32 * 1024

/** Files written by one group of puts. A group shares its directory syncs; a bigger one only makes the first of it wait longer. */
export const COMMIT_GROUP_FILES = 64
/** Data syncs under way at once: they share journal commits of the file system. */
export const COMMIT_SYNCS = 8
/** Puts that may wait with an open file: descriptors are few (1024 by default). */
export const MAX_OPEN_PUTS = 128

/** Open files kept for reading: a class downloads the same few files. */
export const OPEN_FILES = 64
/** Piece lists kept in memory; most are under 16 KiB, the greatest 2 MiB. */
export const PIECE_LISTS = 8
/** A piece that was read and verified is not hashed again for so long, unless its file changed: rot takes months, a lesson an hour. */
export const VERIFIED_FOR_MS = 60 * 60_000
/** The same for a piece of a file that is being fetched, whose date says nothing, from when it was hashed on its way in or read: who asks for it at once has it hashed once. */
export const FRESH_PIECE_MS = 3_000
/** Blobs whose last use is remembered, for eviction; what is not among them was not used recently. */
export const REMEMBERED_USES = 8192

/**
 * The data of a partial is synced and its bitfield written after so many new bytes: at most what a power cut can cost. The system writes by itself what is older
 * than half a minute, and what was written after the bitfield is found by its hashes, so that saving more often gains nothing on a slow link either.
 */
export const PARTIAL_SAVE_BYTES = 64 * PIECE_BYTES

/** Disk that is never filled with blobs: the journal, the system's logs and the package manager need some to go on. */
export const DEFAULT_RESERVE_BYTES = 256 * 2 ** 20

/** A learner who reads nothing for so long is gone; a sleeping laptop may come back and ask for the rest with Range. */
export const STALLED_CLIENT_MS = 30_000

/** Requests under way at once for copying. What came is held in memory until it is verified and written: at most twice so many MiB, or one blob of 2 MiB more. */
export const COPY_REQUESTS = 6
/** The same on a board with 512 MB: 4 MiB at most. */
export const SMALL_BOARD_REQUESTS = 4
export const SMALL_BOARD_IN_FLIGHT_BYTES = 4 * PIECE_BYTES
/** The same with those whose bytes are here and wait for the disk: each is an open file, and as many as one group shares its syncs. */
export const MAX_UNDER_WAY = 64
/** Added for what people wait for, so that copying never holds them up. */
export const PEOPLE_REQUESTS = 2
/** Connections to one peer; more would only share its radio. */
export const REQUESTS_PER_PEER = 4
/** A visitor who takes one piece asks for the next in a moment: a partial file is not closed in between. */
export const CLOSE_AFTER_MS = 5_000
/** Big blobs that are fetched side by side: each has an open file and claims its disk. */
export const MAX_PARTIALS = 8
/** Big blobs that could not be opened or whose list lied, and rest. Of more, the first is tried again early. */
export const MAX_RESTING = 1024

/** Without anything to do for so long, a node takes what another was expected to fetch first. */
export const IMPATIENT_AFTER_MS = 1_500
/** On a narrow link longer: twice as long as a piece of our own takes, but not for ever, for the other one may have no room. */
export const MAX_PATIENCE_MS = 30_000
/** A copy that takes longer than this holds up a person who asks for something else over the same link: it is paused meanwhile. */
export const LONG_COPY_MS = 1_000
/** Beginnings of pieces that are kept when their transfers break off: all that one peer was sending. */
export const MAX_FRAGMENT_BYTES = REQUESTS_PER_PEER * PIECE_BYTES
/** A piece that is put together from more senders than this is begun anew: each break costs a list entry. */
export const MAX_SENDERS = 16
/** Pieces that were wrong without anybody being to blame yet, and the hashes that are kept of each: 3 KB. */
export const MAX_DOUBTED_PIECES = 64
export const MAX_DOUBTED_SPANS = 2 * MAX_SENDERS

/** A peer that gave wrong bytes is not asked for so long. */
export const LIAR_PAUSE_MS = 5 * 60_000
/** After so many lies (or ten times as many claims of what it does not hold) a peer is not asked for an hour. */
export const MAX_LIES = 3
export const DEMOTED_MS = 60 * 60_000
/** Peers that went whose behaviour is remembered; more than a campus has devices. */
export const REMEMBERED_PEERS = 256
/** A peer that could not be reached or stalled: 1 s, 2 s, 4 s, … */
export const PAUSE_MS = 1_000
export const MAX_PAUSE_MS = 60_000
/** How long a peer that said "not here" is believed, for blobs whose holders are not known. No longer than whoever waits for a list of files rests before asking again. */
export const NOT_HERE_MS = 1_000
/** A person who asks waits so long for a holder that could not be reached just now, before hearing that nobody has it. */
export const PATIENCE_MS = 8_000
/** Demands of people under way at once; every one of them is a waiting connection, which the front door limits too. */
export const MAX_DEMANDS = 1024

/** Nothing came from a peer for so long: another one is asked. Well under the 5 s within which a visitor should not notice a bad peer. */
export const STALLED_PEER_MS = 4_000
/** A request that is under way for so long is taken to another holder, if that one is quick: what comes drop by drop never stalls. */
export const SLOW_AFTER_MS = 2_000
/** How many times quicker the other one must be, by what was measured of it: it begins anew. */
export const MOVE_WHEN_QUICKER = 3
/** For so long a slow peer is only asked for what no quicker one has. */
export const SLOW_FOR_MS = 30_000
/** The longest that one request may take: 2 MiB at 9 KB/s, a bad telephone line. */
export const MAX_REQUEST_MS = 240_000
/** Idle connections to a peer are kept so long: making one costs more than a small file. */
export const KEEP_ALIVE_MS = 15_000
/** A peer whose HTTP port did not answer is reached over the mesh's own streams for so long. */
export const HTTP_RETRY_MS = 60_000

/** Changes of the inventory wait so long for company; a copy that is not known yet is not copied on yet either. */
export const INVENTORY_DELAY_MS = 100
/** Shards that one peer may announce, and their bits in all: ten times the biggest room, 2 MiB of memory per peer at worst. */
export const MAX_PEER_SHARDS = 4096
export const MAX_PEER_BITS = 16 * 2 ** 20
/** Partial blobs that one peer may announce; it fetches 8 side by side. */
export const MAX_PEER_PARTIALS = 64
/** Catalogue, members and links change in bursts; placement is computed once for all of a burst. A device that has just come waits for it before it copies. */
export const REPLAN_DELAY_MS = 50
/** Where computing it takes long, it waits so many times as long: a fifth of the processor at most. */
export const REPLAN_REST = 4
export const MAX_REPLAN_DELAY_MS = 2_000
/** Pieces that are asked for before the visitor needs them: a round trip's worth on a slow link, not a visitor's memory. */
export const READ_AHEAD_PIECES = 2

/** A device that was not seen for so long is replaced by further copies; a lesson's pause or a restart is shorter. */
export const ABSENCE_GRACE_MS = 15 * 60_000
/**
 * A message of bytes on a stream takes about so long: of one that broke off nothing is kept, and one that takes seconds looks like a stall. The first ones of a
 * stream are small, since nothing is known of the link yet.
 */
export const SPAN_PACE_MS = 200
export const FIRST_SPAN_BYTES = 8 * 1024
/** Sent before the pace is believed: so much leaves at once, into buffers. */
export const UNPACED_BYTES = 256 * 1024

/** A stream on which nothing was asked for so long is ended by the side that answers. */
export const STREAM_IDLE_MS = 30_000

/** Whoever promised to keep its copy keeps it so long at least. The device that asked drops its own within seconds. */
export const KEEP_PROMISE_MS = 60 * 60_000
/** Promises under way; with more the answer is no, and the other device keeps its copy. */
export const MAX_PROMISES = 8192

/** What no collection names any more stays so long: a head may be on its way, and an import that was undone comes back. */
export const GARBAGE_GRACE_MS = 60 * 60_000
export const GARBAGE_SWEEP_MS = 10 * 60_000

/** Scrubbing reads so fast: a full 32 GB card in nine hours, a hundredth of what the card can do. */
export const SCRUB_BYTES_PER_SECOND = 2 ** 20
/** After a whole round. */
export const SCRUB_REST_MS = 60 * 60_000
/** Lets the start of a device and the first visitors go first. */
export const SCRUB_FIRST_MS = 5 * 60_000
