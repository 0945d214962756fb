/** The script of the dashboard, made by `web-client/notes/build.ts`; small, and in memory. */
import { join } from 'node:path'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile } from '../platform/durable-file.ts'
import { etagOf } from './page-answer.ts'

const MAX_BYTES = 512 * 1024
const HASH_CHARACTERS = 10

/** @returns undefined when it was not built: the page works without it */
export async function loadRoomScript(
  disk: Disk,
  assetsDirectory: string
): Promise<{ path: string; bytes: Buffer } | undefined> {
  const bytes = await readSmallFile(disk, join(assetsDirectory, '../../dist-web/room/room.js'), MAX_BYTES)
  if (!bytes) return undefined
  const hash = etagOf(bytes).slice(1, 1 + HASH_CHARACTERS)
  return { path: `/assets/room.${hash}.js`, bytes: Buffer.from(bytes) }
}
