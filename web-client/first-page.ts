/** `/`: what is in the room and how to use it, for a learner who has never heard of us. */
import type {
  ContentsOverview,
  InstallerOverview,
  LessonOverview,
  PackagesOverview,
  RoomOverview
} from '../protocols/room-overview.ts'
import { pipLine, rLine } from './client-lines.ts'
import { formatBytes } from './formats.ts'
import { type Html, html } from './html.ts'
import { type IconName, icon } from './icons.ts'
import { isLanguage, LANGUAGE_NAMES, type Language } from './languages.ts'
import { renderPage } from './page-frame.ts'
import { qrCode } from './qr-code.ts'
import { renderSearchField } from './search/search-page.ts'
import { SETUP_TOOLS, type SetupTool, undoLine } from './setup/setup-tool.ts'
import { setupTextsIn } from './setup/texts.ts'
import { takeHomeTextsIn } from './take-home/texts.ts'
import { type Texts, textsIn } from './texts.ts'
import type { RoomAddresses, Visitor, VisitorSystem } from './visitor.ts'

interface Section {
  id: string
  icon: IconName
  title: string
  count: string
  explain: string
  body: Html
}

export interface FirstPageFeatures {
  /** Shared notes are served at `/notes/`. */
  hasNotes: boolean
  /** Repositories are served at `/<person>/<repository>`. */
  hasRepositories?: boolean
  /** What this visitor's computer was set up for from here, as far as this device remembers. */
  setUp?: readonly SetupTool[]
  /** `/search` looks through what is here. */
  hasSearch?: boolean
}

export function renderFirstPage(
  overview: RoomOverview,
  addresses: RoomAddresses,
  visitor: Visitor,
  features: FirstPageFeatures
): string {
  const texts = textsIn(visitor.language)
  const name = overview.room?.name ?? texts.noRoom
  const sections = contentSections(overview.contents, addresses, visitor, texts)
  const connected = overview.devices.filter((device) => device.connected).length
  return renderPage({
    title: name,
    heading: name,
    tagline: texts.tagline,
    texts,
    visitor,
    link: { href: '/room', text: texts.facilitatorPage },
    footer: texts.devicesServe(connected),
    main: html`<div class="columns">
<div class="flow">
${overview.asking && renderAsking(overview.asking, texts)}
${overview.room && visitor.accounts && !visitor.person && renderJoin(texts)}
${features.hasNotes && overview.room && renderNotes(texts)}
${features.hasRepositories && overview.room && renderRepositories(visitor, texts)}
${features.hasSearch && sections.length > 0 && renderSearchField(visitor.language)}
${sections.length > 0 ? renderSections(sections, texts) : overview.asking === undefined && renderEmpty(texts)}
${overview.room && renderLeave(overview.contents, visitor, features)}
</div>
<aside class="flow">${renderAddress(addresses, texts)}</aside>
</div>`
  })
}

function renderSections(sections: Section[], texts: Texts): Html {
  return html`<nav class="jump" aria-label="${texts.navigation}"><ul>${sections.map(
    ({ id, count }) => html`<li><a href="#${id}">${count}</a></li>`
  )}</ul></nav>
${sections.map(
  ({ id, icon: name, title, explain, body }) => html`<section class="card" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${icon(name)}${title}</h2>
<p class="explain">${explain}</p>
${body}
</section>`
)}`
}

