import type { Finding } from '../control/operations.ts'

/**
 * Why the pages are not where browsers look by themselves. For who asked for no port.
 *
 * @param owner the program that has port 80, as far as this device may know
 */
export function portFinding(port: number, owner: string | undefined): Finding {
  const next = 'Addresses need the number until then.'
  if (owner === undefined)
    return {
      level: 'warning',
      code: 'PORT_TAKEN',
      text: `The pages are on port ${port}: port 80 was not free, or needs more rights.`,
      next: `\`sudo ss -ltnp 'sport = :80'\` names the program that has it; as a service (\`joinery install\`) Joinery has the right to it. ${next}`
    }
  return {
    level: 'warning',
    code: 'PORT_TAKEN',
    text: `Port 80 is used by ${owner}, so the pages are on port ${port}.`,
    next: `Stop that program (\`sudo systemctl disable --now ${owner}\`), then start Joinery again. ${next}`
  }
}
