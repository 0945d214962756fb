import { isCid } from '../../../protocols/cid.ts'
import type { BlobRef, ContentFile, ContentIndex } from '../../../protocols/content.ts'
import { sizeDetail, textDetail } from '../package-details.ts'
import { sha256Of } from '../sha256-text.ts'
import { guessSdistName, normalizeName, parseWheelName } from './file-name.ts'
import { compareVersions, type Version } from './version.ts'

export interface ProjectFile {
  file: ContentFile
  fileName: string
  /** Hexadecimal. */
  sha256: string
  version: Version
  requiresPython?: string
  metadata?: BlobRef
  /** The reason, which may be empty. */
  yanked?: string
}

/** All files of a project, oldest version first; empty when the room has none. */
export function projectFiles(index: ContentIndex, project: string): ProjectFile[] {
  const yanked = new Map<string, string>()
  const files: ProjectFile[] = []
  for (const file of index.list('pypi', `${project}/`)) {
    const fileName = file.path.slice(project.length + 1)
    if (fileName.endsWith('.yanked')) yanked.set(fileName.slice(0, -'.yanked'.length), textDetail(file, 'reason') ?? '')
    const named = parseWheelName(fileName) ?? guessSdistName(fileName)
    if (named?.project !== project) continue
    const requiresPython = textDetail(file, 'requiresPython')
    const metadata = metadataOf(file)
    files.push({
      file,
      fileName,
      sha256: sha256Of(file.cid),
      version: named.version,
      ...(requiresPython ? { requiresPython } : {}),
      ...(metadata ? { metadata } : {})
    })
  }
  for (const found of files) {
    const reason = yanked.get(found.fileName)
    if (reason !== undefined) found.yanked = reason
  }
  return files.sort((a, b) => compareVersions(a.version, b.version) || (a.fileName < b.fileName ? -1 : 1))
}

/** Names of all projects that have a file, in byte order. */
export function projectNames(index: ContentIndex): string[] {
  const names = new Set<string>()
  for (const file of index.list('pypi')) {
    const name = file.path.slice(0, Math.max(0, file.path.indexOf('/')))
    if (normalizeName(name) === name && !file.path.endsWith('.yanked')) names.add(name)
  }
  return [...names]
}

export function metadataOf(file: ContentFile): BlobRef | undefined {
  const cid = textDetail(file, 'metadata')
  const sizeBytes = sizeDetail(file, 'metadataBytes')
  return cid !== undefined && sizeBytes !== undefined && isCid(cid) ? { cid, sizeBytes } : undefined
}
