/** `/design`: every design token and every part that pages are made of, for those who write pages. In English only, like the code. */
import { renderLine } from '../first-page.ts'
import { type Html, html } from '../html.ts'
import { ICONS, icon } from '../icons.ts'
import { renderPage } from '../page-frame.ts'
import { renderSearchField } from '../search/search-page.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'

interface Token {
  name: string
  value: string
}

/** @param style the style sheet: its first rule has the tokens */
export function tokensOf(style: string): Token[] {
  const root = /:root \{([^}]*)\}/.exec(style)?.[1] ?? ''
  return [...root.matchAll(/--([a-z0-9-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => ({
    name,
    value: value.replace(/\s+/g, ' ')
  }))
}

export function renderDesignPage(style: string, visitor: Visitor): string {
  const tokens = tokensOf(style)
  const colours = tokens.filter(({ value }) => value.startsWith('#'))
  const named = (pattern: RegExp): Token[] => tokens.filter(({ name }) => pattern.test(name))
  return renderPage({
    title: 'Design',
    heading: 'Design',
    tagline: 'Calm, plain, quick: for a tired facilitator and a first-time learner.',
    texts: textsIn(visitor.language),
    visitor,
    link: { href: '/', text: textsIn(visitor.language).firstPage },
    main: html`<div class="flow">
${section(
  'colour',
  'Colour',
  'Light and dark follow the system; who asks for more contrast gets it. State is never told by colour alone.',
  html`<ul class="lessons">${colours.map(
    ({ name }) =>
      html`<li><svg class="swatch" viewBox="0 0 48 24" aria-hidden="true"><rect width="48" height="24" rx="4" fill="var(--${name})" stroke="var(--faint)"/></svg><code>--${name}</code></li>`
  )}</ul>`
)}
${section('type', 'Type', 'The system’s own letters. Three sizes and a title.', list(named(/^(?:text|mono|size-)/)))}
${section('space', 'Space', 'Six steps, one gap between parts, one size for what is touched.', list(named(/^(?:space-|gap|target|radius|shadow)/)))}
${section('motion', 'Motion', 'Colours answer the pointer; nothing moves. None at all for who asks for less.', list(named(/^motion/)))}
${section(
  'icons',
  'Icons',
  'Lines on a square of 20, beside words and never in their place.',
  html`<ul class="names">${ICONS.map((name) => html`<li>${icon(name)}${name}</li>`)}</ul>`
)}
${section('buttons', 'Buttons', 'One strong one on a page at most.', BUTTONS)}
${section('states', 'States and tags', 'A dot, a ring, a square: told apart without colour.', STATES)}
${section('line', 'A line to paste', 'The button comes with scripts; selecting works without.', renderLine('pip install numpy'))}
${section('field', 'A field, and what is wrong with it', 'The label above, the problem below, in words.', FIELD)}
${section('search', 'Search', 'A label for readers, a placeholder for the eye.', renderSearchField(visitor.language))}
${section('lists', 'Lists that lead somewhere', 'The whole row can be touched.', LISTS)}
${section('rows', 'Rows with something to do', 'On a phone the button goes below.', ROWS)}
${section('facts', 'Facts to write down', 'Large, and selected as a whole.', FACTS)}
${section('meter', 'A meter', 'Decoration: the figures stand beside it.', METER)}
${section('more', 'More', 'Folded until somebody asks.', html`<details><summary>Which packages are here?</summary><p>numpy, pandas</p></details>`)}
${section('hits', 'What was found', 'The words that were looked for are marked.', HITS)}
<section class="card notice" aria-labelledby="notice"><h2 id="notice">A notice</h2><p>Something to do now. Seldom.</p></section>
<section class="card with-button" aria-labelledby="with-button"><div><h2 id="with-button">A card with a button</h2><p class="explain">One sentence.</p></div><a class="button" href="#with-button">Open</a></section>
</div>`
  })
}

function section(id: string, title: string, explain: string, body: Html): Html {
  return html`<section class="card" aria-labelledby="${id}"><h2 id="${id}">${title}</h2><p class="explain">${explain}</p>${body}</section>`
}

function list(tokens: readonly Token[]): Html {
  return html`<dl class="ids">${tokens.map(({ name, value }) => html`<div><dt><code>--${name}</code></dt><dd>${value}</dd></div>`)}</dl>`
}

const BUTTONS = html`<p class="buttons"><a class="button button-strong" href="#buttons">Strong</a> <a class="button" href="#buttons">Plain</a> <a class="button button-danger" href="#buttons">Danger</a></p>`
const STATES = html`<p class="states"><span class="state good">Safe to unplug</span> <span class="state wait">Do not unplug yet</span> <span class="state bad">Needs an update</span> <span class="tag">your computer</span></p>`
const FIELD = html`<form class="form"><div class="field"><label for="name">Name</label><input id="name" value="ana" aria-invalid="true" aria-describedby="name-problem"><p class="problem" id="name-problem">Somebody has this name already.</p></div></form><p class="done">Saved on 3 devices</p>`
const LISTS = html`<nav class="jump" aria-label="Sample"><ul><li><a href="#lists">3 lessons</a></li><li><a href="#lists" aria-current="true">12 packages</a></li></ul></nav>
<ul class="lessons"><li><a href="#lists"><strong>The Unix Shell</strong><span class="faint">24 MB</span></a></li></ul>
<ul class="downloads"><li><a href="#lists"><strong>R</strong> 4.4.1<span class="faint">x86_64 · 82 MB</span></a></li></ul>`
const ROWS = html`<ul><li class="row"><span class="row-text">Ana María</span><a class="button" href="#rows">New code</a></li><li class="row"><span class="row-text">Bo</span><a class="button" href="#rows">New code</a></li></ul>`
const FACTS = html`<dl class="facts"><div><dt>Your code</dt><dd>pine-42-otter</dd></div></dl>`
const METER = html`<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect class="fill" width="60" height="4"/></svg><p class="faint">60 of 100 files</p>`
const HITS = html`<ol class="hits"><li><a href="#hits"><strong>Loops</strong> <span class="hit-section">For loops</span></a><p>Repeat a command <mark>for</mark> each file.</p><p class="faint">shell-novice/05-loop.html</p></li></ol>`
