import { dirname, join } from 'node:path'
import type { Cid } from '../../protocols/cid.ts'
import type { Disk } from '../platform/disk.ts'
import { writeDurably } from '../platform/durable-file.ts'
import type { BlobIndex } from './blob-index.ts'
import { type BlobLayout, cidOfFileName } from './layout.ts'
import { readBits } from './partial-blob.ts'

/** Present once all folders are there and durable: making sure of that again at each start would cost a second on a slow card. */
export const FOLDERS_READY = 'folders-ready'

export async function makeFolders(disk: Disk, layout: BlobLayout): Promise<void> {
  // What was being written when the last run ended is nobody's.
  await disk.remove(layout.incoming)
  for (const folder of [layout.incoming, layout.partials, layout.quarantine]) await disk.makeDirectory(folder)
  const ready = join(layout.root, FOLDERS_READY)
  if (await disk.stat(ready)) return
  const blobs = join(layout.root, 'blobs')
  const parents = new Set<string>()
  for (const folder of layout.folders()) {
    await disk.makeDirectory(folder)
    parents.add(dirname(folder))
  }
  for (const folder of [...parents, blobs, layout.root, dirname(layout.root)]) await disk.syncDirectory(folder)
  await writeDurably(disk, ready, new Uint8Array())
}

/** What an earlier run left of big blobs, and what each claims of the disk; everything else in that folder is removed. */
export async function sleepingPartials(disk: Disk, layout: BlobLayout, index: BlobIndex): Promise<Map<Cid, number>> {
  const sleeping = new Map<Cid, number>()
  for (const entry of await disk.list(layout.partials)) {
    const cid = cidOfFileName(entry.name.replace(/\.have$/, ''))
    const path = join(layout.partials, entry.name)
    const saved = cid && !index.has(cid) ? await readBits(disk, layout.bitsOf(cid)) : undefined
    if (cid && saved && (await disk.stat(layout.partialOf(cid)))) sleeping.set(cid, saved.sizeBytes)
    else await disk.remove(path)
  }
  return sleeping
}
