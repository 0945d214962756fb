/** `/search?q=…`: what the room has, found by its words. A form and a list; nothing needs a script. */
import type { PageHit, SearchAnswer } from '../../protocols/search.ts'
import { pipLine, rLine } from '../client-lines.ts'
import { renderLine } from '../first-page.ts'
import { formatCount } from '../formats.ts'
import { type Html, html } from '../html.ts'
import type { Language } from '../languages.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { searchTextsIn } from './texts.ts'

/** The field that stands on the first page and on the answers. */
export function renderSearchField(language: Language, query = ''): Html {
  const words = searchTextsIn(language)
  return html`<form class="search" role="search" action="/search">
<label for="q" class="for-readers">${words.label}</label>
<input id="q" name="q" type="search" value="${query}" placeholder="${words.label}" maxlength="200" autocomplete="off" enterkeyhint="search">
<button class="button" type="submit">${words.button}</button>
</form>`
}

/** @param answer undefined while nothing was asked */
export function renderSearchPage(answer: SearchAnswer | undefined, origin: string, visitor: Visitor): string {
  const words = searchTextsIn(visitor.language)
  const query = answer?.query ?? ''
  return renderPage({
    title: query === '' ? words.title : `${query} · ${words.title}`,
    heading: words.title,
    tagline: words.tagline,
    texts: textsIn(visitor.language),
    visitor,
    link: { href: '/', text: textsIn(visitor.language).firstPage },
    main: html`<div class="flow">
<section class="card" aria-label="${words.title}">${renderSearchField(visitor.language, query)}</section>
${answer && query !== '' && renderAnswer(answer, origin, visitor.language)}
</div>`
  })
}

function renderAnswer(answer: SearchAnswer, origin: string, language: Language): Html {
  const words = searchTextsIn(language)
  const { pages, python, r, installers, query } = answer
  const isEmpty = pages.length + python.length + r.length + installers.length === 0
  return html`${answer.readPages < answer.allPages && renderReading(answer, language)}
${
  isEmpty &&
  html`<section class="card" aria-labelledby="nothing"><h2 id="nothing">${words.nothing(query)}</h2><p class="explain">${words.hint}</p></section>`
}
${
  pages.length > 0 &&
  html`<section class="card" aria-labelledby="pages"><h2 id="pages">${words.lessons} <span class="tag">${words.found(pages.length)}</span></h2>
<ol class="hits">${pages.map(renderHit)}</ol>
${answer.more && html`<p class="faint">${words.more}</p>`}</section>`
}
${python.length > 0 && renderNames('python', words.python, python, pipLine(origin, python[0] ?? ''))}
${r.length > 0 && renderNames('r', words.r, r, rLine(origin, r[0] ?? ''))}
${
  installers.length > 0 &&
  html`<section class="card" aria-labelledby="installers"><h2 id="installers">${words.installers}</h2>
<ul class="downloads">${installers.map(
    ({ name, version, path }) =>
      html`<li><a href="/installers/${encodePath(path)}" download><strong>${name}</strong> ${version}<span class="faint">${path.slice(path.lastIndexOf('/') + 1)}</span></a></li>`
  )}</ul></section>`
}`
}

function renderReading({ query, readPages, allPages }: SearchAnswer, language: Language): Html {
  const words = searchTextsIn(language)
  return html`<section class="card notice" aria-labelledby="reading"><h2 id="reading">${words.reading(
    formatCount(readPages, language),
    formatCount(allPages, language)
  )}</h2><p><a class="button" href="/search?q=${encodeURIComponent(query)}">${words.again}</a></p></section>`
}

function renderHit({ path, title, section, snippet }: PageHit): Html {
  const address = `/lessons/${encodePath(path)}${section ? `#${encodeURIComponent(section.id)}` : ''}`
  return html`<li><a href="${address}"><strong>${title}</strong>${
    section && section.heading !== title && html` <span class="hit-section">${section.heading}</span>`
  }</a>
<p>${snippet.map((part, at) => (at % 2 === 1 ? html`<mark>${part}</mark>` : html`${part}`))}</p>
<p class="faint">${path}</p></li>`
}

function renderNames(id: string, title: string, names: readonly string[], line: string): Html {
  return html`<section class="card" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
<ul class="names">${names.map((name) => html`<li>${name}</li>`)}</ul>
${renderLine(line)}</section>`
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
