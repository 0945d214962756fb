/** The document around the notes' pages: rendered by the node, filled by the script. */
import { assetAddresses } from '../asset-addresses.ts'
import { type Html, html } from '../html.ts'
import type { Language } from '../languages.ts'
import { renderSignalBar, type VisitorSignal } from '../room/signal-bar.ts'
import { textsIn } from '../texts.ts'
import { noteTextsIn } from './texts.ts'

/** Where the built files are served from; their names carry a hash of their content. */
export const NOTE_ASSETS_PATH = '/notes/assets/'

export interface NoteShell {
  language: Language
  /** New for each answer: CodeMirror may add a style sheet, and nothing else may. */
  nonce: string
  /** Built files: the script and its style sheets. */
  script: string
  styles: readonly string[]
  /** What the script will want next. */
  preloads: readonly string[]
  title?: string
  /** Who is signed in, as others see them; null where nobody is. Absent: there are no accounts here. */
  account?: { shownName: string; signal?: VisitorSignal } | null
  /** Stands for their session where its cookie does not go: at the other devices of the room. */
  ticket?: string
}

export function renderNoteShell(shell: NoteShell): string {
  const texts = noteTextsIn(shell.language)
  const { product, mainLinks, account } = textsIn(shell.language)
  const page: Html = html`<!doctype html>
<html lang="${shell.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>${texts.notes} · ${product}</title>
<link rel="icon" href="${assetAddresses().icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assetAddresses().style}">
${shell.styles.map((style) => html`<link rel="stylesheet" href="${style}">`)}
${shell.preloads.map((script) => html`<link rel="modulepreload" href="${script}">`)}
<script type="module" src="${shell.script}"></script>
</head>
<body class="notes-page">
<header class="top">
<div class="wide bar">
<a class="brand" href="/"><span>${product}</span></a>
<nav class="links" aria-label="${mainLinks}"><a class="quiet" href="/notes/">${texts.allNotes}</a> <a class="quiet" href="/">${texts.home}</a>${
    shell.account
      ? html` <a class="quiet me" href="/me">${shell.account.shownName}<span class="for-readers"> (${account.yours})</span></a>`
      : shell.account === null && html` <a class="quiet" href="/sign-in">${account.signIn}</a>`
  }</nav>
</div>
<div class="wide title"><h1>${texts.notes}</h1><p>${texts.tagline}</p></div>
</header>
<main class="wide" id="notes" data-nonce="${shell.nonce}"${shell.account ? html` data-person="${shell.account.shownName}"` : undefined}${shell.ticket ? html` data-ticket="${shell.ticket}"` : undefined}></main>
${shell.account?.signal && renderSignalBar(shell.account.signal, '/notes/', shell.language)}
<noscript><p class="wide card">${texts.noScript}</p></noscript>
</body>
</html>
`
  return page.html
}

/** `ws:` without a host: the page may open its socket to any other device of the room. */
export function notePagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `style-src 'self' 'nonce-${nonce}'`,
    "script-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self' ws: wss:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'"
  ].join('; ')
}
