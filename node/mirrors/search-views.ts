/** What the search needs of the collections: pages that are worth finding, their words, and names. */
import type { BlobReader, ContentFile, ContentIndex } from '../../protocols/content.ts'
import { contentTypeOf } from './content-type.ts'
import { MAX_REWRITE_BYTES } from './lessons/limits.ts'
import { type PageText, pageText } from './lessons/page-text.ts'
import { textDetail } from './package-details.ts'
import { projectNames } from './pypi/project.ts'

/** Pages that say again what other ones say, as the themes of lessons make them: for instructors, all in one, lists of figures. */
const SAID_AGAIN = /(?:^|\/)(?:instructor\/.*|aio\.html|404\.html|images\.html|key-points\.html)$/

export function createSearchViews({ index, blobs }: { index: ContentIndex; blobs: BlobReader }) {
  let names: { revisions: string; python: string[]; r: string[] } | undefined
  return {
    revision: (): string => index.revision('lessons'),

    *pages(): Generator<ContentFile> {
      for (const file of index.list('lessons')) {
        const isPage = contentTypeOf(file.path) === 'text/html' && file.sizeBytes <= MAX_REWRITE_BYTES
        if (isPage && !SAID_AGAIN.test(file.path)) yield file
      }
    },

    isHere: (file: ContentFile): boolean => blobs.hasLocally(file.cid),

    async read(file: ContentFile, maxWords: number, signal: AbortSignal): Promise<PageText> {
      const bytes = await blobs.bytes(file, MAX_REWRITE_BYTES, signal)
      return pageText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'), maxWords)
    },

    names() {
      const revisions = `${index.revision('pypi')} ${index.revision('cran')}`
      if (names?.revisions !== revisions) names = { revisions, python: projectNames(index), r: rNames(index) }
      const installers = [...index.list('installers')].map((file) => {
        const version = textDetail(file, 'version')
        return { name: textDetail(file, 'product') ?? file.path, ...(version ? { version } : {}), path: file.path }
      })
      return { python: names.python, r: names.r, installers }
    }
  }
}

function rNames(index: ContentIndex): string[] {
  const found = new Set<string>()
  for (const file of index.list('cran')) {
    const name = textDetail(file, 'package')
    if (name !== undefined) found.add(name)
  }
  return [...found].sort()
}
