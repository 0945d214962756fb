import type { CborValue } from '../../../protocols/cbor.ts'
import type { ImportSource, Inspection } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { readExactly } from '../archives/inflate.ts'
import type { CollectionKind } from '../collection-kind.ts'
import { isSystemLeftover } from '../leftovers.ts'
import { lookInside } from './inside.ts'
import { describeInstaller, type Product } from './product.ts'

/** First bytes of the kinds that systems run. A page that was saved in place of the download is how these go wrong. */
const BEGINNINGS: Readonly<Record<string, readonly (readonly number[])[]>> = {
  exe: [[0x4d, 0x5a]],
  msi: [[0xd0, 0xcf, 0x11, 0xe0]],
  pkg: [[0x78, 0x61, 0x72, 0x21]],
  deb: [[0x21, 0x3c, 0x61, 0x72, 0x63, 0x68, 0x3e]],
  rpm: [[0xed, 0xab, 0xee, 0xdb]],
  appimage: [[0x7f, 0x45, 0x4c, 0x46]],
  zip: [
    [0x50, 0x4b, 0x03, 0x04],
    [0x50, 0x4b, 0x05, 0x06]
  ],
  gz: [[0x1f, 0x8b]],
  tgz: [[0x1f, 0x8b]],
  xz: [[0xfd, 0x37, 0x7a, 0x58, 0x5a]]
}

/** `details` of a file: `product`, `version`, `system` (`windows`, `macos`, `linux`), `cpu`, as far as its name says, or else the file itself. */
export const installersKind: CollectionKind = {
  collection: 'installers',
  leftOut(path) {
    if (isSystemLeftover(path)) return 'left behind by a file manager'
    return /(?:^|\/)(?:index\.html?|robots\.txt)$/i.test(path) ? 'a list, which we make ourselves' : undefined
  },
  inspector: { inspect }
}

async function inspect(source: ImportSource): Promise<Inspection> {
  const ending = source.path.slice(source.path.lastIndexOf('.') + 1).toLowerCase()
  const beginnings = Object.hasOwn(BEGINNINGS, ending) ? (BEGINNINGS[ending] ?? []) : []
  if (source.sizeBytes === 0) throw new JoineryError('INSTALLER_MISMATCH', `${source.path}: is empty`)
  if (beginnings.length > 0) {
    const first = await readExactly(source, 0, Math.min(8, source.sizeBytes))
    if (!beginnings.some((bytes) => bytes.every((byte, i) => first[i] === byte))) {
      throw new JoineryError('INSTALLER_MISMATCH', `${source.path}: is not a .${ending} file inside`)
    }
  }
  const named = describeInstaller(source.path)
  const inside = await lookInside(source)
  if (named.cpu !== undefined && inside.system === 'linux' && inside.cpu !== undefined && inside.cpu !== named.cpu) {
    const text = `${source.path}: its name says ${named.cpu}, and the program inside is for ${inside.cpu}`
    throw new JoineryError('INSTALLER_MISMATCH', text)
  }
  // The publisher's name says more than the program that unpacks it.
  return {
    details: {
      ...inside,
      ...(named.isGuess && inside.product ? { ...told(named), product: inside.product } : told(named))
    }
  }
}

function told({ isGuess: _, ...product }: Product): { [key: string]: CborValue } {
  return { ...product }
}
