/** Git's framing: four hex digits of length (with themselves), then the bytes. Source: gitprotocol-common(5). */
import { JoineryError } from '../../protocols/errors.ts'
import './errors.ts'

export const FLUSH = Buffer.from('0000')
/** The longest line there is. */
const MAX_PKT_BYTES = 65_520
const HEADER_BYTES = 4

export type Pkt = { kind: 'line'; bytes: Buffer } | { kind: 'flush' | 'delimiter' | 'end' }

export interface ReadPkt {
  pkt: Pkt
  /** Where the next one begins. */
  next: number
}

/**
 * The pkt-line at `at`, or undefined while it is not whole.
 *
 * @throws JoineryError `PUSH_MALFORMED`
 */
export function readPkt(bytes: Buffer, at: number): ReadPkt | undefined {
  if (bytes.length - at < HEADER_BYTES) return undefined
  const header = bytes.toString('latin1', at, at + HEADER_BYTES)
  if (!/^[0-9a-fA-F]{4}$/.test(header)) throw new JoineryError('PUSH_MALFORMED', 'not a pkt-line')
  const length = Number.parseInt(header, 16)
  const next = at + HEADER_BYTES
  if (length === 0) return { pkt: { kind: 'flush' }, next }
  if (length === 1) return { pkt: { kind: 'delimiter' }, next }
  if (length === 2) return { pkt: { kind: 'end' }, next }
  if (length < HEADER_BYTES || length > MAX_PKT_BYTES)
    throw new JoineryError('PUSH_MALFORMED', `a pkt-line of ${length} bytes`)
  if (bytes.length < at + length) return undefined
  return { pkt: { kind: 'line', bytes: bytes.subarray(next, at + length) }, next: at + length }
}

export function pktLine(content: Uint8Array | string): Buffer {
  const body = typeof content === 'string' ? Buffer.from(content) : content
  if (body.length + HEADER_BYTES > MAX_PKT_BYTES) throw new RangeError('a pkt-line carries at most 65,516 bytes')
  return Buffer.concat([Buffer.from((body.length + HEADER_BYTES).toString(16).padStart(4, '0')), body])
}

/** What travels beside one another in an answer: 1 the data, 2 lines for the person, 3 the last words before an end. */
export function sideBand(band: 1 | 2 | 3, content: Uint8Array): Buffer {
  const most = MAX_PKT_BYTES - HEADER_BYTES - 1
  const lines: Buffer[] = []
  for (let at = 0; at === 0 || at < content.length; at += most)
    lines.push(pktLine(Buffer.concat([Buffer.from([band]), content.subarray(at, at + most)])))
  return Buffer.concat(lines)
}
