import type { ContentIndex } from '../../../protocols/content.ts'
import { textDetail } from '../package-details.ts'

export interface Lesson {
  /** A folder with `/` at the end, or a page. */
  path: string
  title: string
}

/** The front pages: an `index.html` with none above it, or the page that a crawler put beside a folder without one. */
export function lessonsOf(index: ContentIndex): Lesson[] {
  const fronts = new Set<string>()
  const candidates: { folder: string; page: string; title: string | undefined }[] = []
  for (const file of index.list('lessons')) {
    const folder = frontOf(file.path)
    if (folder === undefined) continue
    fronts.add(folder)
    candidates.push({ folder, page: file.path, title: textDetail(file, 'title') })
  }
  return candidates
    .filter(({ folder, page }) => !hasFrontAbove(folder, fronts) && isFront(index, folder, page))
    .map(({ folder, page, title }) => ({
      path: page === `${folder}index.html` ? folder : page,
      title: title ?? folder.slice(0, -1)
    }))
}

/** At most two folders deep: `<lesson>/index.html`, `<source>/<lesson>/index.html`, `<source>/<lesson>.html`. */
function frontOf(path: string): string | undefined {
  const depth = path.split('/').length
  if (depth >= 2 && depth <= 3 && path.endsWith('/index.html')) return path.slice(0, -'index.html'.length)
  if (depth <= 2 && path.endsWith('.html')) return `${path.slice(0, -'.html'.length)}/`
  return undefined
}

function isFront(index: ContentIndex, folder: string, page: string): boolean {
  if (page === `${folder}index.html`) return true
  if (index.get('lessons', `${folder}index.html`)) return false
  for (const _ of index.list('lessons', folder)) return true
  return false
}

function hasFrontAbove(folder: string, fronts: ReadonlySet<string>): boolean {
  const slash = folder.slice(0, -1).lastIndexOf('/')
  return slash > 0 && fronts.has(folder.slice(0, slash + 1))
}
