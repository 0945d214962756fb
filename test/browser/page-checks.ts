/** What each page of ours is checked for in a real browser, and where its picture is kept. */
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import { launchPatiently } from '../kit/patient-browser.ts'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
export const PHONE = { width: 360, height: 780 }
export const DESKTOP = { width: 1280, height: 900 }
/** WCAG 2.2 AA and what axe calls best practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

export function launchChromium(): Promise<Browser> {
  return launchPatiently({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update']
  })
}

export async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(await readAxe())
  return await page.evaluate(async (values) => {
    const axe = (
      globalThis as unknown as {
        axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
      }
    ).axe
    const { violations } = await axe.run({ runOnly: { type: 'tag', values } })
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`))
  }, RULES)
}

let axe: string | undefined
async function readAxe(): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  axe ??= await readFile(AXE, 'utf8')
  return axe
}

/**
 * Accessible and no wider than the screen: on a desktop and a phone, light and dark. Keeps a picture of the desktop in light and of the phone
 * in dark as `<folder>/<name>-….png` in test-output.
 */
export async function checkLook(page: Page, folder: string, name: string): Promise<void> {
  const pictures = join(import.meta.dirname, '../../test-output', folder)
  await mkdir(pictures, { recursive: true })
  for (const [viewport, colorScheme, look] of [
    [DESKTOP, 'light', 'light'],
    [PHONE, 'dark', 'phone']
  ] as const) {
    await page.setViewportSize(viewport)
    // Colours that fade into one another are neither's half way.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    // What comes in turns has come.
    await page.evaluate(async () => {
      await Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => undefined)))
    })
    // What is not in sight is looked at too.
    await page.evaluate(() => {
      for (const one of document.querySelectorAll<HTMLElement>('*'))
        if (getComputedStyle(one).contentVisibility === 'auto') one.style.contentVisibility = 'visible'
    })
    expect(await violationsOn(page), `${name} (${look})`).toEqual([])
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width, `${name} is wider than a ${look} screen`).toBeLessThanOrEqual(viewport.width)
    await page.screenshot({ path: join(pictures, `${name}-${look}.png`), fullPage: true })
  }
}
