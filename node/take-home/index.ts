/**
 * Archives that people take home.
 *
 * ```ts
 * const takeHome = new TakeHome({ clock, content: collections.index, blobs: blobs.reader, people, notes, repositories })
 * for await (const bytes of takeHome.lessonsAndNotes(signal)) …
 * ```
 */
import './errors.ts'

export { sumUp } from './class-works.ts'
export { TakeHome, type TakeHomeComponents, type TakeHomeNotes, type TakeHomeRepositories } from './take-home.ts'
