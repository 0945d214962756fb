/** What all pages of one repository have around them: whose it is, its parts, its branches. */
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { repositoryTextsIn } from './texts.ts'

export interface RepositoryHead {
  owner: { name: string; shownName: string }
  name: string
  /** Branch or commit that is looked at; undefined = the default branch. */
  at?: string
  defaultBranch: string
  branches: readonly string[]
  /** For git: `http://192.168.1.20:8080/ana/recipes.git`. */
  cloneAddress: string
  /** The visitor may change its settings. */
  mine: boolean
}

export type RepositoryPart = 'files' | 'commits' | 'settings'

export function renderRepositoryPage(
  head: RepositoryHead,
  part: RepositoryPart,
  visitor: Visitor,
  main: Html,
  title?: string
): string {
  const texts = textsIn(visitor.language)
  const words = repositoryTextsIn(visitor.language)
  const base = repositoryPath(head)
  const query = atQuery(head.at)
  const parts: [RepositoryPart, string, string][] = [['files', base + query, words.parts.files]]
  if (head.branches.length > 0) parts.push(['commits', `${base}/commits${query}`, words.parts.commits])
  if (head.mine) parts.push(['settings', `${base}/settings`, words.parts.settings])
  return renderPage({
    title: `${title === undefined ? '' : `${title} · `}${head.owner.name}/${head.name}`,
    heading: head.name,
    tagline: html`<a href="/${head.owner.name}">${head.owner.shownName}</a>`,
    texts,
    visitor,
    link: { href: '/repositories', text: texts.repositories.title },
    main: html`<div class="flow">
<nav class="jump" aria-label="${words.parts.label}"><ul>${parts.map(
      ([one, href, text]) => html`<li><a href="${href}"${one === part && html` aria-current="page"`}>${text}</a></li>`
    )}</ul></nav>
${main}
</div>`
  })
}

export function repositoryPath({ owner, name }: Pick<RepositoryHead, 'owner' | 'name'>): string {
  return `/${owner.name}/${name}`
}

export function atQuery(at: string | undefined): string {
  return at === undefined ? '' : `?${new URLSearchParams({ at })}`
}

/** A path inside the repository as part of an address. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

/** Each branch leads to the same part of the repository. */
export function renderBranches(head: RepositoryHead, part: '' | '/commits', visitor: Visitor): Html | undefined {
  if (head.branches.length < 2) return undefined
  const words = repositoryTextsIn(visitor.language)
  const current = head.at ?? head.defaultBranch
  return html`<nav aria-label="${words.branches}"><p class="faint">${words.branches}</p>
<ul class="branches">${head.branches.map(
    (branch) =>
      html`<li><a href="${repositoryPath(head)}${part}${atQuery(branch)}"${branch === current && html` aria-current="true"`}>${branch}</a></li>`
  )}</ul></nav>`
}
