/** pip, R and a lesson, asked for as their clients do: the index first, then what it names, hashed to the last byte. */
import { sameBytes } from '../../../protocols/cbor.ts'
import { digestOfCid } from '../../../protocols/cid.ts'
import type { ContentFile, ContentIndex } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import type { HttpVisitor } from './http-visitor.ts'

/** Enough to try: a check must not copy a whole distribution through every device. */
export const MAX_TRIED_BYTES = 64 * 2 ** 20

/** Each gives what it tried, or undefined when there is nothing of that kind. @throws when it does not work */
export type PackageStep = (visitor: HttpVisitor, origin: string, content: ContentIndex) => Promise<string | undefined>

export const tryPip: PackageStep = async (visitor, origin, content) => {
  const file = smallest(content, 'pypi', (path) => path.endsWith('.whl') || path.endsWith('.tar.gz'))
  if (!file) return undefined
  const [project = '', name = ''] = file.path.split('/')
  const index = await visitor.text(`${origin}/pypi/simple/${encodeURIComponent(project)}/`, {
    headers: { accept: 'text/html', 'user-agent': 'pip/24.0' }
  })
  const links = [...index.matchAll(/<a[^>]* href="([^"]+)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'))
  const link = links.find((href) => decodeURIComponent(href.split('#')[0] ?? '').endsWith(`/${name}`))
  if (link === undefined) throw new JoineryError('NOT_FOUND', `the index of ${project} does not name ${name}`)
  const address = new URL(link, `${origin}/pypi/simple/${project}/`)
  await fetchWhole(visitor, `${address.origin}${address.pathname}`, file)
  return name
}

export const tryR: PackageStep = async (visitor, origin, content) => {
  const file = smallest(content, 'cran', (path) => path.startsWith('src/contrib/') && path.endsWith('.tar.gz'))
  if (!file) return undefined
  const name = file.path.slice(file.path.lastIndexOf('/') + 1)
  const [wanted = ''] = name.split('_')
  const index = await visitor.text(`${origin}/cran/src/contrib/PACKAGES`)
  if (!index.split('\n').includes(`Package: ${wanted}`))
    throw new JoineryError('NOT_FOUND', `PACKAGES does not name ${wanted}`)
  await fetchWhole(visitor, `${origin}/cran/${file.path.split('/').map(encodeURIComponent).join('/')}`, file)
  return name
}

export const tryLesson =
  (href: string | undefined): PackageStep =>
  async (visitor, origin) => {
    if (href === undefined) return undefined
    const page = await visitor.text(`${origin}${href}`, { headers: { accept: 'text/html' } })
    if (!/<html|<body|<!doctype/i.test(page)) throw new JoineryError('NOT_FOUND', `${href} is no page`)
    return href
  }

function smallest(content: ContentIndex, collection: string, fits: (path: string) => boolean): ContentFile | undefined {
  let best: ContentFile | undefined
  for (const file of content.list(collection)) {
    if (file.sizeBytes > MAX_TRIED_BYTES || !fits(file.path)) continue
    if (!best || file.sizeBytes < best.sizeBytes) best = file
  }
  return best
}

/** R does not check hashes, so the check does. */
async function fetchWhole(visitor: HttpVisitor, address: string, file: ContentFile): Promise<void> {
  const { digest, bytes } = await visitor.digest(address)
  if (bytes !== file.sizeBytes || !sameBytes(digest, digestOfCid(file.cid)))
    throw new JoineryError('MALFORMED', `${file.path} came with other bytes`)
}
