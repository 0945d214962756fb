import type {
  BlobReader,
  ContentFile,
  ContentIndex,
  Mirror,
  MirrorAnswer,
  MirrorRequest
} from '../../../protocols/content.ts'
import { contentTypeOf } from '../content-type.ts'
import { relativeReference } from '../markup.ts'

/**
 * A lesson is somebody else's code: without `allow-same-origin` it has an origin of its own, so that it cannot use the session, the storage or
 * the address of the room's own pages, and cannot install a service worker. It may still ask for its own files (search, fonts), which needs the CORS header.
 */
const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy': 'sandbox allow-scripts allow-forms allow-popups allow-downloads',
  'x-content-type-options': 'nosniff',
  'access-control-allow-origin': '*'
}

export function createLessonsMirror(components: { index: ContentIndex; blobs: BlobReader }): Mirror {
  const { index } = components
  return {
    async answer(request: MirrorRequest): Promise<MirrorAnswer> {
      const path = request.path.replace(/^\/+/, '')
      if (path === '' || path.endsWith('/')) {
        const file = index.get('lessons', `${path}index.html`)
        return file ? asFile(file) : { kind: 'missing' }
      }
      const file = index.get('lessons', path)
      if (file) return asFile(file)
      if (index.get('lessons', `${path}/index.html`)) {
        return {
          kind: 'redirect',
          location: `${relativeReference(path.slice(path.lastIndexOf('/') + 1))}/`,
          permanent: false
        }
      }
      return { kind: 'missing' }
    }
  }
}

function asFile(file: ContentFile): MirrorAnswer {
  return { kind: 'file', file, contentType: contentTypeOf(file.path), headers: HEADERS }
}
