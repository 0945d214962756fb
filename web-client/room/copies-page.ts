/** `/room/copies`: on how many devices each collection is kept, and what that takes of the disks. Plain forms, without scripts. */
import type { PlacementPolicy } from '../../protocols/content.ts'
import { costOf, MAX_POLICY_COPIES } from '../../protocols/placement-policy.ts'
import type { FormProblem } from '../form.ts'
import { renderField, renderProblem } from '../form.ts'
import { formatBytes } from '../formats.ts'
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { type CopiesTexts, copiesTextsIn } from './copies-texts.ts'
import { roomTextsIn } from './texts.ts'

export interface ShownRule {
  /** A collection, or a collection and a path. */
  target: string
  policy: PlacementPolicy
  /** Nobody set it. */
  standard: boolean
  files: number
  sizeBytes: number
}

export interface CopiesView {
  /** Of the devices that count as copies. */
  devices: number
  offeredBytes: number
  rules: readonly ShownRule[]
  /** Of the form that was sent; `field` is the rule's target, or `target` for the new one. */
  problem?: FormProblem
  /** What was typed for a new one. */
  target?: string
}

const USUAL_COPIES = 2
const MAX_TARGET_CHARACTERS = 300

export function renderCopiesPage(view: CopiesView, visitor: Visitor): string {
  const { language } = visitor
  const words = copiesTextsIn(language)
  const { rules, devices, offeredBytes, problem } = view
  return renderPage({
    title: words.title,
    heading: words.title,
    tagline: words.tagline,
    texts: textsIn(language),
    visitor,
    link: { href: '/room', text: roomTextsIn(language).content.back },
    main: html`<div class="flow copies">
<section class="card lead"><p>${words.offered(devices, formatBytes(offeredBytes, language))}</p>${
      rules.length === 0 && html`<p>${words.empty}</p>`
    }</section>
${rules.map((rule, at) => renderRule(rule, at, view, words, visitor))}
<section class="card narrow" aria-labelledby="path-title">
<h2 id="path-title">${words.forPath}</h2>
<p class="explain">${words.forPathExplain}</p>
<form class="form" method="post" action="/room/copies">
${renderField({ name: 'target', label: words.path, value: view.target ?? '', problem, autocomplete: 'off', maxLength: MAX_TARGET_CHARACTERS, secret: true })}
${renderChoices({ at: rules.length, words, choices: choicesOf(words) })}
<button class="button">${words.add}</button>
</form>
</section>
</div>`
  })
}

function renderRule(rule: ShownRule, at: number, view: CopiesView, words: CopiesTexts, { language }: Visitor): Html {
  const { target, policy, standard, files, sizeBytes } = rule
  const isPath = target.includes('/')
  const cost = (one: PlacementPolicy): Html => {
    const { totalBytes, eachBytes } = costOf(one, sizeBytes, view.devices)
    return html`${words.cost(formatBytes(totalBytes, language), formatBytes(eachBytes, language))}${
      totalBytes > view.offeredBytes && html` <strong>(${words.tooMuch})</strong>`
    }`
  }
  const problem = view.problem?.field === target ? renderProblem({ text: view.problem.text }) : undefined
  return html`<section class="card narrow" aria-labelledby="rule-${at}">
<h2 id="rule-${at}">${target}${isPath && html` <span class="tag">${words.only}</span>`}</h2>
<p class="faint">${words.holds(files)} · ${formatBytes(sizeBytes, language)}</p>
${problem}
<form class="form" method="post" action="/room/copies">
<input type="hidden" name="target" value="${target}">
${renderChoices({
  ...{ at, words, label: target },
  choices: choicesOf(words, { cost, isPath, policy, standard }),
  chosen: standard ? 'standard' : policy.kind,
  copies: policy.kind === 'copies' ? policy.copies : Math.min(USUAL_COPIES, Math.max(1, view.devices))
})}
<button class="button">${words.save}<span class="for-readers">: ${target}</span></button>
</form>
</section>`
}

interface Choice {
  value: string
  label: string
  explain?: string | Html
}

function choicesOf(
  words: CopiesTexts,
  rule?: { cost(policy: PlacementPolicy): Html; isPath: boolean; policy: PlacementPolicy; standard: boolean }
): Choice[] {
  const costs = (policy: PlacementPolicy): Pick<Choice, 'explain'> => (rule ? { explain: rule.cost(policy) } : {})
  // What the standard comes to is known only where it counts now.
  const standard = html`${words.standardExplain}${rule?.standard && html` ${words.now}: ${rule.cost(rule.policy)}`}`
  const two: PlacementPolicy = rule?.policy.kind === 'copies' ? rule.policy : { kind: 'copies', copies: USUAL_COPIES }
  return [
    ...(rule
      ? [
          rule.isPath
            ? { value: 'standard', label: words.noRule }
            : { value: 'standard', label: words.standard, explain: standard }
        ]
      : []),
    { value: 'everywhere', label: words.everywhere, ...costs({ kind: 'everywhere' }) },
    {
      value: 'copies',
      label: words.copies,
      ...(rule && { explain: html`${two.copies} × · ${rule.cost(two)}` })
    },
    {
      value: 'on-demand',
      label: words.onDemand,
      explain: words.onDemandExplain
    }
  ]
}

interface Choices {
  /** Number of the form on its page. */
  at: number
  words: CopiesTexts
  label?: string
  choices: readonly Choice[]
  chosen?: string
  copies?: number
}

function renderChoices({ at, words, label, choices, chosen = 'everywhere', copies = USUAL_COPIES }: Choices): Html {
  return html`<fieldset class="choices"><legend>${words.title}${label !== undefined && html`<span class="for-readers">: ${label}</span>`}</legend>
${choices.map(
  ({ value, label, explain }) =>
    html`<div class="choice"><label><input type="radio" name="kind" value="${value}"${value === chosen && html` checked`}${
      explain !== undefined && html` aria-describedby="explain-${at}-${value}"`
    }> ${label}</label>${explain !== undefined && html`<p class="faint" id="explain-${at}-${value}">${explain}</p>`}${
      value === 'copies' &&
      html`<div class="field"><label for="copies-${at}">${words.number}</label><input id="copies-${at}" name="copies" type="number" inputmode="numeric" min="1" max="${MAX_POLICY_COPIES}" value="${copies}"></div>`
    }</div>`
)}
</fieldset>`
}
