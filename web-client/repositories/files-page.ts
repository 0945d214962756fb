/** `/<person>/<repository>` and what is below `files`: folders, one file, the way in for git. */

import { renderLine } from '../first-page.ts'
import { formatBytes } from '../formats.ts'
import { type Html, html } from '../html.ts'
import type { Visitor } from '../visitor.ts'
import {
  atQuery,
  encodePath,
  type RepositoryHead,
  renderBranches,
  renderRepositoryPage,
  repositoryPath
} from './repository-frame.ts'
import { type RepositoryTexts, repositoryTextsIn } from './texts.ts'

export interface FolderEntry {
  name: string
  kind: 'file' | 'folder' | 'link' | 'submodule'
  sizeBytes?: number
}

export interface FolderView {
  /** Without slashes at its ends; empty for the top. */
  path: string
  entries: readonly FolderEntry[]
  /** There are more than can be shown. */
  cut: boolean
  /** README of this folder, rendered or as it is. */
  readme?: { name: string; body: Html }
}

export interface FileView {
  path: string
  sizeBytes: number
  /** Absent when it is no text or too large. */
  text?: string
  why?: 'binary' | 'too-large'
  /** Rendered, for Markdown. */
  rendered?: Html
}

/** A branch that healing made: `main-from-pi-2` beside `main`. */
export interface ApartBranch {
  branch: string
  base: string
}

export function renderFolderPage(
  head: RepositoryHead,
  folder: FolderView,
  apart: readonly ApartBranch[],
  visitor: Visitor
): string {
  const words = repositoryTextsIn(visitor.language)
  const top = folder.path === ''
  return renderRepositoryPage(
    head,
    'files',
    visitor,
    html`${top && apart.map((one) => renderApart(one, words))}
<section class="card" aria-labelledby="files-title">
<h2 id="files-title">${top ? words.parts.files : renderCrumbs(head, folder.path)}</h2>
${renderBranches(head, '', visitor)}
${renderEntries(head, folder, visitor, words)}
</section>
${folder.readme && html`<section class="card" aria-labelledby="readme-title"><h2 id="readme-title">${folder.readme.name}</h2>${folder.readme.body}</section>`}
${top && renderClone(head, words)}`,
    top ? undefined : folder.path
  )
}

function renderEntries(head: RepositoryHead, folder: FolderView, visitor: Visitor, words: RepositoryTexts): Html {
  const base = `${repositoryPath(head)}/files`
  const query = atQuery(head.at)
  const inside = folder.path === '' ? '' : `${encodePath(folder.path)}/`
  const above = folder.path.split('/').slice(0, -1).join('/')
  return html`<ul class="files">${
    folder.path !== '' &&
    html`<li><a href="${above === '' ? repositoryPath(head) : `${base}/${encodePath(above)}`}${query}">.. <span class="faint">${words.files.parent}</span></a></li>`
  }${folder.entries.map(({ name, kind, sizeBytes }) => {
    const shown = kind === 'folder' ? `${name}/` : name
    const about =
      kind === 'file' ? sizeBytes !== undefined && formatBytes(sizeBytes, visitor.language) : words.files[kind]
    return kind === 'submodule'
      ? html`<li><span class="row-line">${shown} <span class="faint">${about}</span></span></li>`
      : html`<li><a class="row-line" href="${base}/${inside}${encodePath(name)}${query}">${shown} <span class="faint">${about}</span></a></li>`
  })}</ul>
${folder.entries.length === 0 && html`<p>${words.files.empty}</p>`}
${folder.cut && html`<p class="faint">${words.diff.cut}</p>`}`
}

export function renderFilePage(head: RepositoryHead, file: FileView, visitor: Visitor): string {
  const words = repositoryTextsIn(visitor.language)
  const raw = `${repositoryPath(head)}/raw/${encodePath(file.path)}${atQuery(head.at)}`
  return renderRepositoryPage(
    head,
    'files',
    visitor,
    html`<section class="card" aria-labelledby="file-title">
<h2 id="file-title">${renderCrumbs(head, file.path)}</h2>
<p class="faint">${formatBytes(file.sizeBytes, visitor.language)} · <a href="${raw}">${words.files.raw}</a></p>
${
  file.rendered ??
  (file.text === undefined
    ? html`<p>${file.why === 'binary' ? words.files.binary : words.files.tooLarge}</p>`
    : html`<pre class="source" tabindex="0" aria-label="${file.path}"><code>${file.text}</code></pre>`)
}
</section>`,
    file.path
  )
}

function renderCrumbs(head: RepositoryHead, path: string): Html {
  const query = atQuery(head.at)
  const parts = path.split('/')
  const crumbs = parts.map((part, at) => {
    const upTo = parts.slice(0, at + 1).join('/')
    return at === parts.length - 1
      ? html`${part}`
      : html`<a href="${repositoryPath(head)}/files/${encodePath(upTo)}${query}">${part}</a> / `
  })
  return html`<a href="${repositoryPath(head)}${query}">${head.name}</a> / ${crumbs}`
}

function renderClone(head: RepositoryHead, words: RepositoryTexts): Html {
  return html`<section class="card" aria-labelledby="clone-title">
<h2 id="clone-title">${words.clone.title}</h2>
<p class="explain">${words.clone.explain} ${words.clone.signIn}</p>
${renderLine(head.cloneAddress)}
${renderLine(`git clone ${head.cloneAddress}`)}
</section>`
}

function renderApart({ branch, base }: ApartBranch, words: RepositoryTexts): Html {
  return html`<section class="card notice">
<h2>${words.apart.title}</h2>
<p>${words.apart.explain(branch, base)}</p>
<p class="faint">${words.apart.how}</p>
${renderLine(
  [
    'git fetch origin',
    `git switch ${base}`,
    `git merge origin/${base}`,
    `git merge origin/${branch}`,
    `git push origin ${base}`,
    `git push origin --delete ${branch}`
  ].join('\n')
)}
</section>`
}

/** An empty repository: what to type, as on GitHub. */
export function renderSetupPage(head: RepositoryHead, visitor: Visitor): string {
  const words = repositoryTextsIn(visitor.language)
  const { cloneAddress, name, defaultBranch } = head
  const remote = [
    `git remote add origin ${cloneAddress}`,
    `git branch -M ${defaultBranch}`,
    `git push -u origin ${defaultBranch}`
  ]
  return renderRepositoryPage(
    head,
    'files',
    visitor,
    html`<section class="card" aria-labelledby="setup-title">
<h2 id="setup-title">${words.setup.title}</h2>
<p>${words.setup.explain}</p>
${renderLine(cloneAddress)}
<h3>${words.setup.create}</h3>
${renderLine(
  [`echo "# ${name}" >> README.md`, 'git init', 'git add README.md', 'git commit -m "first commit"', ...remote].join(
    '\n'
  )
)}
<h3>${words.setup.push}</h3>
${renderLine(remote.join('\n'))}
<h3>${words.setup.clone}</h3>
${renderLine(`git clone ${cloneAddress}`)}
<p class="faint">${words.clone.signIn}</p>
</section>`
  )
}
