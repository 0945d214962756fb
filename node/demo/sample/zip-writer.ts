import { crc32 } from 'node:zlib'

/**
 * A ZIP file of stored entries, the same bytes on every machine: no times, no compression (whose result differs between releases of zlib).
 * For our own few small files; nothing over 4 GiB.
 */
export function writeZip(files: readonly { name: string; bytes: Uint8Array }[]): Uint8Array {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const { name, bytes } of files) {
    const rawName = new TextEncoder().encode(name)
    const crc = crc32(bytes)
    const local = record(0x04034b50, [
      [2, 20],
      [2, UTF8_FLAG],
      [2, STORED],
      [2, 0],
      [2, EPOCH_DATE],
      [4, crc],
      [4, bytes.length],
      [4, bytes.length],
      [2, rawName.length],
      [2, 0]
    ])
    directory.push(
      record(0x02014b50, [
        [2, (UNIX << 8) | 20],
        [2, 20],
        [2, UTF8_FLAG],
        [2, STORED],
        [2, 0],
        [2, EPOCH_DATE],
        [4, crc],
        [4, bytes.length],
        [4, bytes.length],
        [2, rawName.length],
        [2, 0],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, REGULAR_FILE_0644 * 0x10000],
        [4, offset]
      ]),
      rawName
    )
    parts.push(local, rawName, bytes)
    offset += local.length + rawName.length + bytes.length
  }
  const directoryBytes = directory.reduce((sum, part) => sum + part.length, 0)
  const end = record(0x06054b50, [
    [2, 0],
    [2, 0],
    [2, files.length],
    [2, files.length],
    [4, directoryBytes],
    [4, offset],
    [2, 0]
  ])
  return Buffer.concat([...parts, ...directory, end])
}

const UTF8_FLAG = 0x0800
const STORED = 0
/** 1 January 1980, the first day that the format knows. */
const EPOCH_DATE = (1 << 5) | 1
const UNIX = 3
const REGULAR_FILE_0644 = 0o100644

/** A signature of 4 bytes, then little-endian numbers of 2 or 4 bytes. */
function record(signature: number, fields: readonly (readonly [bytes: 2 | 4, value: number])[]): Uint8Array {
  const bytes = new Uint8Array(4 + fields.reduce((sum, [length]) => sum + length, 0))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, signature, true)
  let at = 4
  for (const [length, value] of fields) {
    if (length === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    at += length
  }
  return bytes
}
