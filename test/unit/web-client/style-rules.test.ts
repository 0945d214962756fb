/** What a machine can check of the looks: sides are logical, tokens exist, and colours can be read, reckoned with WCAG's own formula. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FILE_HEAD_ADDITION } from '../../../node/mirrors/lessons/page-additions.ts'
import { tokensOf } from '../../../web-client/design/design-page.ts'
import { ICONS, icon } from '../../../web-client/icons.ts'

const TOP = join(import.meta.dirname, '../../../web-client')
const sheets = new Map(
  readdirSync(TOP, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.css'))
    .map((name) => [name, readFileSync(join(TOP, name), 'utf8')])
)
sheets.set('what is added to lessons', FILE_HEAD_ADDITION)
const style = sheets.get('assets/style.css') ?? ''

/** Declarations that name a side of the screen. */
function physicalSides(css: string): string[] {
  const text = css.replace(/\/\*[\s\S]*?\*\//g, '')
  const found = [
    ...text.matchAll(
      /(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-)?(?:left|right)(?:-(?:width|color|style))?\s*:[^;}]*/g
    ),
    ...text.matchAll(/(?<![\w-])(?:float|clear|text-align|caption-side)\s*:\s*(?:left|right)\b/g),
    ...text.matchAll(/(?<![\w-])border-(?:top|bottom)-(?:left|right)-radius\s*:/g)
  ]
  return found.map(([one]) => one.trim())
}

test.each([...sheets])('%s names no left and no right', (_name, css) => {
  expect(physicalSides(css)).toEqual([])
})

test('a sheet that does is found', () => {
  expect(
    physicalSides(
      'a{margin-left:1px;b:c} p { text-align: right } q{left:0} r{border-top-left-radius:1px} .left{color:red}'
    )
  ).toEqual(['margin-left:1px', 'left:0', 'text-align: right', 'border-top-left-radius:'])
  expect(physicalSides('.left { margin-inline-start: 1px } /* left: 0 */ a { transition: left-pad 1s }')).toEqual([])
})

test.each([...sheets])('%s uses tokens that exist', (_name, css) => {
  const defined = new Set(
    [...sheets.values()].flatMap((one) => [...one.matchAll(/(--[a-z0-9-]+)\s*:/g)].map(([, name]) => name))
  )
  // Set by scripts, for each person and each bar.
  const dynamic = /^--person/
  const used = [...css.matchAll(/var\((--[a-z0-9-]+)/g)].map(([, name = '']) => name)
  expect(used.filter((name) => !defined.has(name) && !dynamic.test(name))).toEqual([])
})

describe('colours', () => {
  const looks = {
    light: {},
    dark: rootOf('@media (prefers-color-scheme: dark) {'),
    'more contrast': rootOf('@media (prefers-contrast: more) {'),
    'more contrast, dark': {
      ...rootOf('@media (prefers-color-scheme: dark) {'),
      ...rootOf('@media (prefers-contrast: more) {'),
      ...rootOf('@media (prefers-contrast: more) and (prefers-color-scheme: dark) {')
    }
  }
  const base = Object.fromEntries(tokensOf(style).map(({ name, value }) => [name, value]))
  const pairs: readonly (readonly [text: string, ground: string])[] = [
    ...['card', 'paper', 'code', 'accent-soft'].map((ground) => ['ink', ground] as const),
    ...['card', 'paper'].map((ground) => ['faint', ground] as const),
    ...['card', 'paper', 'accent-soft'].map((ground) => ['accent', ground] as const),
    ['on-accent', 'accent-strong'],
    ['on-accent-faint', 'accent-strong'],
    ...['good', 'wait', 'bad'].map((name) => [name, `${name}-soft`] as const),
    ['bad', 'card']
  ]

  test.each(Object.entries(looks))('%s: text can be read on what it stands on', (look, changed) => {
    const colours: Record<string, string> = { ...base, ...changed }
    const least = look.startsWith('more') ? 7 : 4.5
    for (const [text, ground] of pairs) {
      const ratio = contrast(colours[text] ?? '', colours[ground] ?? '')
      expect(ratio, `--${text} on --${ground}`).toBeGreaterThanOrEqual(least)
    }
  })

  test('each look changes what it has to, and names no colour that does not exist', () => {
    for (const changed of Object.values(looks))
      for (const name of Object.keys(changed)) expect(base).toHaveProperty(name)
    expect(Object.keys(looks.dark)).toContain('ink')
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
    expect(contrast('#777777', '#ffffff')).toBeLessThan(4.5)
  })

  function rootOf(media: string): Record<string, string> {
    const at = style.indexOf(media)
    if (at < 0) throw new Error(`${media} is not in the style sheet`)
    return Object.fromEntries(tokensOf(style.slice(at)).map(({ name, value }) => [name, value]))
  }
})

/** WCAG 2.2, "contrast ratio" and "relative luminance". */
function contrast(one: string, two: string): number {
  const [light, dark] = [luminance(one), luminance(two)].sort((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [, hex = ''] = /^#([0-9a-f]{6})$/i.exec(colour) ?? []
  if (hex === '') throw new Error(`${colour} is no colour`)
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

test('the tokens are those of colour, type, space and motion', () => {
  const names = tokensOf(style).map(({ name }) => name)
  for (const name of ['ink', 'card', 'accent', 'text', 'mono', 'size-text', 'space-1', 'space-6', 'target', 'motion'])
    expect(names).toContain(name)
  expect(tokensOf('p { --no: 1 }')).toEqual([])
})

test('icons are drawn with lines and say nothing to a screen reader', () => {
  for (const name of ICONS)
    expect(icon(name).html).toMatch(
      /^<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="[MmLlHhVvCcSsAaZz0-9 .,-]+"\/><\/svg>$/
    )
})
