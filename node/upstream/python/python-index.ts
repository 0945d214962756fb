/** A Python package index on the internet, page by page: nothing but PEP 503 and 691, so that any index will do. */
import { BoundedMap } from '../../../protocols/bounded-map.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { sha256 } from '../../platform/hash.ts'
import { MAX_HTML_BYTES, MAX_KEPT_PAGES, MAX_METADATA_BYTES, MAX_PAGE_BYTES } from '../limits.ts'
import type { UpstreamClient } from '../upstream-client.ts'
import { type IndexFile, parseSimpleHtml, parseSimpleJson } from './simple-index.ts'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const ACCEPT = `${JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01`

export class PythonIndex {
  readonly #client: Pick<UpstreamClient, 'page'>
  readonly #base: URL
  readonly #pages = new BoundedMap<string, Promise<readonly IndexFile[] | undefined>>(MAX_KEPT_PAGES)

  /** @param init.base such as `https://pypi.org/simple/`; lives as long as one run, since pages are kept */
  constructor(components: { client: Pick<UpstreamClient, 'page'> }, init: { base: URL }) {
    this.#client = components.client
    this.#base = init.base
  }

  /** @param project normalized. @returns undefined when the index knows no such project */
  files(project: string, signal: AbortSignal): Promise<readonly IndexFile[] | undefined> {
    const known = this.#pages.get(project)
    if (known !== undefined) return known
    const page = this.#page(project, signal)
    this.#pages.set(project, page)
    return page
  }

  /** @returns undefined when the index keeps none beside the file. @throws JoineryError `WANT_HASH_WRONG` */
  async metadata(file: IndexFile, signal: AbortSignal): Promise<Uint8Array | undefined> {
    if (file.metadataSha256 === undefined) return undefined
    const address = new URL(`${file.address.href}.metadata`)
    const page = await this.#client.page({ address, maxBytes: MAX_METADATA_BYTES, signal })
    if (page && Buffer.from(sha256(page.bytes)).toString('hex') !== file.metadataSha256)
      throw new JoineryError('WANT_HASH_WRONG', `the metadata of ${file.fileName} is not what the index names`)
    return page?.bytes
  }

  async #page(project: string, signal: AbortSignal): Promise<readonly IndexFile[] | undefined> {
    const asked = new URL(`${project}/`, this.#base)
    const page = await this.#client.page({ address: asked, accept: ACCEPT, maxBytes: MAX_PAGE_BYTES, signal })
    if (!page) return undefined
    const { bytes, contentType, address } = page
    if (contentType === JSON_TYPE) return parseSimpleJson(new TextDecoder().decode(bytes), address, project)
    if (contentType !== 'text/html' && contentType !== 'application/vnd.pypi.simple.v1+html')
      throw new JoineryError('UPSTREAM_BROKEN', `the page of ${project} is none of an index`)
    if (bytes.length > MAX_HTML_BYTES)
      throw new JoineryError('UPSTREAM_BROKEN', `the page of ${project} is far too long`)
    // The tokenizer works on bytes.
    return parseSimpleHtml(Buffer.from(bytes).toString('latin1'), address, project)
  }
}
