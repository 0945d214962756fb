/**
 * Whether anybody may make an account of their own. A register in a topic of its own. Not critical: a device of an older version goes on taking
 * accounts, which is what it did before, and decides about everything else as before.
 */
import { type CborValue, isCborMap } from './cbor.ts'
import type { NewEntry } from './journal.ts'

export const SIGN_UP_TOPIC = 'sign-up'
export const SIGN_UP_KIND = 'sign-up-set'
export const SIGN_UP_FACT_VERSION = 1

export function signUpEntry(isOpen: boolean): NewEntry {
  return {
    ...{ topic: SIGN_UP_TOPIC, kind: SIGN_UP_KIND, version: SIGN_UP_FACT_VERSION },
    audience: 'room',
    body: { open: isOpen }
  }
}

/** @returns undefined for a body that says nothing we understand */
export function decodeSignUp(body: CborValue | undefined): boolean | undefined {
  return isCborMap(body) && typeof body.open === 'boolean' ? body.open : undefined
}
