import { html } from './html.ts'
import type { Language } from './languages.ts'
import { renderPage } from './page-frame.ts'
import { textsIn } from './texts.ts'

export interface ErrorPage {
  status: number
  code: string
  text: string
  next: string
  language: Language
}

export function renderErrorPage({ status, code, text, next, language }: ErrorPage): string {
  const texts = textsIn(language)
  return renderPage({
    title: text,
    heading: text,
    texts,
    visitor: { language, system: 'other', path: '/' },
    main: html`<section class="card">
<p>${next}</p>
<p><a class="button" href="/">${texts.firstPage}</a></p>
<p class="faint">${status} ${code}</p>
</section>`
  })
}
