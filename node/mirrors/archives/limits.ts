/** What an archive may cost us. We never unpack one to disk; we read it once, when it is imported. */

/** The largest packages in use (tensorflow, torch, BH) have 10,000 to 20,000 files. */
export const MAX_ENTRIES = 100_000
/** Of a ZIP's list of entries: room for `MAX_ENTRIES` with long names; read in spans, never at once. */
export const MAX_DIRECTORY_BYTES = 32 * 1024 * 1024
/** Deflate reaches 1032:1 only on what is made for it; real packages stay under 30:1. */
export const MAX_INFLATION = 100
/** Below this a high ratio costs nothing: a small test file of zeros is no bomb. */
export const INFLATION_FREE_BYTES = 8 * 1024 * 1024
/** Nothing that a class installs is larger when unpacked. */
export const MAX_INFLATED_BYTES = 16 * 1024 * 1024 * 1024
/** Longest path that Windows and macOS can hold, with room. */
export const MAX_NAME_BYTES = 1024
/** Longest name of a file on ext4, NTFS and APFS. */
export const MAX_NAME_PART_BYTES = 255
/** A tar's extended header holds a path or two and some times. */
export const MAX_TAR_EXTENSION_BYTES = 64 * 1024
/** What is read from the file, and given on, at a time. */
export const READ_BYTES = 64 * 1024
