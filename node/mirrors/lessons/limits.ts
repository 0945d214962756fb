/** What a page of somebody else may cost. */

/** The longest page of the Carpentries' lessons (all in one) has 0.8 MB. A longer one than this is served as it is, with no link changed. */
export const MAX_REWRITE_BYTES = 4 * 1024 * 1024
/** The same page has 3,000. Each one costs some microseconds, in which nobody else is served; further ones stay as they are. */
export const MAX_PAGE_LINKS = 20_000
/** Pages that a class reads at the same time. */
export const REWRITTEN_CACHE_BYTES = 12 * 1024 * 1024
/** Browsers agree on 2,000; some lessons link to queries. */
export const MAX_ADDRESS_CHARACTERS = 2048
/** Kept of a page for the list of what its code reads from the internet, within what a manifest keeps of a file. */
export const MAX_CODE_ADDRESSES_BYTES = 8 * 1024
/** The same of what it shows from the internet: the themes' scripts and a few pictures. */
export const MAX_LOADED_ADDRESSES_BYTES = 2 * 1024
/** Of the address that a page gives as its own. */
export const MAX_HOME_BYTES = 1024
export const MAX_TITLE_CHARACTERS = 200
/** Sites in one room; each claim of a page about its own address is remembered once. */
export const MAX_SITES = 2000
/** Folders that are looked into for one address: two crawls of one site, seldom more. */
export const MAX_FOLDERS_PER_SITE = 8
/** Parts of an address that are looked at to find its site. */
export const MAX_ADDRESS_PARTS = 40
/** What an import tells about addresses that are not here; people read no more. */
export const MAX_NOTICES = 500
