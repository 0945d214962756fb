/** Limits of accounts, each with its reason. */
import type { ScryptParameters } from '../../protocols/people-facts.ts'

/** A campus of twenty big rooms; each account costs some 600 bytes of the journal. */
export const MAX_PEOPLE = 2_000
/** Accounts that are removed at the same time: a tick of the journal each would take minutes for a full room. */
export const REMOVED_AT_ONCE = 100
/** A name stays with whoever had it, so that addresses made with it go on working: nobody may collect them. */
export const MAX_NAMES_PER_PERSON = 5
/** A phone, a laptop, the computers of a lab. The newest count: signing in once more ends the oldest. */
export const MAX_SESSIONS_PER_PERSON = 12
/** SSH keys and tokens of one person: their computers, and a few programs. */
export const MAX_ACCESS_KEYS_PER_PERSON = 20
/** Keys that a person ever had, ended ones included: fewer than are remembered, so that none comes back. */
export const MAX_ACCESS_KEYS_EVER = 150
export const MAX_REMEMBERED_KEY_ENDS = 200
/** Remembered ends of sessions of one person; beyond it they are those of sessions that are too old to count. */
export const MAX_REMEMBERED_ENDS = 1_000
/** Grants of roles of one person, taken ones included. */
export const MAX_GRANTS_PER_PERSON = 200

/**
 * 4 MiB and some 50 ms on a PC. Codes are generated with 57 random bits, so the cost only has to make a stolen card useless within anybody's
 * patience (OWASP asks for 16 MiB and more where people choose their passwords). Four times in 4 MiB instead of once in 16: what the threads of the
 * pool have allocated once they keep, and a small board has 512 MB.
 */
export const SCRYPT: ScryptParameters = { cost: 2 ** 12, blockSize: 8, parallel: 4 }
/** As many as a class that signs up in the same minute; a Pi works through them in half of one. */
export const MAX_WAITING_HASHES = 64

/** Longer than any code, with the blanks that people put in. */
export const MAX_CODE_CHARACTERS = 200

/** How many wrong tries there may be at once, and after how long one is forgiven. */
export interface TryLimit {
  burst: number
  forgiveMs: number
}

/**
 * Wrong codes: at most 10 for an account and 30 from an address in ten minutes, those at the beginning and those that are forgiven meanwhile together. A code
 * has 57 bits: these limits save the processor and make trying visible, they are not what keeps a code safe.
 */
export const TRY_LIMITS = {
  /** From everywhere; and once more, apart from that, where its person has signed in: nobody else locks them out there. */
  name: { burst: 5, forgiveMs: 120_000 },
  /** A class behind one router, some of whom mistype. */
  address: { burst: 20, forgiveMs: 60_000 },
  /** New accounts: 100 learners in a minute behind one address. */
  signUp: { burst: 120, forgiveMs: 2_000 }
} as const satisfies Record<string, TryLimit>

/** Keys of the limits that are remembered: three for each of some hundred addresses. The least charged ones are dropped. */
export const MAX_TRY_KEYS = 2_000
/** Places where somebody has signed in since the start: two for each person. */
export const MAX_KNOWN_PLACES = 2 * MAX_PEOPLE
/** Names that nobody has share these, so that trying them is limited as for the others and fills no table. */
export const UNKNOWN_NAME_BUCKETS = 256
