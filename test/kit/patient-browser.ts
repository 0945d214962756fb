/** A browser that waits as long as the other tests do: half a minute, which is its own limit, is short where many programs want the processor. */
import { type Browser, type BrowserType, chromium } from 'playwright-core'
import { PATIENCE_MS } from './child.ts'

export async function launchPatiently(options: Parameters<BrowserType['launch']>[0]): Promise<Browser> {
  const browser = await chromium.launch({ timeout: PATIENCE_MS, ...options })
  const newContext = browser.newContext.bind(browser)
  // `browser.newPage` makes its context by this, too.
  browser.newContext = async (...init) => {
    const context = await newContext(...init)
    context.setDefaultTimeout(PATIENCE_MS)
    return context
  }
  return browser
}
