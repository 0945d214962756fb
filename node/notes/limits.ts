/** Limits of the shared notes. A big class is 100 learners; the smallest device has 512 MB of memory and one slow core. */

/** Below this, each key is sent on at once: fan-out is cheap and people feel the delay. */
export const FEW_CLIENTS = 8
export const SOME_CLIENTS = 25
/** Half of it is what a key waits on average. Fan-out is system calls: 50 ms instead of one write per key saves six sevenths of the CPU at 100 clients. */
export const TICK_SOME_CLIENTS_MS = 25
export const TICK_MANY_CLIENTS_MS = 50
/** Cursors are 95 % of the bytes, and nobody reads one that moves faster. */
export const CURSORS_FEW_CLIENTS_MS = 50
export const CURSORS_SOME_CLIENTS_MS = 100
export const CURSORS_MANY_CLIENTS_MS = 200
/** A state that only says "still here" (every 15 s from each client, forgotten after 30 s) waits for company so long. */
export const CURSORS_RENEWAL_MS = 5_000

/** What a note may hold, deletions included. Applying 4 MiB takes a Pi seconds; a class writes 0.6 MB in 200,000 keys. */
export const MAX_NOTE_BYTES = 4 * 2 ** 20
/** Items in one update. A full note has some 40,000; an item costs at least a microsecond and 100 bytes here. */
export const MAX_UPDATE_ITEMS = 200_000
/** Updates that wait for earlier ones which never came. */
export const MAX_PENDING_BYTES = 2 ** 20
/** One page makes one at each load; a browser that was offline for a day may bring several at once. */
export const MAX_AUTHORS_PER_CONNECTION = 64
/** A class of 100 with 100 loads each. */
export const MAX_AUTHORS_PER_NOTE = 10_000

export const MAX_CLIENTS_PER_NOTE = 400
export const MAX_CLIENTS = 1_000
/** A classroom behind one router's address still gets through. */
export const MAX_CLIENTS_PER_ADDRESS = 64
/** Notes in memory; one of 200,000 keys takes some 10 MB. Idle ones make room. */
export const MAX_OPEN_NOTES = 64
/** Entries applied in one step while a note is read: the loop of the process breathes in between. */
export const READ_ENTRIES = 500
/** A note that nobody has open stays in memory for a reload or a short walk, then goes. */
export const IDLE_NOTE_MS = 60_000

/** A fast typist makes 15 messages a second; a page that pastes or merges makes bursts. Beyond it we stop reading, so TCP holds the sender back. */
export const MESSAGES_PER_SECOND = 100
export const MESSAGES_BURST = 400
/** A stock client echoes every cursor it hears of: 100 cursors of 300 bytes, 5 times a second, and as much again. */
export const BYTES_PER_SECOND = 512 * 1024
export const BYTES_BURST = 8 * 2 ** 20
/**
 * Text from one address, a class behind a router included: 64 people who type as fast as they can make 25 KB a second. What is written stays on every
 * disk of the room, so a script may fill 115 MB of it in an hour and no more; who is beyond it is not read for a while and loses nothing.
 */
export const TEXT_BYTES_PER_SECOND = 32 * 1024
/** A class that comes back with what it wrote offline; a few long pastes. */
export const TEXT_BYTES_BURST = 16 * 2 ** 20
/** Addresses whose use is remembered; of those that used nothing lately none is. */
export const MAX_REMEMBERED_ADDRESSES = 4_096
/** Answering "this is what I have" costs up to 16 ms and 600 KB in a big note. */
export const ANSWERS_PER_SECOND = 1
export const ANSWERS_BURST = 4

/** A client with so much unread gets no cursors: they are worthless when late. */
export const CURSOR_BUFFER_BYTES = 64 * 1024
/** …and with so much no text either, until it has read; then one difference brings it up to date. */
export const MAX_BUFFER_BYTES = 2 ** 20
/** A client that has read nothing for so long is disconnected; its browser keeps what it typed. */
export const STALLED_MS = 30_000
export const SWEEP_MS = 5_000
/** A closed lid sends no goodbye: no answer to a ping within this ends the connection. */
export const PING_MS = 20_000

/** Updates that the disk has not taken yet. Beyond it the note's clients are not read any further. */
export const MAX_UNSAVED_BYTES = 8 * 2 ** 20
/** Closing a note waits so long for the disk. */
export const FLUSH_TIMEOUT_MS = 5_000
/**
 * Entries of a note are written at most so often, the first after a silence at once. Each costs 230 bytes that stay, also when its text is merged, a signature, two hashes and a sync here, and a
 * check and a sync on every other device; "saved" a fifth of a second later is as good, and text reaches other devices ahead of it.
 */
export const WRITE_MS = 200
/** After a failed append. */
export const APPEND_RETRY_MS = 1_000
/** One entry of the journal; a single update may be larger. */
export const ENTRY_BYTES = 256 * 1024
/** One append: a second of a full class, or one long update in parts. The rest goes with the next. */
export const APPEND_BYTES = 1 * 2 ** 20
/** Long updates of which only a part has come, each at most 6 MiB. */
export const MAX_UNFINISHED_UPDATES = 4
/** Text that other nodes sent ahead of their entries. */
export const MAX_AHEAD_BYTES = 2 ** 20
/** Peers commit within a second and a batch needs a moment: what has not come by then, we write ourselves. */
export const ADOPT_AFTER_MS = 5_000
/** What waits for a peer that does not read; later text reaches it through the journal. */
export const MAX_LIVE_QUEUE_BYTES = 1 * 2 ** 20
/** Cursors to other nodes: 5 times a second. */
export const LIVE_CURSORS_MS = 200
/** Cursors of a node that went stay so long: it may only have changed its Wi-Fi. */
export const LIVE_GONE_MS = 10_000
/** Replicas are compared so often, and only a difference that was seen twice counts: a deletion may be on its way. */
export const DIGEST_MS = 30_000
export const DIGEST_JITTER = 0.2
/** A stream that failed is opened again. */
export const LIVE_REOPEN_MS = 2_000
/** Batches whose copies elsewhere are still counted; older ones are counted with the next. */
export const MAX_COUNTED_BATCHES = 64

/** Cursors of one person in one note: some tabs. The oldest go. */
export const MAX_CURSORS_PER_OWNER = 8
/** Cursors of one note, those of other devices included. */
export const MAX_CURSORS_PER_NOTE = 1_000
/** A cursor that was not renewed (stock clients forget it after 30 s themselves). */
export const CURSOR_LIFE_MS = 30_000

/** A local snapshot is written when a note is closed and so many entries came since the last one: reading 200 takes milliseconds. */
export const SNAPSHOT_AFTER_ENTRIES = 200
export const MAX_SNAPSHOT_BYTES = 8 * 2 ** 20

/** What was refused is kept on this device for a facilitator to look at; the oldest goes first. */
export const MAX_RECOVERY_COPIES = 64
export const MAX_RECOVERY_COPY_BYTES = 256 * 1024

/** Notes of a room; a title is some 200 bytes on every device. */
export const MAX_NOTES = 2_000
