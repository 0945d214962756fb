import { assetAddresses } from './asset-addresses.ts'
import { type Html, html } from './html.ts'
import { directionOf, LANGUAGE_NAMES, LANGUAGES, type Language } from './languages.ts'
import { renderSignalBar } from './room/signal-bar.ts'
import type { Texts } from './texts.ts'
import type { Visitor, VisitorPerson } from './visitor.ts'

export interface PageFrame {
  title: string
  /** Big words of the page. */
  heading: string
  tagline?: string | Html
  visitor: Visitor
  texts: Texts
  /** The other page, for the header. */
  link?: { href: string; text: string }
  main: Html
  footer?: string
  /** The style sheet, for a page that is not to wait for it; whoever answers allows it by its hash. */
  style?: string | undefined
}

/** The whole document around a page. Works without scripts; with them, lines can be copied and figures stay fresh. */
export function renderPage(frame: PageFrame): string {
  const { texts, visitor } = frame
  const assets = assetAddresses()
  const document = html`<!doctype html>
<html lang="${visitor.language}" dir="${directionOf(visitor.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${frame.title} · ${texts.product}</title>
<link rel="icon" href="${assets.icon}" type="image/svg+xml">
${frame.style === undefined ? html`<link rel="stylesheet" href="${assets.style}">` : { html: `<style>${frame.style}</style>` }}
<script src="${assets.script}" defer></script>
</head>
<body data-copy="${texts.copy}" data-copied="${texts.copied}">
<a class="skip" href="#main">${texts.skip}</a>
<header class="top">
<div class="wide bar">
<a class="brand" href="/">${MARK}<span>${texts.product}</span></a>
${renderHeaderLinks(frame)}
</div>
<div class="wide title">
<h1>${frame.heading}</h1>
${frame.tagline && html`<p>${frame.tagline}</p>`}
</div>
</header>
<main id="main" class="wide" tabindex="-1">
${visitor.person?.mustChoose && renderMustChoose(visitor.person, texts)}
${frame.main}
</main>
${visitor.person?.signal && renderSignalBar(visitor.person.signal, pageOf(visitor), visitor.language)}
<footer class="wide">
<p>${frame.footer}</p>
<nav aria-label="${texts.language}"><ul class="languages">
${LANGUAGES.map(
  (one) =>
    html`<li>${
      one === visitor.language
        ? html`<span aria-current="true" lang="${one}">${LANGUAGE_NAMES[one]}</span>`
        : html`<a href="${languageLink(visitor, one)}" hreflang="${one}" lang="${one}">${LANGUAGE_NAMES[one]}</a>`
    }</li>`
)}
</ul></nav>
</footer>
</body>
</html>
`
  return document.html
}

function renderHeaderLinks({ link, visitor, texts }: PageFrame): Html {
  const { person, accounts } = visitor
  return html`<nav class="links" aria-label="${texts.mainLinks}">
${link && html`<a class="quiet" href="${link.href}">${link.text}</a>`}
${
  person
    ? html`<a class="quiet me" href="/me">${person.shownName}<span class="for-readers"> (${texts.account.yours})</span></a>`
    : accounts && html`<a class="quiet" href="/sign-in">${texts.account.signIn}</a>`
}
</nav>`
}

function renderMustChoose(person: VisitorPerson, texts: Texts): Html {
  return html`<section class="card notice" aria-labelledby="must-choose">
<h2 id="must-choose">${texts.account.mustChoose}</h2>
<p>${texts.account.mustChooseExplain(person.name)}</p>
<p><a class="button" href="/me#name">${texts.account.chooseName}</a></p>
</section>`
}

function pageOf({ path, search }: Visitor): string {
  return search === undefined ? path : `${path}?${search}`
}

function languageLink({ path, search }: Visitor, language: Language): string {
  const parameters = new URLSearchParams(search)
  parameters.set('lang', language)
  return `${path}?${parameters}`
}

/** Three devices, joined. */
const MARK = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><path d="M9 22 16 9l7 13z" fill="none" stroke="currentColor" stroke-width="3" stroke-linejoin="round"/><circle cx="16" cy="9" r="5"/><circle cx="8" cy="23" r="5"/><circle cx="24" cy="23" r="5"/></svg>`
