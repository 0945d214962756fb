/**
 * The first page of a learner's stick: one file for each language, with everything it needs in it, opened from the folder by a double click. Without scripts
 * it says what to put in; with them the lines to paste name the place where the stick is plugged in.
 */
import { formatBytes } from '../formats.ts'
import { type Html, html } from '../html.ts'
import { directionOf, LANGUAGE_NAMES, LANGUAGES, type Language } from '../languages.ts'
import { textsIn } from '../texts.ts'
import { stickTextsIn } from './texts.ts'

export interface StickStartPage {
  system: 'windows' | 'macos' | 'linux'
  /** Name of the room. */
  room: string
  lessons: readonly {
    title: string
    href: string
    data: readonly { name: string; href: string; sizeBytes: number }[]
  }[]
  installers: readonly {
    name: string
    version?: string
    cpu?: string
    href: string
    sizeBytes: number
    sha256: string
  }[]
  /** Names of packages. */
  python: readonly string[]
  r: readonly string[]
  others: readonly { name: string; href: string; files: number }[]
}

/** `START.html` is English; the others stand beside it. */
export function startPageName(language: Language): string {
  return language === 'en' ? 'START.html' : `START-${language}.html`
}

/** The scripts of pages with a policy are not inline; this page has no server to get them from. R does not decode addresses, pip does. */
const SCRIPT = `for (const code of document.querySelectorAll('[data-place]')) {
  const place = new URL(code.dataset.place, location.href).href
  code.textContent = code.textContent.replace(/file:\\/\\/\\/STICK[^"]*/, () => code.dataset.plain ? decodeURI(place) : place)
}
for (const one of document.querySelectorAll('.place')) one.remove()`

/** @param style the rules of the product's pages */
export function renderStickStart(start: StickStartPage, language: Language, style: string): string {
  const words = stickTextsIn(language)
  const texts = textsIn(language)
  const system = texts.installers.systems[start.system]
  // What the style says is ours; `</` would end the element all the same.
  const inlineStyle: Html = { html: style.replaceAll('</', '<\\/') }
  const document = html`<!doctype html>
<html lang="${language}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${start.room} · ${system}</title>
<style>${inlineStyle}</style>
</head>
<body>
<a class="skip" href="#main">${texts.skip}</a>
<header class="top">
<div class="wide bar"><span class="brand">${system}</span>
<nav class="links" aria-label="${texts.language}">${LANGUAGES.map((one) =>
    one === language
      ? html`<span class="quiet" aria-current="true" lang="${one}">${LANGUAGE_NAMES[one]}</span>`
      : html`<a class="quiet" href="${startPageName(one)}" hreflang="${one}" lang="${one}">${LANGUAGE_NAMES[one]}</a>`
  )}</nav></div>
<div class="wide title"><h1>${start.room}</h1><p>${words.tagline}</p></div>
</header>
<main id="main" class="wide" tabindex="-1"><div class="flow">
${start.lessons.length > 0 && section('lessons', words.lessons.title, words.lessons.explain, renderLessons(start, language))}
${section(
  'installers',
  words.installers.title,
  words.installers.explain,
  start.installers.length === 0 ? html`<p>${words.installers.none}</p>` : renderInstallers(start, language)
)}
${start.python.length + start.r.length > 0 && html`<p class="place">${words.place}</p>`}${
  start.python.length > 0 &&
  section(
    'python',
    words.python.title,
    words.python.explain,
    html`${renderPlacedLine(`pip install --index-url "file:///STICK/python/simple" ${start.python[0]}`, 'python/simple', false)}
${renderNames(words.python.which(start.python.length), start.python)}`
  )
}
${
  start.r.length > 0 &&
  section(
    'r',
    words.r.title,
    words.r.explain,
    html`${renderPlacedLine(`install.packages("${start.r[0]}", repos = "file:///STICK/r")`, 'r', true)}
${renderNames(words.r.which(start.r.length), start.r)}`
  )
}
${
  start.others.length > 0 &&
  section(
    'others',
    words.others.title,
    words.others.explain,
    html`<ul class="downloads">${start.others.map(
      ({ name, href, files }) =>
        html`<li><a href="${href}"><strong>${name}</strong><span class="faint">${words.others.files(files)}</span></a></li>`
    )}</ul>`
  )
}
</div></main>
<footer class="wide"><p>${words.copies} ${words.internet}</p></footer>
<script>${{ html: SCRIPT }}</script>
</body>
</html>
`
  return document.html
}

function section(id: string, title: string, explain: string, body: Html): Html {
  return html`<section class="card" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
<p class="explain">${explain}</p>
${body}
</section>`
}

function renderLessons({ lessons }: StickStartPage, language: Language): Html {
  const words = stickTextsIn(language).lessons
  return html`<ul class="plain">${lessons.map(
    ({ title, href, data }) =>
      html`<li><a href="${href}"><strong>${title}</strong></a>${
        data.length > 0 &&
        html`<details><summary>${words.data}<span class="for-readers">: ${title}</span></summary><ul class="downloads">${data.map(
          (one) =>
            html`<li><a href="${one.href}"><strong>${one.name}</strong><span class="faint">${formatBytes(one.sizeBytes, language)}</span></a></li>`
        )}</ul></details>`
      }</li>`
  )}</ul>`
}

function renderInstallers({ installers }: StickStartPage, language: Language): Html {
  return html`<ul class="downloads">${installers.map(
    (one) =>
      html`<li><a href="${one.href}"><strong>${one.name}</strong> ${one.version}<span class="faint">${
        one.cpu !== undefined && `${one.cpu} · `
      }${formatBytes(one.sizeBytes, language)}</span></a></li>`
  )}</ul>`
}

function renderPlacedLine(line: string, place: string, plain: boolean): Html {
  return html`<div class="line"><pre tabindex="0"><code data-place="${place}"${plain && html` data-plain="yes"`}>${line}</code></pre></div>`
}

function renderNames(summary: string, names: readonly string[]): Html {
  return html`<details><summary>${summary}</summary><ul class="names">${names.map((name) => html`<li>${name}</li>`)}</ul></details>`
}
