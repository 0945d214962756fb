import type { ContentInspector, ImportSource, Inspection } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { type Hasher, sha256Hasher } from '../../platform/hash.ts'
import { readExactly } from '../archives/inflate.ts'
import { readTarGz, SmallFile } from '../archives/tar-gz.ts'
import { openZip, type ZipArchive } from '../archives/zip.ts'
import type { CollectionKind } from '../collection-kind.ts'
import { isSystemLeftover } from '../leftovers.ts'
import { MAX_METADATA_BYTES, parseCoreMetadata } from './core-metadata.ts'
import {
  guessSdistName,
  type PackageFileName,
  parseSdistName,
  parseWheelName,
  sdistSuffix,
  versionInStem
} from './file-name.ts'
import { MAX_RECORD_BYTES, parseRecord } from './record.ts'
import { compareVersions } from './version.ts'

const YANKED_SUFFIX = '.yanked'
const MAX_YANKED_BYTES = 1024

/**
 * `details` of a file: `kind` (`wheel`, `sdist`), `project`, `version`, `requiresPython`, and for a wheel `metadataBytes` beside the attachment
 * `metadata`. A text file `<package file>.yanked` holds the reason why a package should only be installed when it is asked for by its exact version.
 */
export const pypiKind: CollectionKind = {
  collection: 'pypi',
  leftOut(path) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (isSystemLeftover(path)) return 'left behind by a file manager'
    if (/^(?:index\.(?:html?|json)|robots\.txt)$/i.test(name)) return 'an index, which we make ourselves'
    if (/\.(?:whl|gz|zip)\.(?:metadata|asc)$/i.test(name)) return 'made from the package itself, or not used'
    return undefined
  },
  inspector: { inspect } satisfies ContentInspector
}

async function inspect(source: ImportSource): Promise<Inspection> {
  const fileName = source.path.slice(source.path.lastIndexOf('/') + 1)
  if (fileName.endsWith(YANKED_SUFFIX)) return inspectYanked(source, fileName)
  if (/\.whl$/i.test(fileName)) return inspectWheel(source, fileName)
  if (sdistSuffix(fileName)) return inspectSdist(source, fileName)
  throw new JoineryError('WRONG_KIND', `${source.path}: not a wheel and not a source distribution of Python`)
}

async function inspectWheel(source: ImportSource, fileName: string): Promise<Inspection> {
  const named = parseWheelName(fileName)
  if (!named) throw new JoineryError('PACKAGE_UNREADABLE', `${source.path}: not the name of a wheel`)
  const zip = await openZip(source)
  const folder = infoFolder(zip, source.path)
  const metadata = await zip.bytes(`${folder}/METADATA`, MAX_METADATA_BYTES)
  const said = parseCoreMetadata(metadata, source.path)
  const stem = folder.slice(0, -'.dist-info'.length)
  const agrees = said.project === named.project && compareVersions(said.version, named.version) === 0
  if (!agrees || versionInStem(stem, said.project, said.version) === undefined) {
    const inside = `${said.project} ${said.version.text} (in ${folder})`
    throw new JoineryError('PACKAGE_MISMATCH', `${source.path}: the file inside says ${inside}`)
  }
  const wheel = new TextDecoder().decode(await zip.bytes(`${folder}/WHEEL`, MAX_METADATA_BYTES))
  if (!/^Wheel-Version:\s*1\./m.test(wheel)) {
    throw new JoineryError('PACKAGE_UNREADABLE', `${source.path}: made for a newer kind of wheel than pip reads`)
  }
  await verifyContents(zip, parseRecord(await zip.bytes(`${folder}/RECORD`, MAX_RECORD_BYTES)), source.path)
  return {
    path: pathOf(named),
    details: { ...detailsOf(named, said.requiresPython), metadataBytes: metadata.length },
    attachments: [{ name: 'metadata', bytes: metadata }]
  }
}

function infoFolder(zip: ZipArchive, label: string): string {
  const files = new Set(zip.entries.map((entry) => entry.name))
  const folders = [...files]
    .filter((name) => /^[^/]+\.dist-info\/METADATA$/.test(name))
    .map((name) => name.slice(0, -9))
  const [folder] = folders
  if (!folder || folders.length > 1 || !files.has(`${folder}/WHEEL`) || !files.has(`${folder}/RECORD`)) {
    throw new JoineryError(
      'PACKAGE_UNREADABLE',
      `${label}: a wheel has one dist-info folder with METADATA, WHEEL and RECORD`
    )
  }
  return folder
}

