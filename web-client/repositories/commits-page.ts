/** `/<person>/<repository>/commits` and `…/commit/<id>`. */
import { formatCount } from '../formats.ts'
import { type Html, html } from '../html.ts'
import type { Language } from '../languages.ts'
import type { Visitor } from '../visitor.ts'
import {
  atQuery,
  type RepositoryHead,
  renderBranches,
  renderRepositoryPage,
  repositoryPath
} from './repository-frame.ts'
import { type RepositoryTexts, repositoryTextsIn } from './texts.ts'

export interface CommitLine {
  id: string
  subject: string
  authorName: string
  /** Seconds since 1970, as the author's computer believed. */
  authoredS: number
}

export interface CommitList {
  commits: readonly CommitLine[]
  /** Where the next page begins: a commit. */
  next?: string
}

export interface CommitView extends CommitLine {
  /** Without the subject. */
  body: string
  parents: readonly string[]
  files: readonly FileChange[]
  /** There is more than was read. */
  cut: boolean
}

export interface FileChange {
  path: string
  /** Its name before, when it was renamed. */
  oldPath?: string
  binary: boolean
  added: number
  removed: number
  /** Lines as `git diff` writes them: `@@ …`, `+…`, `-…`, ` …`. */
  lines: readonly string[]
}

export function renderCommitsPage(head: RepositoryHead, list: CommitList, nowMs: number, visitor: Visitor): string {
  const words = repositoryTextsIn(visitor.language)
  const base = repositoryPath(head)
  return renderRepositoryPage(
    head,
    'commits',
    visitor,
    html`<section class="card" aria-labelledby="commits-title">
<h2 id="commits-title">${words.commits.title}</h2>
${renderBranches(head, '/commits', visitor)}
${list.commits.length === 0 && html`<p>${words.commits.none}</p>`}
<ul class="plain">${list.commits.map(
      (commit) => html`<li class="row">
<div class="row-text"><h3><a href="${base}/commit/${commit.id}">${commit.subject}</a></h3>
<p class="faint">${commit.authorName} · ${renderTime(commit.authoredS, nowMs, visitor.language)}</p></div>
<p class="buttons"><code class="id">${commit.id.slice(0, 7)}</code> <a class="button" href="${base}${atQuery(commit.id)}">${words.commits.browse}<span class="for-readers"> ${commit.id.slice(0, 7)}</span></a></p>
</li>`
    )}</ul>
${list.next !== undefined && html`<p><a class="button" href="${base}/commits${atQuery(list.next)}">${words.commits.older}</a></p>`}
</section>`,
    words.commits.title
  )
}

export function renderCommitPage(head: RepositoryHead, commit: CommitView, nowMs: number, visitor: Visitor): string {
  const words = repositoryTextsIn(visitor.language)
  const base = repositoryPath(head)
  return renderRepositoryPage(
    head,
    'commits',
    visitor,
    html`<section class="card" aria-labelledby="commit-title">
<h2 id="commit-title">${commit.subject}</h2>
${commit.body !== '' && html`<pre class="message">${commit.body}</pre>`}
<p class="faint">${commit.authorName} · ${renderTime(commit.authoredS, nowMs, visitor.language)}</p>
<dl class="ids"><div><dt>${words.commits.id}</dt><dd><code class="id">${commit.id}</code></dd></div>${
      commit.parents.length > 0 &&
      html`<div><dt>${words.commits.parents}</dt><dd>${commit.parents.map((parent) => html`<a href="${base}/commit/${parent}"><code class="id">${parent.slice(0, 7)}</code></a> `)}</dd></div>`
    }</dl>
<p><a class="button" href="${base}${atQuery(commit.id)}">${words.commits.browse}</a></p>
</section>
<section class="card" aria-labelledby="changes-title">
<h2 id="changes-title">${words.diff.title}</h2>
<p class="faint">${words.diff.files(commit.files.length)}</p>
${commit.files.map((file) => renderChange(file, visitor.language, words))}
${commit.cut && html`<p>${words.diff.cut}</p>`}
</section>`,
    commit.subject
  )
}

/** Added and removed lines are told apart by their sign, by colour, and for screen readers by their element. */
function renderChange(file: FileChange, language: Language, words: RepositoryTexts): Html {
  return html`<h3 class="path">${file.path} <span class="faint">${
    file.oldPath !== undefined && `${words.diff.renamed(file.oldPath)} · `
  }+${formatCount(file.added, language)} <span class="for-readers">${words.diff.added}</span> −${formatCount(
    file.removed,
    language
  )} <span class="for-readers">${words.diff.removed}</span></span></h3>
${
  file.binary
    ? html`<p>${words.diff.binary}</p>`
    : html`<pre class="source diff" tabindex="0" aria-label="${file.path}"><code>${file.lines.map(renderDiffLine)}</code></pre>`
}`
}

function renderDiffLine(line: string): Html {
  if (line.startsWith('+'))
    return html`<ins>${line}
</ins>`
  if (line.startsWith('-'))
    return html`<del>${line}
</del>`
  if (line.startsWith('@@'))
    return html`<span class="hunk">${line}
</span>`
  return html`${line}
`
}

const STEPS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60]
]

/** `3 hours ago`, exact on hover. Where this device's clock is behind the author's, only the exact time is shown. */
export function renderTime(authoredS: number, nowMs: number, language: Language): Html {
  const date = new Date(authoredS * 1000)
  if (Number.isNaN(date.getTime())) return html``
  const iso = date.toISOString()
  const exact = `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
  const agoS = Math.round(nowMs / 1000 - authoredS)
  if (agoS < -60) return html`<time datetime="${iso}">${exact}</time>`
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const [unit, seconds] = STEPS.find(([, size]) => agoS >= size) ?? ['second', 1]
  const text = unit === 'second' ? format.format(0, 'second') : format.format(-Math.floor(agoS / seconds), unit)
  return html`<time datetime="${iso}" title="${exact}">${text}</time>`
}
