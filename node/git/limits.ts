/** Limits of the git host. A class has 30 to 100 learners with small repositories; the smallest device has 512 MB and an SD card. */

/** One push: the lesson's have some kilobytes, a data set that somebody adds by mistake some hundred megabytes. */
export const MAX_PUSH_BYTES = 256 * 1024 * 1024
/** All that one repository may take on the disk. */
export const MAX_REPOSITORY_BYTES = 1024 * 1024 * 1024
/** All repositories of one person together: nobody alone fills a card of 16 GB, on this device and on all others. */
export const MAX_OWNER_BYTES = 3 * 1024 * 1024 * 1024
/** Branches and tags that one push changes: a command takes some 100 bytes and one line of the ref log. */
export const MAX_COMMANDS = 256
/** The part of a push before its pack: commands and capabilities. */
export const MAX_COMMAND_BYTES = 128 * 1024
/** Branches and tags of one repository; its list travels whole at each fetch. */
export const MAX_REFS = 2_000
/** What a client asks for when it fetches: wants and haves, some 50 bytes each. */
export const MAX_FETCH_REQUEST_BYTES = 8 * 1024 * 1024
/** What receive-pack says about a push: a line for each command and progress. */
export const MAX_REPORT_BYTES = 1024 * 1024
/** Output of the small commands that we read whole. */
export const MAX_OUTPUT_BYTES = 4 * 1024 * 1024
/** Git processes at once: packing takes a processor and some 30 MB each. */
export const PROCESSES_AT_ONCE = 4
/** Pushes that are being sent: each waits for its learner's network most of the time. */
export const RECEIVING_AT_ONCE = 16
/** Of one person: two computers, and a retry on each. */
export const RECEIVING_OF_ONE_PERSON = 4
/** Pushes that are being unpacked and checked: the part that needs processor and memory. */
export const UNPACKING_AT_ONCE = 2
/** A push that is this small waits for syncs of the disk most of its time: a class that pushes together has its turns beside the great ones. */
export const SMALL_PUSH_BYTES = 64 * 1024
export const UNPACKING_SMALL_AT_ONCE = 4
/** Unpacking and checking one push; a pack that needs longer than this on a Pi is made to. */
export const UNPACK_TIMEOUT_MS = 5 * 60_000
/** What git may ask for at once: one object unpacked, or one that another is described by. */
export const MAX_OBJECT_MEMORY_BYTES = 128 * 1024 * 1024
/** The rest of the disk is for notes and the journal: no push fills it up. */
export const RESERVED_DISK_BYTES = 256 * 1024 * 1024
/** Fetches and clones under way: each waits for its learner's network most of the time. */
export const SERVING_AT_ONCE = 24
/** Who waits for a process longer than a class takes to push together is told to try again. */
export const MAX_WAITING = 200
/** A small command that takes longer hangs. */
export const COMMAND_TIMEOUT_MS = 60_000
/** So little of a push in or out for so long: the client has gone, or its Wi-Fi, or it only wants to hold the place. */
export const STALL_TIMEOUT_MS = 60_000
export const STALL_BYTES = 4 * 1024
/** Branches and tags of all repositories that are kept in memory: some 200 bytes each. */
export const MAX_REMEMBERED_REFS = 20_000
/** Repositories of which more than their refs is kept in memory. */
export const MAX_REMEMBERED_REPOSITORIES = 500
/** Commits of one push that are looked at one by one for the ref log; it names no more. */
export const MAX_SURVEYED_COMMITS = 2_000
/** What asks for a list of refs: a line for each prefix. */
export const MAX_LIST_REQUEST_BYTES = 64 * 1024
