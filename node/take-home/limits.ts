/** Limits of archives that people take home, each with its reason. */

/** At once on one device: each compresses and reads the disk for minutes; a class comes one after the other. */
export const MAX_ARCHIVES = 3
/** The list of a ZIP stays in memory until its end, some 300 bytes a file, and yazl looks through it once for each file. More goes onto sticks. */
export const MAX_ARCHIVE_FILES = 20_000
/** Characters of one part of a path: with a number and an ending it fits every file system. */
export const MAX_NAME_CHARACTERS = 100
