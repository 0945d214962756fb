/** Every limit of this area, with its reason. Limits of wire formats stand in `protocols/`. */
import { PIECE_BYTES } from '../../protocols/piece-list.ts'

/** One read or write of a big file: the cheapest size per byte that was measured (256 KiB against 64 KiB: a third less CPU). */
export const SPAN_BYTES = 256 * 1024

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
/** Blobs whose last use is remembered, for eviction; what is not among them was not used recently. */
export const REMEMBERED_USES = 8192

/** The bitfield of a partial is written after so many new bytes (and at the end): what a crash can cost. */
export const PARTIAL_SAVE_BYTES = 16 * PIECE_BYTES

/** Disk that is never filled with blobs: the journal, the system's logs and the package manager need some to go on. */
export const DEFAULT_RESERVE_BYTES = 256 * 2 ** 20

/** A learner who reads nothing for so long is gone; a sleeping laptop may come back and ask for the rest with Range. */
export const STALLED_CLIENT_MS = 30_000
