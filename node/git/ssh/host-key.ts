/** The key by which clients know this device again: made at the first start, kept in the data folder. */
import { dirname } from 'node:path'
import { JoineryError } from '../../../protocols/errors.ts'
import type { Disk } from '../../platform/disk.ts'
import { readSmallFile, writeDurably } from '../../platform/durable-file.ts'

/** What of ssh2 makes keys and reads them. */
export interface KeyMaker {
  generateKeyPairSync(kind: 'ed25519'): { private: string }
  parseKey(key: string): unknown
}

const MAX_KEY_BYTES = 4096
/** Of 270 keys that ssh2 1.17 makes it cannot read one. */
const MAX_TRIES = 20

/** @returns a private key in the format of OpenSSH that can be read again */
export function makeHostKey(maker: KeyMaker): string {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { private: key } = maker.generateKeyPairSync('ed25519')
    if (isReadable(maker, key)) return key
  }
  throw new JoineryError('INTERNAL', 'no key for SSH could be made')
}

/** One on the disk that cannot be read never served anybody: another one takes its place. */
export async function openHostKey(disk: Disk, path: string, maker: KeyMaker): Promise<string> {
  const kept = await readSmallFile(disk, path, MAX_KEY_BYTES)
  const text = kept && Buffer.from(kept).toString('utf8')
  if (text !== undefined && isReadable(maker, text)) return text
  const key = makeHostKey(maker)
  await disk.makeDirectory(dirname(path))
  await disk.syncDirectory(dirname(dirname(path)))
  await writeDurably(disk, path, Buffer.from(key, 'utf8'))
  return key
}

function isReadable(maker: KeyMaker, key: string): boolean {
  return !(maker.parseKey(key) instanceof Error)
}
