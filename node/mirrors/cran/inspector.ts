import type { ImportSource, Inspection } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { readTarGz, SmallFile } from '../archives/tar-gz.ts'
import { openZip } from '../archives/zip.ts'
import type { CollectionKind } from '../collection-kind.ts'
import { isSystemLeftover } from '../leftovers.ts'
import { folderFromBuilt, parseRFileName, type RFileName, splitContribPath, suffixOf } from './contrib-path.ts'
import { type Description, MAX_DESCRIPTION_BYTES, parseDescription } from './description.ts'

/** `details` of a file: `package`, `version`, and `fields`, the rest of its record in PACKAGES by name. */
export const cranKind: CollectionKind = {
  collection: 'cran',
  leftOut(path) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (isSystemLeftover(path)) return 'left behind by a file manager'
    if (/^(?:PACKAGES(?:\.gz|\.rds|\.json)?|index\.html?|robots\.txt)$/i.test(name))
      return 'an index, which we make ourselves'
    if (/(?:^|\/)src\/contrib\/Meta\//.test(path)) return 'an index, which we make ourselves'
    return undefined
  },
  inspector: { inspect }
}

async function inspect(source: ImportSource): Promise<Inspection> {
  const fileName = source.path.slice(source.path.lastIndexOf('/') + 1)
  const named = parseRFileName(fileName)
  if (!named)
    throw new JoineryError('WRONG_KIND', `${source.path}: not named like an R package (Name_1.0.tar.gz, .zip or .tgz)`)
  const { description, hasCode } = await (named.suffix === '.zip' ? readZip(source, named) : readTar(source, named))
  if (description.packageName !== named.packageName || description.version !== named.version) {
    const inside = `${description.packageName} ${description.version}`
    throw new JoineryError('PACKAGE_MISMATCH', `${source.path}: the DESCRIPTION inside says ${inside}`)
  }
  const fields = Object.fromEntries(description.fields)
  if (!description.fields.has('NeedsCompilation')) fields.NeedsCompilation = hasCode ? 'yes' : 'no'
  return {
    path: `${folderOf(source, named, description)}/${fileName}`,
    details: { package: named.packageName, version: named.version, fields }
  }
}

/** The folder that it lay in; sub-folders of that (`Archive/…`, `4.4.0/Recommended`) are views that the mirror makes itself. */
function folderOf(source: ImportSource, named: RFileName, description: Description): string {
  const lay = splitContribPath(source.path)
  const built = description.fields.get('Built')
  const folder =
    lay?.folder ??
    (built !== undefined
      ? folderFromBuilt(built, named.suffix)
      : named.suffix === '.tar.gz'
        ? 'src/contrib'
        : undefined)
  if (!folder) {
    const example = named.suffix === '.zip' ? 'bin/windows/contrib/4.4' : 'bin/macosx/big-sur-arm64/contrib/4.4'
    throw new JoineryError(
      'PLACE_UNKNOWN',
      `${source.path}: for which R and system is not said in the file; put it in a folder such as ${example}`
    )
  }
  if (suffixOf(folder) !== named.suffix) {
    throw new JoineryError('PLACE_UNKNOWN', `${source.path}: packages in ${folder} end in ${suffixOf(folder)}`)
  }
  return folder
}

interface Found {
  description: Description
  hasCode: boolean
}

async function readTar(source: ImportSource, named: RFileName): Promise<Found> {
  const wanted = `${named.packageName}/DESCRIPTION`
  const file = new SmallFile(`${source.path}: DESCRIPTION`, MAX_DESCRIPTION_BYTES)
  let found = false
  let hasCode = false
  await readTarGz(source, ({ name, kind }) => {
    checkTop(source, named, name)
    hasCode ||= name.startsWith(`${named.packageName}/src/`)
    if (kind !== 'file' || name !== wanted) return undefined
    found = true
    return file.sink
  })
  if (!found) throw lacksDescription(source, wanted)
  return { description: parseDescription(file.bytes(), source.path), hasCode }
}

async function readZip(source: ImportSource, named: RFileName): Promise<Found> {
  const zip = await openZip(source)
  const wanted = `${named.packageName}/DESCRIPTION`
  let found = false
  for (const { name, kind } of zip.entries) {
    checkTop(source, named, name)
    if (kind === 'directory') continue
    found ||= name === wanted
    // R checks no hash: that each file is whole is seen here or never.
    for await (const _ of zip.read(name));
  }
  if (!found) throw lacksDescription(source, wanted)
  const description = parseDescription(await zip.bytes(wanted, MAX_DESCRIPTION_BYTES), source.path)
  return { description, hasCode: zip.entries.some((entry) => entry.name.startsWith(`${named.packageName}/libs/`)) }
}

/** R unpacks into its library: a file beside the package's own folder would land in another package. */
function checkTop(source: ImportSource, named: RFileName, name: string): void {
  if (name === '' || name === named.packageName || name.startsWith(`${named.packageName}/`)) return
  throw new JoineryError(
    'PACKAGE_MISMATCH',
    `${source.path}: has ${JSON.stringify(name.slice(0, 100))} outside of ${named.packageName}/`
  )
}

function lacksDescription(source: ImportSource, wanted: string): JoineryError {
  return new JoineryError('PACKAGE_UNREADABLE', `${source.path}: has no ${wanted}`)
}
