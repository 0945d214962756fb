import { join } from 'node:path'
import { base32 } from '../../protocols/cid.ts'
import { sha256 } from '../platform/hash.ts'
import { MAX_SOCKET_PATH_BYTES } from './limits.ts'

/**
 * The local socket of a data folder. It lies in the folder, whose rights guard it; for a folder with a very long path, in the folder for
 * temporary files under a name made of that path.
 */
export function controlSocketPath(dataDirectory: string, temporaryDirectory: string): string {
  const path = join(dataDirectory, 'control.sock')
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path
  const name = base32(sha256(Buffer.from(dataDirectory)).subarray(0, 15))
  return join(temporaryDirectory, `joinery-${name}.sock`)
}
