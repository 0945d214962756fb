/** Every limit of fetching packages from the internet, with its reason. Names and answers are of strangers. */

/** Of one page of an index, unpacked. The longest of the public Python index has some 20 MB, the list of all R packages 10 MB. */
export const MAX_PAGE_BYTES = 48 * 2 ** 20
/** Of one page as HTML, where an index knows no JSON: those are small ones of institutions. */
export const MAX_HTML_BYTES = 8 * 2 ** 20
/** Files of one project; the most that a project has ever published is some 15,000. */
export const MAX_FILES_OF_PROJECT = 30_000
/** Of an R repository; CRAN has 23,000. */
export const MAX_R_PACKAGES = 60_000
/** Pages that are not asked for again within a run; the longest takes some 10 MB. */
export const MAX_KEPT_PAGES = 40
/** Address of a file; those of the public index have 150 characters. */
export const MAX_ADDRESS_CHARACTERS = 2_000
/** The longest name of a file that systems keep. */
export const MAX_FILE_NAME_CHARACTERS = 200
/** Of one package; the description in it is most of it. */
export const MAX_METADATA_BYTES = 2 * 2 ** 20
/** Requirements that one package states; with all extras the longest lists have 400. */
export const MAX_REQUIREMENTS = 2_000
/** Characters of one requirement with its conditions; real ones have 300. */
export const MAX_REQUIREMENT_CHARACTERS = 4_000

/** Of one file. What machine learning needs is larger, and is brought along on a disk. */
export const MAX_FILE_BYTES = 300 * 2 ** 20
/** For one want, with what it needs. A learner asked; nobody looked at it. */
export const MAX_WANT_BYTES = 600 * 2 ** 20
export const MAX_WANT_FILES = 150
/** For one run. */
export const MAX_RUN_BYTES = 4 * 2 ** 30
export const MAX_RUN_WANTS = 100
/** Wants that are fetched without a person in 24 hours of running: whoever asks for everything fills no disk. */
export const MAX_AUTOMATIC_WANTS_A_DAY = 60
export const DAY_MS = 24 * 60 * 60_000
/** What may be used of the internet for this when nobody set a limit. */
export const STANDARD_BUDGET_BYTES = 2_000_000_000
/** A walk through dependencies begins again when two of them disagree. */
export const MAX_ROUNDS = 20

export const MAX_REDIRECTS = 5
/** Nothing came for so long: the line is gone. */
export const IDLE_MS = 30_000
/** Of a page, from the question to its last byte. */
export const PAGE_MS = 180_000
/** Less than this in a minute is somebody who holds the line, not a slow line. */
export const LEAST_BYTES_A_MINUTE = 16 * 1024
export const RATE_WINDOW_MS = 60_000
/** Of one download in a run: each goes on where the one before broke off. */
export const MAX_TRIES = 4
export const RETRY_MS = 1_000
/** Half-fetched files that are kept for the next try. */
export const MAX_KEPT_BYTES = 600 * 2 ** 20
export const MAX_KEPT_FILES = 300
/** Room on the disk beyond what is fetched, which lies there twice while it is imported. */
export const SPARE_DISK_BYTES = 64 * 2 ** 20

/** Until the internet is looked for again: first, and at most. */
export const TRY_FIRST_MS = 5_000
export const TRY_MOST_MS = 15 * 60_000
/** After a network came or went. */
export const NETWORK_SETTLES_MS = 1_000
export const NETWORK_LOOK_MS = 2_000
/** A device says what it begins to fetch, and looks after so long whether another one said the same before. */
export const CLAIM_SETTLES_MS = 2_000
