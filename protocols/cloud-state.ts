/**
 * `/joinery/cloud-state/1`: a device of a room asks its cloud peer how far it is; one empty question, one answer, at most once in a few seconds.
 * The device shows it to people and believes no more of it: that a batch or a file is there, only acknowledgements and inventories say.
 */
import { decodeCbor, encodeCbor } from './cbor.ts'
import { isWhole } from './certificate.ts'
import { JoineryError } from './errors.ts'

export const CLOUD_STATE_PROTOCOL = '/joinery/cloud-state/1'
export const MAX_CLOUD_STATE_BYTES = 128

export interface CloudState {
  /** False: it takes no more facts and text, since its disk is full or failed. */
  journalOpen: boolean
  /** Its disk has no place for files that it should hold. */
  full: boolean
  missingFiles: number
  missingBytes: number
  /** Repositories that it lacks commits of. */
  lackingRepositories: number
}

export function encodeCloudState(state: CloudState): Uint8Array {
  const { journalOpen, full, missingFiles, missingBytes, lackingRepositories } = state
  return encodeCbor([journalOpen, full, missingFiles, missingBytes, lackingRepositories])
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeCloudState(bytes: Uint8Array): CloudState {
  const value = decodeCbor(bytes, MAX_CLOUD_STATE_BYTES)
  const [journalOpen, full, ...counts] = Array.isArray(value) && value.length === 5 ? value : []
  const [missingFiles, missingBytes, lackingRepositories] = counts.filter((one) =>
    isWhole(one, 0, Number.MAX_SAFE_INTEGER)
  ) as number[]
  if (typeof journalOpen !== 'boolean' || typeof full !== 'boolean' || lackingRepositories === undefined) {
    throw new JoineryError('MALFORMED', 'not the state of a cloud peer')
  }
  return { journalOpen, full, missingFiles: missingFiles ?? 0, missingBytes: missingBytes ?? 0, lackingRepositories }
}
