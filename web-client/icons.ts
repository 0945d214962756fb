/**
 * The one icon set: lines on a square of 20, in the colour of the words that they stand beside. They only decorate; the words say it.
 */
import { type Html, html } from './html.ts'

const PATHS = {
  lessons: 'M10 5C8 3.5 5 3.5 2.5 4v11.5c2.5-.5 5.5-.5 7.5 1 2-1.5 5-1.5 7.5-1V4C15 3.5 12 3.5 10 5zm0 0v11.5',
  packages: 'm10 2.5 7 3.5v8l-7 3.5-7-3.5V6zM3 6l7 3.5L17 6M10 9.5v8',
  installers: 'M10 3v9m-4-3.5 4 4 4-4M3 16.5h14',
  notes: 'm13 3.5 3.5 3.5-9 9-4.5 1 1-4.5zM11 5.5 14.5 9',
  repositories:
    'M6 5.5v9M6 9c0 3 8 1 8-2.5M7.8 4a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0zm0 12a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0zm8-11a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0z',
  person: 'M13.5 6.5a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0zM3.5 17c.5-4 3-5.5 6.5-5.5s6 1.5 6.5 5.5',
  search: 'M13.5 8.5a5 5 0 1 1-10 0 5 5 0 0 1 10 0zM12.2 12.2l4.8 4.8',
  network: 'M2.5 8c4.5-4 10.5-4 15 0M5.5 11.2c2.7-2.3 6.3-2.3 9 0M8.5 14.2c1-.8 2-.8 3 0M10 17h.01',
  undo: 'M4 4v4.5h4.5M4.3 8.3a6.5 6.5 0 1 1-.6 4.2',
  devices: 'M3 4h14v8H3zM7 16.5h6M10 12v4.5',
  warning: 'M10 3 2.5 16.5h15zM10 8v4M10 14.3h.01'
} as const

export type IconName = keyof typeof PATHS
export const ICONS = Object.keys(PATHS) as IconName[]

export function icon(name: IconName): Html {
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="${PATHS[name]}"/></svg>`
}
