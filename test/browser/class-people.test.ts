/** The people of a class in a real browser, on two real devices of one room: who is here, who may sign up, whose name it is. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { joinery, joineryJson, NodeProcess, operationsOf } from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { checkLook, launchChromium } from './page-checks.ts'

/** What a page that somebody else made could try on a learner who is signed in; and the marks of an ordinary one. */
const LESSON = `<!doctype html><html lang="es"><head><title>Lesson</title><style>a,nav,i{display:none!important;color:red!important;font-size:90px!important}
main{min-height:300vh}</style></head><body><main><h1>Lesson</h1><p id="tried"></p><iframe id="framed" src="/signals" title="x"></iframe></main><script>
const answers = []
const post = (body, options) => fetch('/signals', { method: 'POST', credentials: 'include', body: new URLSearchParams(body), ...options })
  .then((answer) => answers.push(answer.type + ' ' + answer.status), () => answers.push('refused'))
Promise.all([post({ sticky: 'red' }), post({ hand: 'up' }, { mode: 'no-cors' })])
  .then(() => { document.getElementById('tried').textContent = 'tried ' + answers.join(', ') })
</script></body></html>`
const POSTING = `<!doctype html><html><body><form method="post" action="/signals"><input name="sticky" value="red"></form><script>document.forms[0].submit()</script></body></html>`

const WAIT = { timeout: 60_000 }

interface Account {
  name: string
  code: string
}

let browser: Browser
let folder: TemporaryFolder
let first: NodeProcess
let second: NodeProcess
let facilitator: Account
let helper: Account
let learner: Account
/** Two people who took one name while their devices were apart. */
let kims: [first: Account, second: Account]

