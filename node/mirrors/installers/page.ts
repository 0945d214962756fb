import { encodePath, escapeHtml } from '../markup.ts'
import type { InstallerRow } from './rows.ts'

const SYSTEMS: Readonly<Record<string, string>> = { windows: 'Windows', macos: 'macOS', linux: 'Linux' }

/** A plain list that works everywhere; the room's first page shows the same rows in its own look. */
export function listHtml(rows: readonly InstallerRow[]): string {
  const fitting = rows.filter((row) => row.fits)
  const others = rows.filter((row) => !row.fits)
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    '<title>Installers in this room</title></head><body>',
    '<h1>Installers in this room</h1>',
    ...(fitting.length > 0 ? [`<h2>For your system</h2>`, table(fitting), '<h2>For other systems</h2>'] : []),
    others.length > 0 ? table(others) : '<p>None.</p>',
    '</body></html>\n'
  ].join('\n')
}

function table(rows: readonly InstallerRow[]): string {
  const lines = rows.map((row) => {
    const name = escapeHtml(`${row.product}${row.version ? ` ${row.version}` : ''}`)
    const system = row.system === undefined ? '' : (SYSTEMS[row.system] ?? row.system)
    const cells = [
      `<a href="./${encodePath(row.path)}">${name}</a>`,
      escapeHtml([system, row.cpu ?? ''].filter((part) => part !== '').join(', ')),
      `${(row.sizeBytes / 1e6).toFixed(1)} MB`,
      `<code>${row.sha256}</code>`
    ]
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  })
  const head = ['Name', 'System', 'Size', 'SHA-256'].map((text) => `<th scope="col">${text}</th>`).join('')
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${lines.join('\n')}\n</tbody></table>`
}
