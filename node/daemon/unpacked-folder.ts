/** A ZIP file that somebody hands over, as a folder for as long as it is read. */
import { basename, dirname, join } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import { DEFAULT_RESERVE_BYTES } from '../blobs/index.ts'
import '../collections/errors.ts'
import { unpackZip } from '../mirrors/index.ts'
import { nodeSourceFolder, type SourceFile } from '../platform/source-folder.ts'
import { type Device, FOLDERS } from './device.ts'

/** Devices that unpack just now: their folder is not to be swept by a second one. */
const unpacking = new WeakSet<Device>()

/**
 * @param use gets the folder with what was packed; when all of it lies in one folder, that one
 * @throws JoineryError `IMPORT_RUNNING`, `IMPORT_NO_FOLDER`, `ARCHIVE_BROKEN`, `ARCHIVE_UNSAFE`, `ARCHIVE_TOO_LARGE`, `IMPORT_DISK_FULL`
 */
export async function withUnpacked<Result>(
  device: Device,
  zip: string,
  signal: AbortSignal,
  use: (folder: string) => Promise<Result>
): Promise<Result> {
  const { config, disk } = device
  const folder = FOLDERS.unpacking(config)
  if (unpacking.has(device)) throw new JoineryError('IMPORT_RUNNING', 'a ZIP file is being unpacked on this device')
  unpacking.add(device)
  try {
    // Left behind by a power cut.
    await disk.remove(folder)
    const top = join(folder, basename(zip).replace(/\.zip$/i, ''))
    await unpack(device, zip, top, signal)
    const [only, other] = await disk.list(top)
    return await use(only?.kind === 'directory' && !other ? join(top, only.name) : top)
  } finally {
    await disk.remove(folder).finally(() => unpacking.delete(device))
  }
}

async function unpack({ disk }: Device, zip: string, top: string, signal: AbortSignal): Promise<void> {
  const file = await openFile(zip)
  try {
    const { sizeBytes } = await file.stat()
    const source = {
      path: basename(zip),
      sizeBytes,
      async read(position: number, length: number) {
        const bytes = new Uint8Array(length)
        return bytes.subarray(0, await file.read(bytes, position))
      }
    }
    await disk.makeDirectory(top)
    const freeBytes = (await disk.freeBytes(top)) - DEFAULT_RESERVE_BYTES
    let written = 0
    for await (const { path, bytes } of unpackZip(source)) {
      signal.throwIfAborted()
      const target = join(top, path)
      await disk.makeDirectory(dirname(target))
      const out = await disk.open(target, 'exclusive')
      try {
        let at = 0
        for await (const span of bytes) {
          written += span.length
          if (written > freeBytes)
            throw new JoineryError('IMPORT_DISK_FULL', 'this device has too little room to unpack it')
          await out.write(span, at)
          at += span.length
        }
      } finally {
        await out.close()
      }
    }
  } finally {
    await file.close()
  }
}

async function openFile(zip: string): Promise<SourceFile> {
  try {
    return await nodeSourceFolder.open(zip)
  } catch (cause) {
    throw new JoineryError('IMPORT_NO_FOLDER', `${zip} cannot be read`, { cause })
  }
}
