import { renderUnicodeCompact } from 'uqr'
import type { ContentsOverview } from '../../protocols/room-overview.ts'
import { pipLine, rLine } from '../../web-client/client-lines.ts'

export interface ReadyTextInit {
  devices: readonly { name: string; port: number }[]
  contents: ContentsOverview
  /** How other computers and phones on the network reach the first device; empty without a network. */
  networkOrigins: readonly string[]
  /** Whose eyes the dashboard is for; the code is of this demo only. */
  facilitator: { name: string; code: string }
  /** How this program is called here: `joinery`, or `npx joinery` in a checkout. */
  command: string
}

export function readyText({ devices, contents, networkOrigins, facilitator, command }: ReadyTextInit): string {
  const origin = `http://127.0.0.1:${devices[0]?.port ?? 8080}`
  const lines = ['', 'The room is ready. Every device serves all of it:', '']
  for (const device of devices) lines.push(`  ${device.name}   http://127.0.0.1:${device.port}/`)
  const [network] = networkOrigins
  if (network !== undefined) {
    lines.push('', `On a phone or another computer of this network: ${network}/`, '')
    lines.push(renderUnicodeCompact(`${network}/`, { ecc: 'L', border: 2 }))
  }
  lines.push('', 'Try it (ready to paste):', '')
  const [lesson] = contents.lessons
  if (lesson) lines.push(`  A lesson      ${origin}${lesson.href}`)
  const python = contents.python.names[0]
  if (python !== undefined) lines.push(`  Python        ${pipLine(origin, python)}`)
  const r = contents.r.names[0]
  if (r !== undefined) lines.push(`  R             ${rLine(origin, r)}`)
  const [installer] = contents.installers
  if (installer) lines.push(`  A program     curl -O ${origin}${installer.href}`)
  lines.push(`  Notes         ${origin}/notes/`)
  lines.push(`  Git           ${origin}/sign-up, then ${origin}/new shows what to type`)
  lines.push(`  Set up once   curl -fsS ${origin}/setup/pip.sh | sh      (and how to undo it: ${origin}/setup)`)
  lines.push(`  Dashboard     ${origin}/room, signed in as ${facilitator.name} with the code ${facilitator.code}`)
  lines.push(`  Take it home  ${origin}/take-home`, '', helpText(command))
  return lines.join('\n')
}

export function helpText(command: string): string {
  return `Press 1, 2 or 3 to unplug that device or plug it in again, c to check what is served, q or Ctrl-C to end.\nFrom another terminal: ${command} demo unplug 2`
}
