/** What can be said of a batch's bodies without a key. */
import { type Batch, hashOfEntry } from '../../protocols/batch.ts'
import { sha256 } from '../platform/hash.ts'

/** Whether every body that is there has the hash that its header names. */
export function bodiesMatch(batch: Batch): boolean {
  for (let i = 0; i < batch.bodies.length; i++) {
    const body = batch.bodies[i]
    if (body && Buffer.compare(sha256(body), hashOfEntry(batch.header, i)) !== 0) return false
  }
  return true
}

/** Whether a body is missing in `batch`. */
export function lacksBodies(batch: Batch): boolean {
  return batch.bodies.includes(null)
}