/** Reads all of it: pip checks neither RECORD nor, before it has half unpacked a file, that the file is whole. */
async function verifyContents(zip: ZipArchive, hashes: ReadonlyMap<string, string>, label: string): Promise<void> {
  const missing = new Set(hashes.keys())
  for (const entry of zip.entries) {
    missing.delete(entry.name)
    if (entry.kind === 'directory') continue
    const expected = hashes.get(entry.name)
    const hasher: Hasher | undefined = expected === undefined ? undefined : sha256Hasher()
    for await (const bytes of zip.read(entry.name)) hasher?.update(bytes)
    if (hasher && Buffer.from(hasher.digest()).toString('base64url') !== expected) {
      throw new JoineryError('PACKAGE_MISMATCH', `${label}: ${entry.name} is not what the wheel's own list says`)
    }
  }
  const [first] = missing
  if (first !== undefined)
    throw new JoineryError('PACKAGE_MISMATCH', `${label}: lacks ${first}, which its own list names`)
}

async function inspectSdist(source: ImportSource, fileName: string): Promise<Inspection> {
  const info = fileName.toLowerCase().endsWith('.zip') ? await zippedInfo(source) : await tarredInfo(source)
  if (!info) throw new JoineryError('PACKAGE_UNREADABLE', `${source.path}: has no PKG-INFO in its folder`)
  const said = parseCoreMetadata(info, source.path)
  const named = parseSdistName(fileName, said.project, said.version)
  if (!named) {
    throw new JoineryError(
      'PACKAGE_MISMATCH',
      `${source.path}: the file inside says ${said.project} ${said.version.text}`
    )
  }
  return { path: pathOf(named), details: detailsOf(named, said.requiresPython) }
}

async function tarredInfo(source: ImportSource): Promise<Uint8Array | undefined> {
  const info = new SmallFile(`${source.path}: PKG-INFO`, MAX_METADATA_BYTES)
  let found = false
  await readTarGz(source, (entry) => {
    if (entry.kind !== 'file' || !/^[^/]+\/PKG-INFO$/.test(entry.name)) return undefined
    if (found) throw new JoineryError('PACKAGE_UNREADABLE', `${source.path}: has more than one top folder`)
    found = true
    return info.sink
  })
  return found ? info.bytes() : undefined
}

async function zippedInfo(source: ImportSource): Promise<Uint8Array | undefined> {
  const zip = await openZip(source)
  await verifyContents(zip, new Map(), source.path)
  const [name, other] = zip.entries.map((entry) => entry.name).filter((entry) => /^[^/]+\/PKG-INFO$/.test(entry))
  if (other) throw new JoineryError('PACKAGE_UNREADABLE', `${source.path}: has more than one top folder`)
  return name ? zip.bytes(name, MAX_METADATA_BYTES) : undefined
}

async function inspectYanked(source: ImportSource, fileName: string): Promise<Inspection> {
  const packageName = fileName.slice(0, -YANKED_SUFFIX.length)
  const named = parseWheelName(packageName) ?? guessSdistName(packageName)
  if (!named) throw new JoineryError('WRONG_KIND', `${source.path}: not beside a package file`)
  if (source.sizeBytes > MAX_YANKED_BYTES) {
    throw new JoineryError('ARCHIVE_TOO_LARGE', `${source.path}: a reason has at most ${MAX_YANKED_BYTES} bytes`)
  }
  const reason = new TextDecoder().decode(await readExactly(source, 0, source.sizeBytes)).trim()
  return { path: `${pathOf(named)}${YANKED_SUFFIX}`, details: { kind: 'yanked', reason } }
}

function pathOf(named: PackageFileName): string {
  return `${named.project}/${named.fileName}`
}

function detailsOf(named: PackageFileName, requiresPython: string | undefined): Inspection['details'] {
  const { kind, project, version } = named
  return { kind, project, version: version.text, ...(requiresPython ? { requiresPython } : {}) }
}
