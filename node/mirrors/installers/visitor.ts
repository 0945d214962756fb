import type { SystemName } from './product.ts'

export interface Visitor {
  system?: SystemName
  cpu?: string
}

/**
 * Which system a browser runs on, from its User-Agent and, where it sends them, client hints. A Mac of either kind says "Intel Mac OS X",
 * and Windows on ARM says "Win64; x64": the CPU is known from hints only.
 */
export function visitorOf(headers: { [name: string]: string | undefined }): Visitor {
  const hint = headers['sec-ch-ua-platform']?.replaceAll('"', '').toLowerCase()
  const arch = headers['sec-ch-ua-arch']?.replaceAll('"', '').toLowerCase()
  const system = systemOf(hint ?? '') ?? systemOf((headers['user-agent'] ?? '').slice(0, 1024).toLowerCase())
  const cpu = arch === 'arm' ? 'arm64' : arch === 'x86' ? 'x86_64' : linuxCpu(headers['user-agent'] ?? '', system)
  return { ...(system ? { system } : {}), ...(cpu ? { cpu } : {}) }
}

function systemOf(text: string): SystemName | undefined {
  if (/windows/.test(text)) return 'windows'
  // Phones say Linux or like Mac OS X, and can install none of it.
  if (/android|iphone|ipad|cros/.test(text)) return undefined
  if (/mac ?os|macintosh|darwin/.test(text)) return 'macos'
  return /linux|x11/.test(text) ? 'linux' : undefined
}

function linuxCpu(userAgent: string, system: SystemName | undefined): string | undefined {
  if (system !== 'linux') return undefined
  if (/aarch64|arm64/i.test(userAgent)) return 'arm64'
  return /x86_64|amd64/i.test(userAgent) ? 'x86_64' : undefined
}
