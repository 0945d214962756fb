import { base32 } from '../../protocols/cid.ts'
import type { Random } from '../platform/random.ts'

/** The address of a new note: readable, and different on two nodes that make a note of one title at once. */
export function newNoteId(title: string, random: Random): string {
  const slug = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '')
  const tail = base32(random.bytes(5)).slice(0, 6)
  return slug ? `${slug}-${tail}` : `note-${tail}`
}
