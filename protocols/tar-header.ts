/** Headers of ustar archives that we write: the same bytes on every machine, without times and owners. Source: POSIX.1-2001, pax, "ustar Interchange Format". */
import { JoineryError } from './errors.ts'

export const TAR_BLOCK_BYTES = 512
const NAME_BYTES = 100
const PREFIX_BYTES = 155

/**
 * @param name ASCII with `/`; of at most 100 bytes, or with a `/` that leaves at most 155 before and 100 behind it
 * @throws JoineryError `TOO_LARGE` for a name that does not fit
 */
export function tarHeader(name: string, sizeBytes: number, mode = 0o644): Uint8Array {
  const header = new Uint8Array(TAR_BLOCK_BYTES)
  const put = (at: number, text: string): void => header.set(new TextEncoder().encode(text), at)
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`
  const { prefix, rest } = split(name)
  put(0, rest)
  put(100, octal(mode, 7))
  put(108, octal(0, 7))
  put(116, octal(0, 7))
  put(124, octal(sizeBytes, 11))
  put(136, octal(0, 11))
  put(148, ' '.repeat(8))
  put(156, '0')
  put(257, 'ustar\0')
  put(263, '00')
  put(345, prefix)
  const sum = header.reduce((total, byte) => total + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return header
}

/** Zeros that follow so many bytes, up to the next block. */
export function tarPaddingBytes(sizeBytes: number): number {
  return (TAR_BLOCK_BYTES - (sizeBytes % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES
}

function split(name: string): { prefix: string; rest: string } {
  if (name.length <= NAME_BYTES) return { prefix: '', rest: name }
  const at = name.indexOf('/', name.length - NAME_BYTES - 1)
  if (at < 0 || at > PREFIX_BYTES) throw new JoineryError('TOO_LARGE', `${name} does not fit into an archive`)
  return { prefix: name.slice(0, at), rest: name.slice(at + 1) }
}
