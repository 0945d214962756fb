/** An R repository on the internet: the list of one folder, and where its files are. */
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { JoineryError } from '../../../protocols/errors.ts'
import { suffixOf } from '../../mirrors/cran/contrib-path.ts'
import { MAX_PAGE_BYTES } from '../limits.ts'
import type { UpstreamClient } from '../upstream-client.ts'
import { parseRIndex, type RRecord } from './r-index.ts'

export class RRepository {
  readonly #client: Pick<UpstreamClient, 'page'>
  readonly #base: URL
  readonly #lists = new Map<string, Promise<ReadonlyMap<string, readonly RRecord[]> | undefined>>()

  /** @param init.base such as `https://cloud.r-project.org/`; lives as long as one run, since lists are kept */
  constructor(components: { client: Pick<UpstreamClient, 'page'> }, init: { base: URL }) {
    this.#client = components.client
    this.#base = init.base
  }

  /** @param folder `src/contrib` or one of binaries. @returns undefined when the repository has nothing for that R */
  list(folder: string, signal: AbortSignal): Promise<ReadonlyMap<string, readonly RRecord[]> | undefined> {
    const known = this.#lists.get(folder)
    if (known !== undefined) return known
    const list = this.#list(folder, signal)
    this.#lists.set(folder, list)
    return list
  }

  fileName(folder: string, { packageName, version }: RRecord): string {
    return `${packageName}_${version}${suffixOf(folder)}`
  }

  address(folder: string, record: RRecord): URL {
    const below = record.folder === undefined ? '' : `${record.folder}/`
    return new URL(`${folder}/${below}${this.fileName(folder, record)}`, this.#base)
  }

  async #list(folder: string, signal: AbortSignal): Promise<ReadonlyMap<string, readonly RRecord[]> | undefined> {
    const ask = (name: string): Promise<{ bytes: Uint8Array } | undefined> =>
      this.#client.page({ address: new URL(`${folder}/${name}`, this.#base), maxBytes: MAX_PAGE_BYTES, signal })
    const packed = await ask('PACKAGES.gz')
    const bytes = packed ? await unpacked(packed.bytes) : (await ask('PACKAGES'))?.bytes
    return bytes && parseRIndex(new TextDecoder('latin1').decode(bytes))
  }
}

/** Some servers say that the file is packed for the way, and it comes unpacked. */
async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MAX_PAGE_BYTES })
  } catch (cause) {
    throw new JoineryError('UPSTREAM_BROKEN', 'the list of R packages is damaged or far too long', { cause })
  }
}
