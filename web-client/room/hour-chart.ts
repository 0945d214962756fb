/** The last hour as a line: sixty points of SVG, drawn on the node as well as in the browser. A chart library is twenty times as much and needs scripts. */
import { type Html, html } from '../html.ts'

const MINUTES = 60
const HEIGHT = 24

/** Two hex digits a sample, the newest last. */
export function samplesOf(hex: string): number[] {
  const samples: number[] = []
  for (let at = 0; at + 2 <= hex.length && samples.length < MINUTES; at += 2)
    samples.push(Number.parseInt(hex.slice(at, at + 2), 16) || 0)
  return samples
}

/** As `HourReport` says it: 8 × log2(1 + bytes a second). */
export function bytesPerSecondOf(sample: number): number {
  return 2 ** (sample / 8) - 1
}

export interface HourScale {
  /** What the top of the chart stands for. */
  most: number
  label: string
  /** The newest value and the highest, with their unit: what a pointer over the line would tell, for everybody. */
  said: string
  /** At the two ends of the hour. */
  from: string
  until: string
}

export function renderHour(samples: readonly number[], { most, label, said, from, until }: HourScale): Html {
  const first = MINUTES - samples.length
  const points = samples.map((sample, at) => {
    const y = HEIGHT - (Math.min(sample, most) / most) * HEIGHT
    return `${first + at} ${Math.round(y * 10) / 10}`
  })
  return html`<figure class="hour"><figcaption>${label} <span class="faint">${said}</span></figcaption><svg viewBox="0 0 ${MINUTES - 1} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><path class="half" d="M0 ${HEIGHT / 2}H${MINUTES - 1}"/>${points.length > 1 && html`<path d="M${points.join('L')}"/>`}</svg><p class="ends faint" aria-hidden="true"><span>${from}</span><span>${until}</span></p></figure>`
}
