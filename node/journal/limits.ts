/** All limits of the journal that are not part of the wire format (those stand in protocols/batch.ts and protocols/journal-sync.ts). */

/**
 * Our own clock follows no stamp above this. An honest room never gets there (a million entries a second for nine years); a hostile one could otherwise
 * push everybody to the end of the exact integers with one entry.
 */
export const MAX_FOLLOWED_LAMPORT = 2 ** 48

/** A sync quicker than this costs less than waiting: commit at once. Flash on a laptop takes 0.3 to 3 ms. */
export const QUICK_SYNC_MS = 5
/** A slower sync is an SD card that suffers from each one: collect longer. */
export const SLOW_SYNC_MS = 20
/** People do not notice it, and 100 writers share one sync. */
export const OWN_COMMIT_MS = 50
/** Four commits a second cost a third of the SD writes of twenty. */
export const OWN_COMMIT_SLOW_MS = 250
/** Peers' batches are on another disk already. */
export const PEER_COMMIT_MS = 1000

/** What waits for a commit: two greatest batches and what 100 writers make in a slow second. Appends and peers wait beyond it. */
export const MAX_UNCOMMITTED_BYTES = 4 * 2 ** 20
/** Callers that wait at the door of a full queue; beyond it they are told BUSY. */
export const MAX_WAITING_APPENDS = 10_000
/** Encoded bodies of those callers: on a Pi with 512 MB still a small share. */
export const MAX_WAITING_BYTES = 16 * 2 ** 20
/** One append is one batch's content at most. */
export const MAX_APPEND_ENTRIES = 1024

/** A snapshot is one value in the store; a fold that outgrows it is read from its entries at each start. */
export const MAX_SNAPSHOT_BYTES = 16 * 2 ** 20
/** Folding 1,000 batches takes some 50 ms on a Pi: not worth more writes to its card. */
export const SNAPSHOT_EVERY_BATCHES = 1000
/** What a view that is being loaded remembers of commits meanwhile; beyond it, it starts over from the disk. */
export const MAX_BATCHES_WHILE_LOADING = 10_000

/** Kinds that we do not understand, for the message to the person; the mark itself needs one. */
export const MAX_UNKNOWN_KINDS = 64
/** Positions named in a report; the counts go on. */
export const MAX_REPORTED_POSITIONS = 1000
/** Ranges that wait for repair; a store with more damage is better copied anew. */
export const MAX_REPAIRS = 4096

/** One read of a range for a peer: the piece that a slow link holds in memory. */
export const READ_BYTES = 256 * 1024
/** What may wait for a slow link before live batches are left for it to ask for. */
export const MAX_QUEUED_BYTES = 1 * 2 ** 20
/** Answers that wait for a peer that asks and does not read; then we stop listening to it. */
export const MAX_UNSENT_BYTES = 4 * 2 ** 20
/** Writers that one link may make us look for beyond the ones we know. */
export const MAX_WANTS = 4096

export const DIGEST_INTERVAL_MS = 30_000
/** A share of the interval: 60 nodes must not ask at one time. */
export const DIGEST_JITTER = 0.2
/** A digest unanswered for so long, and nothing else heard meanwhile: the stream is dead though nobody said so. */
export const ANSWER_STALL_MS = 15_000
/** The writer's own push usually comes first; then a neighbour is asked. */
export const RELAY_DELAY_MS = 200
/** "Saved on N devices" is for people: four times a second is enough. */
export const HAVE_INTERVAL_MS = 250
/** A peer that answers nothing for so long holds up what another could send. */
export const REQUEST_STALL_MS = 10_000
/** Wants that another link is busy with are looked at again. */
export const WANT_RETRY_MS = 1000
/** A reader that takes no message for so long has stalled. */
export const SEND_STALL_MS = 30_000
/** Opening again after a failed stream: from one to thirty seconds. */
export const REOPEN_MIN_MS = 1000
export const REOPEN_MAX_MS = 30_000
/** After so many lies a peer is left alone until it or we start again. */
export const MAX_LIES = 3
/** Peers whose confirmations are remembered, linked or not. */
export const MAX_KNOWN_PEERS = 256
/** Writers of removed nodes that came by and were refused: remembered so that they are not asked for again. */
export const MAX_IGNORED_WRITERS = 4096

/**
 * Free bytes that the journal leaves alone: LevelDB needs two write buffers to open and some 25 MiB to compact, and a full disk must still take
 * a logout and a removal of files.
 */
export const RESERVE_BYTES = 48 * 2 ** 20
/** Far less than the reserve, so that the look comes before the end. */
export const SPACE_CHECK_BYTES = 1 * 2 ** 20
/** Others fill the disk too. */
export const SPACE_CHECK_MS = 2000

/** LevelDB's tables have 2 MiB and at most one value more. */
export const MAX_TABLE_BYTES = 64 * 2 ** 20

/** Merging has no hurry: it waits until a lesson's bursts are over and every linked node has them. */
export const MERGE_EVERY_MS = 60_000
/** What this run of the process wrote is merged after so long; people still turn back in it until then. */
export const MERGE_AFTER_MS = 10 * 60_000
/** A busy minute of a note: five batches a second. One merged entry for each is what a history of minutes needs. */
export const MERGE_BATCHES = 300
/** Fewer are not worth an entry. */
export const MIN_MERGE_BATCHES = 8
/** Bodies read for one merge: a Pi with 512 MB holds them twice. */
export const MERGE_BYTES = 1 * 2 ** 20
/** Nothing was appended here for so long: people come first. */
export const MERGE_QUIET_MS = 1_000
/** Values of registers that are remembered to see which were overwritten: 100 people, their codes, notes, settings, a hundred times over. 3 MB. */
export const MAX_REGISTERS = 10_000
/** Fewer overwritten values are not worth an entry every minute. */
export const MIN_OVERWRITTEN = 16
/** What shrank leaves LevelDB's files when so much has gathered: each purge rewrites a part of the store. */
export const PURGE_BYTES = 1 * 2 ** 20
