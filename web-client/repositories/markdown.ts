/**
 * Markdown that somebody pushed, as HTML that cannot do anything: HTML in it is shown as text, `javascript:` and `data:` addresses are left as text,
 * and headings begin below those of the page. Loaded only when there is something to render.
 */
import MarkdownIt from 'markdown-it'
import { type Html, html } from '../html.ts'

/** A README beyond it is shown as plain text: rendering takes time that others wait for. */
export const MAX_MARKDOWN_CHARACTERS = 200_000
/** Headings of a README stand below the page's own. */
const HEADING_OFFSET = 2
const LOWEST_HEADING = 6

const markdown = new MarkdownIt({ html: false, linkify: false, maxNesting: 20 })
markdown.core.ruler.push('lower_headings', ({ tokens }) => {
  for (const token of tokens) {
    if (token.type !== 'heading_open' && token.type !== 'heading_close') continue
    token.tag = `h${Math.min(LOWEST_HEADING, Number(token.tag.slice(1)) + HEADING_OFFSET)}`
  }
})

export interface MarkdownPlace {
  /** `/ana/recipes/files/docs`: what relative links are resolved against. */
  files: string
  /** `/ana/recipes/raw/docs`: the same for pictures. */
  raw: string
  /** `?at=…` or empty. */
  query: string
}

export function renderMarkdown(text: string, place: MarkdownPlace): Html {
  const environment = {}
  const tokens = markdown.parse(text, environment)
  for (const token of tokens) {
    for (const child of token.children ?? []) {
      if (child.type === 'link_open') child.attrSet('href', resolve(child.attrGet('href'), place.files, place.query))
      if (child.type === 'image') child.attrSet('src', resolve(child.attrGet('src'), place.raw, place.query))
    }
  }
  const rendered = markdown.renderer.render(tokens, markdown.options, environment)
  return html`<div class="markdown">${{ html: rendered }}</div>`
}

/** Relative addresses lead into the repository; those with a scheme and those within the page stay. */
function resolve(href: unknown, base: string, query: string): string {
  const text = typeof href === 'string' ? href : ''
  if (/^[a-z][a-z0-9+.-]*:/i.test(text) || text.startsWith('#') || text.startsWith('//')) return text
  const target = URL.parse(text.startsWith('/') ? text.slice(1) : text, `http://room.invalid${base}/`)
  if (target?.host !== 'room.invalid') return '#'
  return `${target.pathname}${query}${target.hash}`
}
