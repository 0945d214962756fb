/** The pages of a simple repository: PEP 503, 592, 629, 658, 691, 700, 714. */
import { encodePath, escapeHtml } from '../markup.ts'
import { sha256Of } from '../sha256-text.ts'
import type { ProjectFile } from './project.ts'

/** The version that has sizes and the list of versions (PEP 700). */
const API_VERSION = '1.1'

/** @param announced whether the file's metadata can be had now: pip takes a promise that is not kept for an error */
export type Announced = (file: ProjectFile) => boolean

/**
 * `core-metadata` only: a `dist-info-metadata` that is an object makes pip 23.0 fail.
 *
 * @param up relative reference to the folder that `files/` is in, such as `../../`
 */
export function projectJson(project: string, files: readonly ProjectFile[], up: string, announced: Announced): string {
  return JSON.stringify({
    meta: { 'api-version': API_VERSION },
    name: project,
    versions: [...new Set(files.map((file) => file.version.text))],
    files: files.map((file) => ({
      filename: file.fileName,
      url: fileReference(file, up),
      hashes: { sha256: file.sha256 },
      size: file.file.sizeBytes,
      ...(file.requiresPython ? { 'requires-python': file.requiresPython } : {}),
      ...(file.metadata && announced(file) ? { 'core-metadata': { sha256: sha256Of(file.metadata.cid) } } : {}),
      ...(file.yanked === undefined ? {} : { yanked: file.yanked === '' ? true : file.yanked })
    }))
  })
}

export function projectHtml(project: string, files: readonly ProjectFile[], up: string, announced: Announced): string {
  const lines = files.map((file) => {
    const attributes = [`href="${escapeHtml(`${fileReference(file, up)}#sha256=${file.sha256}`)}"`]
    if (file.requiresPython) attributes.push(`data-requires-python="${escapeHtml(file.requiresPython)}"`)
    if (file.metadata && announced(file)) {
      const hash = `sha256=${sha256Of(file.metadata.cid)}`
      attributes.push(`data-core-metadata="${hash}"`, `data-dist-info-metadata="${hash}"`)
    }
    if (file.yanked !== undefined) attributes.push(`data-yanked="${escapeHtml(file.yanked)}"`)
    return `<a ${attributes.join(' ')}>${escapeHtml(file.fileName)}</a><br>`
  })
  return page(`Links for ${project}`, lines)
}

export function namesJson(names: readonly string[]): string {
  return JSON.stringify({ meta: { 'api-version': API_VERSION }, projects: names.map((name) => ({ name })) })
}

export function namesHtml(names: readonly string[]): string {
  return page(
    'Python packages in this room',
    names.map((name) => `<a href="${encodePath(name)}/">${escapeHtml(name)}</a><br>`)
  )
}

/** `files/<cid>/<project>/<file name>`: another version of the file has another address, so that these may be kept for ever. */
function fileReference({ file }: ProjectFile, up: string): string {
  return `${up}files/${file.cid}/${encodePath(file.path)}`
}

function page(title: string, lines: readonly string[]): string {
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta name="pypi:repository-version" content="${API_VERSION}">`,
    `<title>${escapeHtml(title)}</title></head><body>`,
    `<h1>${escapeHtml(title)}</h1>`,
    ...lines,
    '</body></html>\n'
  ].join('\n')
}
