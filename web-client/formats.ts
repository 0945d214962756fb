/** Numbers as people read them. */
import type { Language } from './languages.ts'

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `1.4 GB`, with the decimal mark of the language; powers of 1,000 as on the label of an SD card. */
export function formatBytes(bytes: number, language: Language): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : value >= 9.95 ? 0 : 1
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value)
  return `${number}\u00a0${UNITS[unit]}`
}

export function formatCount(count: number, language: Language): string {
  return new Intl.NumberFormat(language).format(count)
}

/** 0 to 100 without rounding up to a hundred before all is there. */
export function percent(part: number, whole: number): number {
  if (whole <= 0) return 100
  return Math.min(100, Math.max(0, Math.floor((part / whole) * 100)))
}
