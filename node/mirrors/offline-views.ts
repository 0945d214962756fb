/**
 * The collections as plain files for who has no server: pip with `--index-url file:///…/simple` or `--find-links`, R with `repos = "file:///…"`,
 * a browser with `file:///…/index.html`.
 */
import type { BlobReader, ContentFile, ContentIndex } from '../../protocols/content.ts'
import type { LearnerSystem } from '../../protocols/stick.ts'
import { contentTypeOf } from './content-type.ts'
import { isContribFolder } from './cran/contrib-path.ts'
import { contribFolders, indexedFiles, packagesIndex } from './cran/packages-index.ts'
import { type Lesson, lessonsOf } from './lessons/lesson-list.ts'
import { MAX_REWRITE_BYTES } from './lessons/limits.ts'
import { rewritePage } from './lessons/page-rewriter.ts'
import { SiteMap } from './lessons/site-map.ts'
import { encodePath, escapeHtml } from './markup.ts'
import { type ProjectFile, projectFiles, projectNames } from './pypi/project.ts'

export type OfflineViews = ReturnType<typeof createOfflineViews>

/** Where R of a system looks beside `src/contrib`. */
const R_FOLDERS: Readonly<Record<LearnerSystem, string | undefined>> = {
  windows: 'bin/windows/',
  macos: 'bin/macosx/',
  linux: undefined
}
/** The platform part of a wheel's tags (PEP 425, 600, 656) begins so. */
const WHEEL_PLATFORMS: Readonly<Record<LearnerSystem, RegExp>> = {
  windows: /^win/,
  macos: /^macosx/,
  linux: /^(?:linux|manylinux|musllinux)/
}

export interface OfflineViewsComponents {
  index: ContentIndex
  blobs: Pick<BlobReader, 'bytes'>
}

export function createOfflineViews({ index, blobs }: OfflineViewsComponents) {
  let sites: { revision: string; map: SiteMap } | undefined

  function pythonFiles(project: string, system: LearnerSystem): ProjectFile[] {
    return projectFiles(index, project).filter(({ fileName }) => suits(fileName, system))
  }

  return {
    lessons: (): Lesson[] => lessonsOf(index),

    /** Whether `lessonPage` makes something else of it than it is. */
    isPage: (file: ContentFile): boolean =>
      file.collection === 'lessons' && contentTypeOf(file.path) === 'text/html' && file.sizeBytes <= MAX_REWRITE_BYTES,

    /** @param fileAddress see `RewriteInit` */
    async lessonPage(file: ContentFile, fileAddress: (local: string) => string): Promise<Uint8Array> {
      const revision = index.revision('lessons')
      if (sites?.revision !== revision) sites = { revision, map: new SiteMap(index) }
      const { map } = sites
      const original = await blobs.bytes(file, MAX_REWRITE_BYTES)
      // UTF-16, as the mirror says.
      if (original[0] === 0xff || original[0] === 0xfe) return original
      const page = Buffer.from(original.buffer, original.byteOffset, original.length).toString('latin1')
      const rewritten = rewritePage(page, map, { path: file.path, mount: '/lessons/', fileAddress })
      return Buffer.from(rewritten, 'latin1')
    },

    /** Projects that have a file for this system, in byte order. */
    pythonProjects: (system: LearnerSystem): string[] =>
      projectNames(index).filter((project) => pythonFiles(project, system).length > 0),

    /** Wheels for this system or for any, and source distributions. */
    pythonFiles: (project: string, system: LearnerSystem): ContentFile[] =>
      pythonFiles(project, system).map(({ file }) => file),

    /** PEP 503. @param folder of the packages, from the page's own */
    pythonPage(project: string, system: LearnerSystem, folder: string): string {
      const links = pythonFiles(project, system).map(({ fileName, sha256, requiresPython, yanked }) => {
        const attributes = [`href="${escapeHtml(`${folder}${encodePath(fileName)}#sha256=${sha256}`)}"`]
        if (requiresPython) attributes.push(`data-requires-python="${escapeHtml(requiresPython)}"`)
        if (yanked !== undefined) attributes.push(`data-yanked="${escapeHtml(yanked)}"`)
        return `<a ${attributes.join(' ')}>${escapeHtml(fileName)}</a><br>`
      })
      return listPage(`Links for ${project}`, links)
    },

    pythonNamesPage: (projects: readonly string[]): string =>
      listPage(
        'Python packages',
        projects.map((name) => `<a href="${encodePath(name)}/index.html">${escapeHtml(name)}</a><br>`)
      ),

    /** `src/contrib` and the folders of this system's binaries. */
    rFolders: (system: LearnerSystem): string[] =>
      contribFolders(index).filter((folder) => {
        const own = R_FOLDERS[system]
        return isContribFolder(folder) && (folder === 'src/contrib' || (own !== undefined && folder.startsWith(own)))
      }),

    rIndex: (folder: string): string => packagesIndex(index, folder),
    rFiles: (folder: string): ContentFile[] => indexedFiles(index, folder)
  }
}

function suits(fileName: string, system: LearnerSystem): boolean {
  if (!fileName.endsWith('.whl')) return true
  const platforms = fileName.slice(fileName.lastIndexOf('-') + 1, -'.whl'.length).split('.')
  return platforms.some((platform) => platform === 'any' || WHEEL_PLATFORMS[system].test(platform))
}

function listPage(title: string, lines: readonly string[]): string {
  const head = `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head><body>`
  return [head, `<h1>${escapeHtml(title)}</h1>`, ...lines, '</body></html>\n'].join('\n')
}
