import { attachmentNamed } from '../../../protocols/attachment.ts'
import type { ContentFile, ContentIndex, Mirror, MirrorAnswer, MirrorRequest } from '../../../protocols/content.ts'
import { renderProgramsPage } from '../../../web-client/lists/list-pages.ts'
import { UNKNOWN_TYPE } from '../content-type.ts'
import { pageOf } from '../page-cache.ts'
import { languageOf } from '../visitor-language.ts'
import { installerRows } from './rows.ts'
import { visitorOf } from './visitor.ts'

const HEADERS = { 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' }

/** Answers below `/installers`: the list (HTML, or JSON for who asks for it), what fits the visitor's system first, and the files as downloads. */
export function createInstallersMirror({ index }: { index: ContentIndex }): Mirror {
  return {
    async answer(request) {
      const path = request.path.replace(/^\//, '')
      if (path === '') return list(index, request)
      const file = index.get('installers', path)
      return file ? download(file) : { kind: 'missing' }
    }
  }
}

function list(index: ContentIndex, request: MirrorRequest): MirrorAnswer {
  const rows = installerRows(index, visitorOf(request.headers))
  const asJson = /\bapplication\/json\b/i.test(request.headers.accept ?? '') || request.query.get('format') === 'json'
  const text = asJson ? JSON.stringify({ installers: rows }) : renderProgramsPage(rows, languageOf(request))
  const { bytes, etag } = pageOf(text)
  return {
    kind: 'bytes',
    bytes,
    contentType: asJson ? 'application/json' : 'text/html; charset=utf-8',
    etag,
    headers: { ...HEADERS, vary: 'Accept, Accept-Language, User-Agent, Sec-CH-UA-Platform, Sec-CH-UA-Arch' }
  }
}

/** Always a download: nothing in this collection is a page of ours. */
function download(file: ContentFile): MirrorAnswer {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1)
  const headers = { ...HEADERS, 'content-disposition': attachmentNamed(name) }
  return { kind: 'file', file, contentType: UNKNOWN_TYPE, headers }
}
