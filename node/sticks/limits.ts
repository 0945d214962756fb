/** What a stick can hold, and what one entry of its plan may be. */

/** FAT and exFAT: 255 UTF-16 units a name. Less, since a copy may get ` (2)` added. */
export const MAX_NAME_UNITS = 200
/** Windows allows 260 with the drive and the folders that a person puts it into. */
export const MAX_PATH_UNITS = 180
/** FAT32 has four bytes for a file's size. */
export const MAX_FAT_FILE_BYTES = 2 ** 32 - 1
/** Half a million files of a hundred lessons take some 100 MB while the plan is held. */
export const MAX_ENTRIES = 500_000
/** What the list of a stick may take, at 150 bytes a line. */
export const MAX_LIST_BYTES = 128 * 2 ** 20
/** One line over the local socket: base64 of 256 KiB is far below the most that a line may be. */
export const SPAN_BYTES = 256 * 1024
/** Small files wait for their sync: several at once keep a stick busy, more make it slower. */
export const FILES_AT_ONCE = 4
/** A file takes whole clusters; on a stick of 32 GB one has 16 to 32 KB. */
export const CLUSTER_BYTES = 32 * 1024
/** Left free: a system that has no room at all behaves badly. */
export const RESERVE_BYTES = 16 * 2 ** 20
/** Data files that a first page lists of one lesson; the folder has the rest. */
export const MAX_LISTED_DATA = 40