beforeAll(async () => {
  folder = temporaryFolder()
  const place = { data: `${folder.path}/first` }
  const other = { data: `${folder.path}/second` }
  const created = await joineryJson<{ facilitator: Account }>(place, ['init', '--name', 'Library workshop'])
  facilitator = created.facilitator
  const add = async (where: typeof place, ...words: string[]): Promise<Account> => {
    const { person, code } = await joineryJson<{ person: { name: string }; code: string }>(where, [
      'person',
      'add',
      ...words
    ])
    return { name: person.name, code }
  }
  helper = await add(place, 'Hana', '--role', 'helper')
  learner = await add(place, 'Ana María')
  const { text } = await joineryJson<{ text: string }>(place, ['invite'])
  // Neither device has heard of the other one yet.
  await joinery(other, ['join', text])
  kims = [await add(place, 'Kim'), await add(other, 'Kim')]
  const lesson = join(folder.path, 'lesson')
  await mkdir(lesson)
  await writeFile(join(lesson, 'index.html'), LESSON)
  await writeFile(join(lesson, 'posting.html'), POSTING)
  await joinery(place, ['import', lesson, '--as', 'lessons', '--under', 'hostile'])
  first = await NodeProcess.start(place, ['--name', 'pi-front'])
  const [address = ''] = (await first.status()).meshAddresses
  second = await NodeProcess.start(other, ['--name', 'pi-window', '--static', address])
  await second.statusWhere(
    'both devices are connected',
    ({ overview }) => overview.devices.length === 2 && overview.devices.every(({ connected }) => connected)
  )
  browser = await launchChromium()
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await first?.[Symbol.asyncDispose]()
  await second?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

const at = (node: NodeProcess, path: string): string => new URL(path, node.address).href

async function newPage(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  return await (await browser.newContext({ locale: 'en', ...options })).newPage()
}

async function signedIn(
  who: Account,
  node: NodeProcess,
  options: Parameters<Browser['newContext']>[0] = {}
): Promise<Page> {
  const page = await newPage(options)
  await page.goto(at(node, '/sign-in'))
  await page.getByLabel('Name').fill(who.name)
  await page.getByLabel('Code').fill(who.code)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(at(node, '/'))
  return page
}

describe('two people with one name', () => {
  it('keep everything; one of them is asked to choose another name, on either device', async () => {
    const lists = async (): Promise<string[][]> =>
      await Promise.all(
        [first, second].map(async ({ place }) => {
          const people = await operationsOf(place).people()
          return people
            .filter(({ name }) => name.startsWith('kim'))
            .map(({ name, mustChoose }) => `${name} ${mustChoose}`)
        })
      )
    await expect.poll(lists, WAIT).toEqual(Array(2).fill(['kim false', expect.stringMatching(/^kim-\d{3} true$/)]))
    const [[, numbered = ''] = []] = await lists()
    const name = numbered.split(' ')[0] ?? ''
    // Which of the two it is follows from the record; their codes go on working on both devices.
    const asked: string[] = []
    for (const [index, kim] of kims.entries()) {
      for (const node of [first, second]) {
        const page = await newPage({ javaScriptEnabled: false })
        for (const tried of ['kim', name]) {
          await page.goto(at(node, '/sign-in'))
          await page.getByLabel('Name').fill(tried)
          await page.getByLabel('Code').fill(kim.code)
          await page.getByRole('button', { name: 'Sign in' }).click()
          if (page.url() === at(node, '/')) break
        }
        expect(page.url()).toBe(at(node, '/'))
        if ((await page.locator('#must-choose').count()) > 0) asked.push(`${index}`)
        await page.context().close()
      }
    }
    expect([
      ['0', '0'],
      ['1', '1']
    ]).toContainEqual(asked)
    const page = await signedIn({ name, code: kims[Number(asked[0])]?.code ?? '' }, second, {
      javaScriptEnabled: false
    })
    await page.getByRole('link', { name: 'Choose a name' }).click()
    await page.getByLabel('Your name in addresses').fill('Kim North')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await expect.poll(lists, WAIT).toEqual(Array(2).fill(['kim false', 'kim-north false']))
    await page.context().close()
  })
})

describe('who is here', () => {
  it('a helper at the other device sees it live, with who is stuck; a learner sees nothing of it', async () => {
    const page = await signedIn(learner, first)
    const watching = await signedIn(helper, second)
    await watching.goto(at(second, '/people'))
    await watching.locator('.live.on').waitFor(WAIT)
    const here = watching.locator('#here')
    const line = here.locator('li', { hasText: 'Ana María' })
    await expect.poll(() => line.textContent(), WAIT).toContain('pi-front, for')
    await page.locator('.signals').getByRole('button', { name: 'Help' }).click()
    await expect.poll(() => line.textContent(), WAIT).toContain('Needs help')
    // Whoever needs somebody stands first; the helper is here too, at the other device.
    expect(await here.locator('li').first().textContent()).toContain('Ana María')
    await expect.poll(() => here.locator('li', { hasText: 'Hana' }).textContent(), WAIT).toContain('pi-window, for')
    await checkLook(watching, 'people', 'here')
    // From there to what can be done for them.
    await line.getByRole('link', { name: 'Ana María' }).click()
    const row = watching.locator('.people .row', { hasText: 'Ana María' })
    expect(await row.evaluate((one) => one.matches(':target'))).toBe(true)
    expect(await row.getByRole('button', { name: /New code/ }).count()).toBe(1)
    expect(await row.getByText('Role').count()).toBe(0)

    const spying = await page.context().newPage()
    for (const node of [first, second]) {
      for (const path of ['/people', '/room/live', '/people/unused']) {
        const answer = await spying.goto(at(node, path))
        expect([node.address, path, answer?.status()]).toEqual([node.address, path, 403])
      }
      expect(await (await spying.request.get(at(node, '/room'))).text()).not.toContain('Hana')
    }
    for (const one of [page, watching]) await one.context().close()
  })

  it('is on the page without scripts too, with when somebody was seen last', async () => {
    const page = await signedIn(facilitator, first, { javaScriptEnabled: false })
    await expect
      .poll(async () => {
        await page.goto(at(first, '/people'))
        return await page.locator('#here').textContent()
      }, WAIT)
      .toMatch(/Hana.*pi-window/s)
    await page.context().close()
  })
})

describe('signing up', () => {
  it('is closed by a facilitator and opened again, on every device and in the words of a learner', async () => {
    const leading = await signedIn(facilitator, first)
    await leading.goto(at(first, '/people'))
    await leading.getByRole('button', { name: 'Close signing up' }).click()
    await leading.getByText('Closed: nobody can make an account').waitFor()
    const page = await newPage({ locale: 'fr' })
    for (const node of [first, second]) {
      await expect
        .poll(async () => {
          await page.goto(at(node, '/sign-up'))
          return await page.getByRole('alert').allTextContents()
        }, WAIT)
        .toEqual([expect.stringContaining('L’inscription est fermée dans cette salle')])
      // Whoever has the form open already.
      const answer = await page.request.post(at(node, '/sign-up'), {
        form: { name: 'Late' },
        headers: { origin: new URL(node.address).origin, 'accept-language': 'fr' }
      })
      expect([answer.status(), await answer.text()]).toEqual([403, expect.stringContaining('Demandez à l’animateur')])
    }
    await checkLook(page, 'people', 'sign-up-closed')
    await leading.getByRole('button', { name: 'Open it again' }).click()
    await leading.getByText('Open: whoever reaches the room').waitFor()
    await expect
      .poll(async () => {
        await page.goto(at(second, '/sign-up'))
        return await page.getByRole('alert').count()
      }, WAIT)
      .toBe(0)
    for (const one of [leading, page]) await one.context().close()
  })

  it('leaves accounts that nobody used; a facilitator removes those in one step, and no others', async () => {
    for (let number = 0; number < 12; number++) {
      const page = await (await newPage()).request.post(at(second, '/sign-up'), {
        form: { name: `Flood ${number}` },
        headers: { origin: new URL(second.address).origin },
        maxRedirects: 0
      })
      expect(page.status()).toBe(303)
    }
    const leading = await signedIn(facilitator, first)
    await expect
      .poll(async () => {
        await leading.goto(at(first, '/people/unused'))
        return await leading.getByLabel(/12 signed up and did nothing more/).count()
      }, WAIT)
      .toBe(1)
    await checkLook(leading, 'people', 'unused')
    await leading.getByRole('button', { name: 'Remove those accounts' }).click()
    for (const { place } of [first, second])
      await expect
        .poll(async () => {
          const people = await operationsOf(place).people()
          return people.map(({ name }) => name)
        }, WAIT)
        .toEqual(['ana-maria', 'facilitator', 'hana', 'kim', 'kim-north'])
    await leading.context().close()
  })
})

describe('a lesson', () => {
  const shown = async (page: Page, node: NodeProcess): Promise<(string | null)[]> => {
    await page.goto(at(node, '/signals'))
    const buttons = page.locator('.signals button')
    return await Promise.all([0, 1, 2].map((button) => buttons.nth(button).getAttribute('aria-pressed')))
  }

  it('leads to the learner’s own sticky in a window of its own, without scripts too, and its own styles do not reach the way there', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const page = await signedIn(learner, first, { javaScriptEnabled })
      await page.goto(at(first, '/lessons/hostile/'))
      const height = await page.evaluate(() => document.documentElement.scrollHeight)
      const bar = page.locator('joinery-bar')
      const link = bar.getByRole('link', { name: 'Nota o mano' })
      expect(await link.evaluate((one) => getComputedStyle(one).fontSize)).toBe('14px')
      // It is beside the page, not in it.
      expect(await bar.evaluate((one) => getComputedStyle(one).position)).toBe('fixed')
      await bar.evaluate((one) => one.remove())
      expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(height)
      await page.reload()
      await page.emulateMedia({ media: 'print' })
      expect(await bar.isVisible()).toBe(false)
      await page.emulateMedia({ media: 'screen' })
      const opened = page.waitForEvent('popup')
      await link.click()
      const own = await opened
      await own.getByRole('button', { name: 'Raise hand' }).click()
      await expect.poll(() => own.getByRole('button', { name: 'Raise hand' }).getAttribute('aria-pressed')).toBe('true')
      if (javaScriptEnabled) await checkLook(own, 'people', 'signals')
      await own.getByRole('button', { name: 'Raise hand' }).click()
      await expect
        .poll(() => own.getByRole('button', { name: 'Raise hand' }).getAttribute('aria-pressed'))
        .toBe('false')
      await own.close()
      await bar.getByRole('link', { name: 'Sala' }).click()
      await page.waitForURL(at(first, '/'))
      await page.context().close()
    }
  })

  it('sends whoever is not signed in to sign in, and back', async () => {
    const page = await newPage({ javaScriptEnabled: false })
    await page.goto(at(second, '/signals'))
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await page.getByLabel('Name').fill(learner.name)
    await page.getByLabel('Code').fill(learner.code)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(at(second, '/signals'))
    await page.context().close()
  })

  it('sets no sticky for anybody: neither by asking, nor by sending a form, nor with the page in a frame', async () => {
    const page = await signedIn(learner, first)
    await page.locator('.signals').getByRole('button', { name: 'Done' }).click()
    await expect
      .poll(() => page.locator('.signals').getByRole('button', { name: 'Done' }).getAttribute('aria-pressed'))
      .toBe('true')
    const before = await shown(page, first)
    expect(before[0]).toBe('true')
    await page.goto(at(first, '/lessons/hostile/'))
    await expect.poll(() => page.locator('#tried').textContent(), WAIT).toBe('tried refused, opaque 0')
    expect(await page.frameLocator('#framed').locator('button').count()).toBe(0)
    expect(await shown(page, first)).toEqual(before)
    const answer = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.goto(at(first, '/lessons/hostile/posting.html'))
    expect((await answer).status()).toBe(403)
    expect(await shown(page, first)).toEqual(before)
    await page.context().close()
  })
})
