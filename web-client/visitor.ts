/** What a page knows of the one who looks at it. */
import type { Language } from './languages.ts'
import type { VisitorSignal } from './room/signal-bar.ts'

export type VisitorSystem = 'windows' | 'macos' | 'linux' | 'other'

export interface Visitor {
  language: Language
  system: VisitorSystem
  /** The path of this page, to link to it in another language. */
  path: string
  /** What else stands in its address and has to stay in such links: `at=feature`. */
  search?: string
  /** Who is signed in. */
  person?: VisitorPerson
  /** People can sign in on this device. */
  accounts?: boolean
}

export interface VisitorPerson {
  /** As in addresses. */
  name: string
  shownName: string
  /** Somebody else had claimed the name earlier. */
  mustChoose: boolean
  /** They help: everybody's accounts are open to them. */
  helps?: boolean
  /** The sticky and the hand that they show; absent where nobody would see them. */
  signal?: VisitorSignal
}

/** Where this device's pages are; the first is the one to tell people. */
export interface RoomAddresses {
  /** Such as `http://192.168.1.20:8080`: without a slash at the end. At least one. */
  origins: readonly string[]
  /** True when no other device can use them. */
  loopbackOnly: boolean
}

/** @param userAgent the header; phones count as `other`, for there is nothing to install on them */
export function systemOf(userAgent: string | undefined): VisitorSystem {
  const agent = userAgent ?? ''
  if (/iPhone|iPad|Android/.test(agent)) return 'other'
  if (/Windows/.test(agent)) return 'windows'
  if (/Mac OS X|Macintosh/.test(agent)) return 'macos'
  if (/Linux|X11|CrOS/.test(agent)) return 'linux'
  return 'other'
}
