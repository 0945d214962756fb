/** Rows of the store: small lists in CBOR with a checksum before them. */
import { type CborValue, decodeCbor, encodeCbor } from '../../protocols/cbor.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { crc32 } from '../platform/hash.ts'
import { CRC_BYTES, numberBytes, readNumber } from './keys.ts'

/** Rows carry a checksum: a flipped bit in one would hide a whole log. */
export function rowBytes(row: CborValue[]): Uint8Array {
  const bytes = encodeCbor(row)
  return new Uint8Array(Buffer.concat([numberBytes(crc32(bytes), CRC_BYTES), bytes]))
}

export function rowOf(row: Uint8Array, length: number, maxBytes: number): CborValue[] {
  const bytes = row.subarray(CRC_BYTES)
  if (bytes.length === 0 || readNumber(row, 0, CRC_BYTES) !== crc32(bytes)) throw damaged('a row with flipped bits')
  const value = decodeCbor(bytes, maxBytes)
  if (!Array.isArray(value) || value.length !== length) throw damaged('a row of another form')
  return value
}

export function damaged(why: string): JoineryError {
  return new JoineryError('JOURNAL_DAMAGED', `the journal's store is damaged: ${why}`)
}
