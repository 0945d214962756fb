import { crc32 } from 'node:zlib'
import { tarHeader, tarPaddingBytes } from '../../../protocols/tar-header.ts'

/** A ustar file in gzip, the same bytes on every machine: no times, no owner, no compression (whose result differs between releases of zlib). */
export function writeTarGz(files: readonly { name: string; bytes: Uint8Array }[]): Uint8Array {
  return storedGzip(writeTar(files))
}

/** RFC 1952 around stored blocks of RFC 1951; of an unknown system, with no time. */
function storedGzip(content: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)]
  for (let at = 0; at < content.length; at += MAX_STORED_BYTES) {
    const stored = content.subarray(at, at + MAX_STORED_BYTES)
    const head = Buffer.alloc(5)
    head.writeUInt8(at + MAX_STORED_BYTES >= content.length ? 1 : 0, 0)
    head.writeUInt16LE(stored.length, 1)
    head.writeUInt16LE(stored.length ^ 0xffff, 3)
    parts.push(head, stored)
  }
  const end = Buffer.alloc(8)
  end.writeUInt32LE(crc32(content), 0)
  end.writeUInt32LE(content.length, 4)
  return Buffer.concat([...parts, end])
}

const MAX_STORED_BYTES = 0xffff

function writeTar(files: readonly { name: string; bytes: Uint8Array }[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { name, bytes } of files) {
    parts.push(tarHeader(name, bytes.length), bytes, new Uint8Array(tarPaddingBytes(bytes.length)))
  }
  parts.push(new Uint8Array(1024))
  return Buffer.concat(parts)
}
