/**
 * What the room lacks, from the internet: the client of package indexes, what one want takes from them, and who of a room fetches it.
 *
 *     const client = new UpstreamClient({ clock, allowance }, { indexes: [base], environment, version })
 *     const index = new PythonIndex({ client }, { base })
 *     const files = await index.files('numpy', signal)   // parsed, named, with hashes; nothing of it is believed
 *     await new WantFetch({ python: index, … }, { … }).run(wants)
 *
 * `UpstreamClient`, `PythonIndex`, `RRepository` and `Downloads` know nothing of wants: whatever else is to be taken from an index begins with them.
 */
export { Downloads } from './downloads.ts'
export { type FetchState, fetchFold } from './fetch-fold.ts'
export { automaticWants, FetchRhythm, failures, fetchedElsewhere, lostClaims } from './fetch-plan.ts'
export { CLAIM_SETTLES_MS, NETWORK_LOOK_MS, STANDARD_BUDGET_BYTES } from './limits.ts'
export { PythonIndex } from './python/python-index.ts'
export type { PythonTarget } from './python/python-target.ts'
export { RRepository } from './r/r-repository.ts'
export { isInRoom } from './room-packages.ts'
export { type UplinkAllowance, UpstreamClient } from './upstream-client.ts'
export { WantFetch, type WantOutcome } from './want-fetch.ts'
export { wantTarget } from './want-target.ts'
