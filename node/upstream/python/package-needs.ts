/** What a downloaded package needs, where the index says nothing of it: read from inside, with the readers that the import uses. */
import type { ImportSource } from '../../../protocols/content.ts'
import { readTarGz, SmallFile } from '../../mirrors/archives/tar-gz.ts'
import { openZip } from '../../mirrors/archives/zip.ts'
import { MAX_METADATA_BYTES } from '../limits.ts'
import { buildRequirements, requirementsOf } from './package-metadata.ts'
import type { Requirement } from './requirement.ts'

/** @throws JoineryError of the archive readers */
export async function wheelNeeds(source: ImportSource): Promise<Requirement[]> {
  const zip = await openZip(source)
  const metadata = zip.entries.find(({ name }) => /^[^/]+\.dist-info\/METADATA$/.test(name))
  return metadata ? requirementsOf(await zip.bytes(metadata.name, MAX_METADATA_BYTES)) : []
}

/** Also what it takes to build it. @throws JoineryError of the archive readers */
export async function sourceNeeds(source: ImportSource): Promise<Requirement[]> {
  const { info, pyproject } = await (source.path.toLowerCase().endsWith('.zip') ? fromZip(source) : fromTar(source))
  return [...(info ? requirementsOf(info) : []), ...buildRequirements(pyproject)]
}

interface Inside {
  info: Uint8Array | undefined
  pyproject: Uint8Array | undefined
}

async function fromZip(source: ImportSource): Promise<Inside> {
  const zip = await openZip(source)
  const bytes = async (name: RegExp): Promise<Uint8Array | undefined> => {
    const entry = zip.entries.find((one) => name.test(one.name))
    return entry && (await zip.bytes(entry.name, MAX_METADATA_BYTES))
  }
  return { info: await bytes(/^[^/]+\/PKG-INFO$/), pyproject: await bytes(/^[^/]+\/pyproject\.toml$/) }
}

async function fromTar(source: ImportSource): Promise<Inside> {
  const found = new Map<string, SmallFile>()
  await readTarGz(source, ({ name, kind }) => {
    const inside = /^[^/]+\/(PKG-INFO|pyproject\.toml)$/.exec(name)?.[1]
    if (kind !== 'file' || inside === undefined || found.has(inside)) return undefined
    const file = new SmallFile(`${source.path}: ${inside}`, MAX_METADATA_BYTES)
    found.set(inside, file)
    return file.sink
  })
  return { info: found.get('PKG-INFO')?.bytes(), pyproject: found.get('pyproject.toml')?.bytes() }
}
