/** `/installers/` and `/lessons/`: all that there is, in the look of the first page. */
import { formatBytes } from '../formats.ts'
import { type Html, html } from '../html.ts'
import { icon } from '../icons.ts'
import type { Language } from '../languages.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import { listTextsIn } from './texts.ts'

export interface ListedProgram {
  /** Below the list's own address. */
  path: string
  product: string
  version?: string
  system?: string
  cpu?: string
  sizeBytes: number
  /** Hexadecimal. */
  sha256: string
  /** Runs on the visitor's computer. */
  fits: boolean
}

export interface ListedLesson {
  path: string
  title: string
}

/** @param programs those that fit the visitor first */
export function renderProgramsPage(programs: readonly ListedProgram[], language: Language): string {
  const { installers } = textsIn(language)
  const words = listTextsIn(language)
  const fitting = programs.filter(({ fits }) => fits)
  const others = programs.filter(({ fits }) => !fits)
  return renderList({
    language,
    path: '/installers/',
    title: installers.title,
    explain: installers.explain,
    main: html`${
      fitting.length > 0 &&
      html`<section class="card" aria-labelledby="yours"><h2 id="yours">${icon('installers')}${installers.title} <span class="tag">${installers.yours}</span></h2>${renderPrograms(fitting, language)}</section>`
    }
<section class="card" aria-labelledby="others"><h2 id="others">${fitting.length > 0 ? words.others : installers.title}</h2>${
      others.length > 0 ? renderPrograms(others, language) : programs.length === 0 && html`<p>${words.noPrograms}</p>`
    }</section>`
  })
}

export function renderLessonsPage(lessons: readonly ListedLesson[], language: Language): string {
  const texts = textsIn(language).lessons
  const list = html`<ul class="lessons">${lessons.map(
    ({ path, title }) => html`<li><a href="./${encodePath(path)}"><strong>${title}</strong></a></li>`
  )}</ul>`
  return renderList({
    language,
    path: '/lessons/',
    title: texts.title,
    explain: texts.explain,
    main: html`<section class="card" aria-labelledby="lessons"><h2 id="lessons">${icon('lessons')}${texts.title}</h2>${
      lessons.length > 0 ? list : html`<p>${listTextsIn(language).noLessons}</p>`
    }</section>`
  })
}

function renderList(page: { language: Language; path: string; title: string; explain: string; main: Html }): string {
  const { language, path, title, explain, main } = page
  const texts = textsIn(language)
  return renderPage({
    title,
    heading: title,
    tagline: explain,
    texts,
    visitor: { language, path, system: 'other' },
    link: { href: '/', text: texts.firstPage },
    main: html`<div class="flow">${main}</div>`
  })
}

function renderPrograms(programs: readonly ListedProgram[], language: Language): Html {
  const { systems } = textsIn(language).installers
  const words = listTextsIn(language)
  return html`<ul class="downloads">${programs.map(({ path, product, version, system, cpu, sizeBytes, sha256 }) => {
    const known = system === 'windows' || system === 'macos' || system === 'linux' ? systems[system] : undefined
    const facts = [known, cpu, formatBytes(sizeBytes, language)].filter((part) => part !== undefined)
    return html`<li><a href="./${encodePath(path)}" download><strong>${product}</strong> ${version}<span class="faint">${facts.join(' · ')}</span></a>
<details><summary>${words.check}<span class="for-readers"> (${product} ${version})</span></summary><p class="id">${sha256}</p></details></li>`
  })}</ul>`
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
