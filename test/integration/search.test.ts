/** Searching a real device, in a browser without scripts: from the first page to the place in the lesson. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { joinery, NodeProcess } from '../kit/node-process.ts'
import { openBrowser } from '../kit/real-clients.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'

let folder: TemporaryFolder
let node: NodeProcess
let browser: Browser

beforeAll(async () => {
  folder = temporaryFolder()
  const lesson = join(folder.path, 'workshop/lessons/software-carpentry/aves')
  mkdirSync(lesson, { recursive: true })
  const page = (title: string, body: string): string =>
    `<!DOCTYPE html><html lang="es"><head><meta charset="utf-8"><title>${title}</title></head><body><nav>Menú</nav><main>${body}</main></body></html>`
  writeFileSync(join(lesson, 'index.html'), page('Las aves', '<h1>Las aves</h1><p><a href="02.html">Sigue</a></p>'))
  writeFileSync(
    join(lesson, '02.html'),
    page(
      'Aves que corren',
      `<h1>Aves que corren</h1>${'<p>Relleno.</p>'.repeat(80)}<h2 id="nandu">El ñandú</h2><p>El ñandú &lt;b&gt; corre por la pampa.</p>`
    )
  )
  const place = { data: join(folder.path, 'data') }
  await joinery(place, ['init', '--name', 'Sala 3'])
  await joinery(place, ['import', join(folder.path, 'workshop')])
  node = await NodeProcess.start(place)
  browser = await openBrowser(join(folder.path, 'browser'))
})
afterAll(async () => {
  await browser?.close()
  await node?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

test('a learner types a word without its accents and comes to the place in the lesson', async () => {
  const page = await (await browser.newContext({ javaScriptEnabled: false, locale: 'es' })).newPage()
  await page.goto(node.address)
  await page.getByRole('searchbox').fill('NANDU')
  await page.getByRole('button', { name: 'Buscar' }).click()
  expect(await page.locator('.hits > li').count()).toBe(1)
  expect(await page.locator('.hits mark').allTextContents()).toEqual(['ñandú', 'ñandú'])
  expect(await page.locator('.hits').textContent()).toContain('El ñandú <b> corre por la pampa.')
  await page.getByRole('link', { name: 'Aves que corren › El ñandú' }).click()
  expect(page.url()).toMatch(/\/lessons\/software-carpentry\/aves\/02\.html#nandu$/)
  await page.goBack()
  await page.getByRole('searchbox').fill('<script>alert(1)</script>')
  await page.keyboard.press('Enter')
  await page.waitForURL(/q=%3Cscript/)
  expect(await page.locator('h2').first().textContent()).toBe('Nada en esta sala tiene «<script>alert(1)</script>».')
})