function contentSections(
  contents: ContentsOverview,
  addresses: RoomAddresses,
  visitor: Visitor,
  texts: Texts
): Section[] {
  const { language } = visitor
  const origin = addresses.origins[0] ?? ''
  const sections: Section[] = []
  if (contents.lessons.length > 0)
    sections.push({
      id: 'lessons',
      icon: 'lessons',
      ...texts.lessons,
      count: texts.lessons.count(contents.lessons.length),
      body: renderLessons(contents.lessons, language)
    })
  if (contents.python.count > 0)
    sections.push({
      id: 'python',
      icon: 'packages',
      ...texts.python,
      count: texts.python.count(contents.python.count),
      body: renderPackages(
        contents.python,
        pipLine(origin, exampleOf(contents.python, texts)),
        texts.python.which,
        texts,
        'pip',
        language
      )
    })
  if (contents.r.count > 0)
    sections.push({
      id: 'r',
      icon: 'packages',
      ...texts.r,
      count: texts.r.count(contents.r.count),
      body: renderPackages(contents.r, rLine(origin, exampleOf(contents.r, texts)), texts.r.which, texts, 'r', language)
    })
  if (contents.installers.length > 0)
    sections.push({
      id: 'installers',
      icon: 'installers',
      ...texts.installers,
      count: texts.installers.count(contents.installers.length),
      body: renderInstallers(contents.installers, visitor.system, language, texts)
    })
  return sections
}

function renderLessons(lessons: readonly LessonOverview[], language: Language): Html {
  return html`<ul class="lessons">${lessons.map(
    (lesson) =>
      html`<li><a href="${lesson.href}"${
        lesson.language !== undefined && html` hreflang="${lesson.language}"`
      }><strong>${lesson.title}</strong><span class="faint">${
        isLanguage(lesson.language) && lesson.language !== language && `${LANGUAGE_NAMES[lesson.language]} · `
      }${formatBytes(lesson.sizeBytes, language)}</span></a></li>`
  )}</ul>`
}

/** A name that is really there makes the pasted line work at once. */
function exampleOf(packages: PackagesOverview, texts: Texts): string {
  const name = packages.names[0]
  return name !== undefined && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) ? name : texts.python.example
}

function renderPackages(
  packages: PackagesOverview,
  line: string,
  which: string,
  texts: Texts,
  tool: SetupTool,
  language: Language
): Html {
  const unnamed = packages.count - packages.names.length
  return html`${renderLine(line)}
<p><a href="/setup/${tool}">${setupTextsIn(language).linkFrom}</a></p>
<details><summary>${which}</summary>
<ul class="names">${packages.names.map((name) => html`<li>${name}</li>`)}${
    unnamed > 0 && html`<li class="faint">${texts.more(unnamed)}</li>`
  }</ul></details>`
}

/** A line to paste. The button appears only where scripts run. */
export function renderLine(line: string): Html {
  return html`<div class="line"><pre tabindex="0"><code>${line}</code></pre></div>`
}

const SYSTEMS: readonly VisitorSystem[] = ['windows', 'macos', 'linux', 'other']

function renderInstallers(
  installers: readonly InstallerOverview[],
  own: VisitorSystem,
  language: Language,
  texts: Texts
): Html {
  const order = [own, ...SYSTEMS.filter((system) => system !== own)]
  return html`${order.map((system) => {
    const fitting = installers.filter((installer) => installer.system === system)
    if (fitting.length === 0) return undefined
    return html`<h3>${texts.installers.systems[system]}${
      system === own && system !== 'other' && html` <span class="tag">${texts.installers.yours}</span>`
    }</h3>
<ul class="downloads">${fitting.map(
      (one) =>
        html`<li><a href="${one.href}"><strong>${one.name}</strong> ${one.version}<span class="faint">${
          one.architecture !== undefined && `${one.architecture} · `
        }${formatBytes(one.sizeBytes, language)}</span></a></li>`
    )}</ul>`
  })}`
}

function renderAddress({ origins, loopbackOnly }: RoomAddresses, texts: Texts): Html {
  const [first = '', ...others] = origins
  const address = `${first}/`
  return html`<section class="card address" aria-labelledby="address-title">
<h2 id="address-title">${icon('network')}${texts.address.title}</h2>
${qrCode(address, texts.address.qr(address))}
<p class="big"><a href="${address}">${address.replace(/^http:\/\/|\/$/g, '')}</a></p>
<p class="explain">${loopbackOnly ? texts.address.onlyHere : texts.address.explain}</p>
${
  others.length > 0 &&
  html`<p class="faint">${texts.address.also} ${others.map((one, i) => html`${i > 0 && ', '}<a href="${one}/">${one.replace('http://', '')}</a>`)}</p>`
}
</section>`
}

