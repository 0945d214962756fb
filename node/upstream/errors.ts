/** Why a package could not be had from the internet. The codes stand in the room's record: another device shows them in its own words. */
import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  UPSTREAM_UNREACHABLE: { status: 503, next: 'Connect this device to the internet and try again.' },
  UPSTREAM_REFUSED: {
    status: 502,
    next: 'The index leads to a place that packages are not fetched from. Look at the settings `python_index` and `r_mirror`.'
  },
  UPSTREAM_BROKEN: {
    status: 502,
    next: 'The index answers what nobody understands. Try again later, or set another one.'
  },
  UPSTREAM_TOO_SLOW: { status: 504, next: 'The connection is too slow just now. What came is kept; try again later.' },
  WANT_NAME_INVALID: { status: 422, next: 'This is no name of a package. Whoever asked for it mistyped it.' },
  WANT_TARGET_UNKNOWN: {
    status: 422,
    next: 'The program that asked did not say for which Python or R. Name the package: `joinery wants fetch NAME`.'
  },
  WANT_UNKNOWN_PACKAGE: { status: 404, next: 'The index has no package of this name. Check the spelling.' },
  WANT_NO_FILE: {
    status: 404,
    next: 'There is no file of it for this version and system. Another version of Python or R may have one.'
  },
  WANT_CONFLICT: {
    status: 409,
    next: 'What it needs does not go together. Fetch it at home and add it with `joinery add`.'
  },
  WANT_TOO_LARGE: {
    status: 413,
    next: 'It is larger than what is fetched for a learner. Fetch it at home and add it with `joinery add`.'
  },
  WANT_HASH_WRONG: {
    status: 502,
    next: 'What came is not what the index names, and was thrown away. Try again on another connection.'
  },
  WANT_BUDGET_SPENT: {
    status: 507,
    next: 'The limit for the internet is used up. `joinery wants automatic --bytes SIZE --again` sets another one.'
  },
  WANT_DISK_FULL: { status: 507, next: 'This device has too little room. Free some, or fetch with another device.' }
})
