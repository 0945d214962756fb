/** The only page of a cloud peer: what it is, and where work is found. Whole in itself: there are no other files. */
import { html } from '../html.ts'
import type { Language } from '../languages.ts'
import { CLOUD_TEXTS } from './texts.ts'

/** The policy of the page names its hash: it must stand in the page as it stands here. */
export const CLOUD_PAGE_STYLE =
  ':root{color-scheme:light dark}body{max-width:38rem;margin:0 auto;padding:1.5rem;font:1.05rem/1.55 system-ui,sans-serif}h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.15rem;margin-top:1.6em}'

export function renderCloudPage(language: Language): string {
  const texts = CLOUD_TEXTS[language]
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${texts.title}</title>
<style>${{ html: CLOUD_PAGE_STYLE }}</style>
</head>
<body>
<main>
<h1>${texts.title}</h1>
<p>${texts.whatItIs}</p>
<p>${texts.noSignIn}</p>
<h2>${texts.yourWork}</h2>
<p>${texts.yourWorkHow}</p>
<h2>${texts.administrator}</h2>
<p>${texts.administratorHow}</p>
</main>
</body>
</html>
`.html
}

/** For terminals. */
export function cloudPageText(language: Language): string {
  const { title, whatItIs, noSignIn, yourWork, yourWorkHow, administrator, administratorHow } = CLOUD_TEXTS[language]
  const parts = [title, whatItIs, noSignIn, `${yourWork} ${yourWorkHow}`, `${administrator} ${administratorHow}`]
  return `${parts.join('\n\n')}\n`
}
