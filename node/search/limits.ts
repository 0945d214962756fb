/** What a search may cost. */

/** One line that a person types. */
export const MAX_QUERY_CHARACTERS = 200
export const MAX_TERMS = 8
/** The longest page of the lessons has 30,000 words; a book of twice as many is found by its beginning. */
export const MAX_PAGE_WORDS = 60_000
/** A word longer than this is data. */
export const MAX_WORD_CHARACTERS = 60
/** 20 lessons have some 1,000 pages, 8 MB of text; a hundred lessons fit. */
export const MAX_FILE_BYTES = 64 * 2 ** 20
export const MAX_PAGES = 20_000
/** One page with its header. */
export const MAX_RECORD_BYTES = 4 * 2 ** 20
/** Read at a time while looking; the only memory that a search takes beside its answer. */
export const READ_BYTES = 512 * 1024
export const MAX_HITS = 30
/** Names of packages that a page shows. */
export const MAX_NAMES = 40
export const SNIPPET_WORDS = 28
/** Answers that are kept: a class looks for the same thing at the same time. */
export const MAX_KEPT_ANSWERS = 50
/** Behind the one that is under way; each takes some tens of milliseconds. */
export const MAX_WAITING = 40
/** So long a first search waits for the list to be made, before it answers with what there is. */
export const PATIENCE_MS = 3_000
