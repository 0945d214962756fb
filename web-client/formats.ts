/** Numbers as people read them. */
import type { Language } from './languages.ts'

/** One for each language and kind: making one costs a phone as much as a hundred numbers. */
const formats = new Map<string, Intl.NumberFormat>()

function formatIn(language: Language, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  const key = `${language} ${options.maximumFractionDigits} ${options.unit}`
  let format = formats.get(key)
  if (format === undefined) {
    format = new Intl.NumberFormat(language, options)
    formats.set(key, format)
  }
  return format
}

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
  const number = formatIn(language, { maximumFractionDigits: digits }).format(value)
  return `${number}\u00a0${UNITS[unit]}`
}

/** `5 minutes`, `2 hours`, in the words of the language: rounded up, for nobody waits by the second. */
export function formatTime(ms: number, language: Language): string {
  const minutes = Math.max(1, Math.ceil(ms / 60_000))
  const [value, unit] = minutes < 100 ? [minutes, 'minute'] : [Math.ceil(minutes / 60), 'hour']
  return formatIn(language, { style: 'unit', unit, unitDisplay: 'long' }).format(value)
}

export function formatCount(count: number, language: Language): string {
  return formatIn(language).format(count)
}

/** 0 to 100 without rounding up to a hundred before all is there. */
export function percent(part: number, whole: number): number {
  if (whole <= 0) return 100
  return Math.min(100, Math.max(0, Math.floor((part / whole) * 100)))
}
