import type { CborValue } from '../../protocols/cbor.ts'
import type { ContentFile } from '../../protocols/content.ts'

/**
 * What an inspector wrote down, read again. It may have been written by another device with another release,
 * so that nothing about its types is taken for granted.
 */
export function textDetail(file: ContentFile, name: string): string | undefined {
  const value: CborValue | undefined = file.details[name]
  return typeof value === 'string' ? value : undefined
}

export function sizeDetail(file: ContentFile, name: string): number | undefined {
  const value: CborValue | undefined = file.details[name]
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
