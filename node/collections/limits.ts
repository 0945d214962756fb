/** Every limit of this area, with its reason. Those of wire formats stand in `protocols/`. */

/** Shards of one manifest that are fetched or read at once: a Zero 2 W holds 4 × 512 KiB of them for a moment. */
export const SHARDS_AT_ONCE = 4
/** A manifest that could not be fetched is tried again after this, then twice that, up to the longest. A peer that comes makes it at once. */
export const FIRST_RETRY_MS = 1_000
export const LONGEST_RETRY_MS = 60_000
/** Revisions before the newest whose lists are kept here, and whose files are not garbage while there is room: "undo" after a wrong import. */
export const KEPT_REVISIONS = 4
/** How far back the last good revision is looked for while the newest is not here. */
export const LOOK_BACK_REVISIONS = 16
/** Before a rollback: some seconds on a Pi, and of a version that is gone the first ones tell. */
export const MAX_FILES_ASKED_FOR = 2_000
/** Most heads are few; a list for people ends somewhere. */
export const MAX_HISTORY = 200

/** A fifth more than the greatest collection: an import is planned in memory, some 250 bytes a file. */
export const MAX_IMPORT_FILES = 600_000
/**
 * What the plan of an import keeps of a file (measured with 100,000 pages: 1.2 KB each), and of each character of its details.
 * Taking 100,001 files out failed with 360 bytes of free heap a file and was done with 660; with the share below 1,070 are asked for.
 */
export const PLANNED_FILE_BYTES = 800
export const PLANNED_DETAIL_FACTOR = 3
/** Of the memory that is free; the rest is for writing the lists, and for the class meanwhile. A program that needs more is ended by its engine. */
export const IMPORT_HEAP_SHARE = 0.75
/** Small files read at once: the store syncs what comes together together (see `COMMIT_GROUP_FILES` of node/blobs). */
export const FILES_AT_ONCE = 64
/** Bytes of files in memory at once: a Zero 2 W has some 60 MB to spare. */
export const BYTES_AT_ONCE = 8 * 2 ** 20
/** What a file costs beside its bytes, its handle and its inspector included. */
export const FILE_COST_BYTES = 64 * 1024
/** One read of a source file; measured cheapest (facts in node/blobs/limits.ts). */
export const READ_BYTES = 256 * 1024
/** What an inspector may ask for at once. */
export const MAX_INSPECTOR_READ_BYTES = 64 * 2 ** 20
/** A METADATA is at most so long; a bigger attachment would need a piece list. */
export const MAX_ATTACHMENT_BYTES = 2 * 2 ** 20
/** A file, its piece list and its attachments are few blobs. */
export const MAX_ATTACHMENTS = 16
/** Problems that a report lists one by one; what a person reads. */
export const MAX_LISTED_PROBLEMS = 1_000
/** A file changed so recently could change again within the same tick of its file system's clock (FAT: 2 s): it is read again next time. */
export const CLOCK_GRAIN_MS = 3_000
/** The standard is two copies where everything does not fit everywhere. */
export const STANDARD_COPIES = 2
/** Of the smallest counted device's room: the rest is for what is fetched on demand and for new imports. */
export const EVERYWHERE_SHARE = 0.9
/** The journal shows what it has saved at once, except while it reads itself anew: a minute on the slowest board with the longest journal. */
export const KNOWN_WITHIN_MS = 60_000