function renderAsking(asking: NonNullable<RoomOverview['asking']>, texts: Texts): Html {
  return html`<section class="card notice" aria-labelledby="asking-title">
<h2 id="asking-title">${texts.asking.title}</h2>
${
  asking.code === undefined
    ? html`<p>${texts.asking.wait}</p>`
    : html`<p>${asking.others ? texts.asking.several : texts.asking.explain}</p>${[
        asking.code,
        ...(asking.others ?? [])
      ].map((code) => html`<p class="code"><span class="faint">${texts.asking.code}</span> ${spaced(code)}</p>`)}`
}
</section>`
}

/** Six digits are read and compared in two groups. */
export function spaced(code: string): string {
  return code.replace(/^(\d{3})(\d{3})$/, '$1\u00a0$2')
}

function renderNotes(texts: Texts): Html {
  return html`<section class="card with-button" aria-labelledby="notes-title">
<div>
<h2 id="notes-title">${icon('notes')}${texts.notes.title}</h2>
<p class="explain">${texts.notes.explain}</p>
</div>
<a class="button" href="/notes/">${texts.notes.open}</a>
</section>`
}

function renderJoin(texts: Texts): Html {
  return html`<section class="card with-button" aria-labelledby="join-title">
<div>
<h2 id="join-title">${icon('person')}${texts.join.title}</h2>
<p class="explain">${texts.join.explain}</p>
</div>
<p class="buttons"><a class="button button-strong" href="/sign-up">${texts.join.signUp}</a> <a class="button" href="/sign-in">${texts.join.signIn}</a></p>
</section>`
}

function renderRepositories(visitor: Visitor, texts: Texts): Html {
  const { person } = visitor
  return html`<section class="card with-button" aria-labelledby="repositories-title">
<div>
<h2 id="repositories-title">${icon('repositories')}${texts.repositories.title}</h2>
<p class="explain">${texts.repositories.explain}</p>
</div>
<p class="buttons">${person && html`<a class="button" href="/${person.name}">${texts.repositories.open}</a> `}<a class="button" href="/repositories">${texts.repositories.all}</a></p>
</section>`
}

/** How to undo the setup: at once for whom we saw set something up, folded for the others, since another device may have done it. */
function renderLeave(contents: ContentsOverview, visitor: Visitor, features: FirstPageFeatures): Html | undefined {
  const known = features.setUp ?? []
  const offered = SETUP_TOOLS.filter(
    (tool) =>
      (tool === 'pip' && contents.python.count > 0) ||
      (tool === 'r' && contents.r.count > 0) ||
      (tool === 'git' && features.hasRepositories === true)
  )
  const tools = known.length > 0 ? known : offered
  // On a phone there was nothing to set up.
  const undoes = tools.length > 0 && (visitor.system !== 'other' || known.length > 0)
  if (!undoes && !visitor.accounts) return undefined
  const words = setupTextsIn(visitor.language)
  const system = visitor.system === 'windows' ? 'ps1' : 'sh'
  const lines = html`<p class="explain">${words.leaveExplain}</p>
${tools.map((tool) => html`<h3>${words.tools[tool].name}</h3>${renderLine(undoLine(tool, system))}`)}`
  return html`<section class="card${known.length > 0 && ' notice'}" id="leave" aria-labelledby="leave-title">
<h2 id="leave-title">${icon('undo')}${words.leave}</h2>
${undoes && (known.length > 0 ? lines : html`<details><summary>${words.leaveAsk}</summary>${lines}</details>`)}
${visitor.accounts && html`<p><a class="button" href="/take-home">${takeHomeTextsIn(visitor.language).title}</a></p>`}
</section>`
}

function renderEmpty(texts: Texts): Html {
  return html`<section class="card" aria-labelledby="empty-title">
<h2 id="empty-title">${texts.empty.title}</h2>
<p>${texts.empty.explain}</p>
<p class="faint">${texts.empty.how}</p>
${renderLine('joinery import FOLDER')}
</section>`
}
