/** What an installer is, read from its file name. Names are those that the publishers use; what we do not know is shown as it is. */

export type SystemName = 'windows' | 'macos' | 'linux'

export interface Product {
  product: string
  version?: string
  system?: SystemName
  /** As shown: `64-bit Intel`, … are for the page; here `x86_64`, `arm64`, `x86`, `armv7`, `universal`. */
  cpu?: string
  /** The name is none that we know: its words may be anything. */
  isGuess?: boolean
}

interface Rule {
  product: string
  pattern: RegExp
  system?: SystemName
  cpu?: string
}

/** Group 1 is the version. The first rule that fits counts. */
const RULES: readonly Rule[] = [
  { product: 'R', pattern: /^R-([0-9][\w.]*?)(?:patched|rc)?-win\.exe$/i, system: 'windows', cpu: 'x86_64' },
  { product: 'R', pattern: /^R-([0-9][\w.]*?)(?:-(?:arm64|x86_64|arm64-\w+|x86_64-\w+))?\.pkg$/i, system: 'macos' },
  { product: 'Rtools', pattern: /^rtools([0-9]+)-.*\.exe$/i, system: 'windows' },
  {
    product: 'RStudio',
    pattern:
      /^RStudio-([0-9][\w.+-]*?)(?:-(?:debian|ubuntu|fedora|amd64|x86_64|arm64)\b.*)?\.(?:exe|dmg|deb|rpm|zip|tar\.gz)$/i
  },
  {
    product: 'Python',
    pattern:
      /^python-([0-9][\w.]*?)(?:-(?:amd64|arm64|macos[\w.]*|macosx[\w.]*|webinstall|embed-\w+))*\.(?:exe|pkg|zip)$/i
  },
  { product: 'Python', pattern: /^Python-([0-9][\w.]*?)\.(?:tgz|tar\.xz)$/ },
  {
    product: 'Git for Windows',
    pattern: /^(?:Portable)?Git-([0-9][\w.]*?)-(?:32|64-bit|64|arm64)(?:-bit)?(?:\.7z)?\.exe$/i,
    system: 'windows'
  },
  { product: 'Git', pattern: /^git-([0-9][\w.]*?)-.*\.dmg$/i, system: 'macos' },
  {
    product: 'Miniforge',
    pattern: /^Mini(?:forge|forge3|mamba)[0-9]*-(?:([0-9][\w.-]*?)-)?(?:Windows|MacOSX|Linux)-\w+\.(?:exe|sh|pkg)$/i
  },
  {
    product: 'Miniconda',
    pattern: /^Miniconda[0-9]*-(?:py[0-9]+_)?(?:([0-9][\w.-]*?)-)?(?:Windows|MacOSX|Linux)-\w+\.(?:exe|sh|pkg)$/i
  },
  { product: 'Anaconda', pattern: /^Anaconda[0-9]*-([0-9][\w.-]*?)-(?:Windows|MacOSX|Linux)-\w+\.(?:exe|sh|pkg)$/i },
  {
    product: 'OpenRefine',
    pattern: /^openrefine-(?:win|mac|linux)(?:-with-java)?-([0-9][\w.-]*?)\.(?:zip|dmg|exe|tar\.gz)$/i
  },
  {
    product: 'DB Browser for SQLite',
    pattern:
      /^DB\.Browser\.for\.SQLite-v?([0-9][\w.]*?)(?:-(?:win32|win64|arm64|intel|x86[._]64|x64|v2))*\.(?:msi|dmg|zip|AppImage)$/i
  },
  { product: 'XQuartz', pattern: /^XQuartz-([0-9][\w.]*?)\.(?:pkg|dmg)$/i, system: 'macos', cpu: 'universal' },
  {
    product: 'Visual Studio Code',
    pattern: /^VSCode(?:User)?Setup-(?:x64|arm64|ia32)-([0-9][\w.]*?)\.exe$/i,
    system: 'windows'
  },
  { product: 'Zotero', pattern: /^Zotero-([0-9][\w.]*?)[_-].*\.(?:exe|dmg|tar\.bz2)$/i }
]

const EXTENSION_SYSTEMS: Readonly<Record<string, SystemName>> = {
  exe: 'windows',
  msi: 'windows',
  msix: 'windows',
  bat: 'windows',
  pkg: 'macos',
  dmg: 'macos',
  command: 'macos',
  deb: 'linux',
  rpm: 'linux',
  appimage: 'linux'
}

/** @param path such as `rstudio/RStudio-2024.04.1-748.exe`; a folder `windows/`, `macos/`, `linux/` tells the system where the name does not */
export function describeInstaller(path: string): Product {
  const fileName = path.slice(path.lastIndexOf('/') + 1).slice(0, 255)
  for (const rule of RULES) {
    const found = rule.pattern.exec(fileName)
    if (!found) continue
    const system = rule.system ?? systemOf(path, fileName)
    const cpu = rule.cpu ?? cpuOf(rule.product, fileName, system)
    return {
      product: rule.product,
      ...(found[1] ? { version: found[1] } : {}),
      ...(system ? { system } : {}),
      ...(cpu ? { cpu } : {})
    }
  }
  const system = systemOf(path, fileName)
  const cpu = cpuOf('', fileName, system)
  const version = /[-_ v]([0-9]+(?:\.[0-9]+)+)/.exec(fileName)?.[1]
  const product = plainName(fileName)
  return {
    product,
    isGuess: true,
    ...(version ? { version } : {}),
    ...(system ? { system } : {}),
    ...(cpu ? { cpu } : {})
  }
}

function systemOf(path: string, fileName: string): SystemName | undefined {
  const ending = fileName.slice(fileName.lastIndexOf('.') + 1).toLowerCase()
  const byEnding = Object.hasOwn(EXTENSION_SYSTEMS, ending) ? EXTENSION_SYSTEMS[ending] : undefined
  if (byEnding) return byEnding
  // `darwin` holds `win`.
  const text = path.toLowerCase()
  if (/(?:^|[^a-z])(?:macosx?|mac|osx|darwin)(?:[^a-z]|$)/.test(text)) return 'macos'
  if (/(?:^|[^a-z])(?:win|windows|win32|win64)(?:[^a-z]|$)/.test(text)) return 'windows'
  if (/(?:^|[^a-z])(?:linux|ubuntu|debian|fedora)(?:[^a-z]|$)/.test(text)) return 'linux'
  return undefined
}

function cpuOf(product: string, fileName: string, system: SystemName | undefined): string | undefined {
  const text = fileName.toLowerCase()
  if (/arm64|aarch64|apple-?silicon/.test(text)) return 'arm64'
  if (/armv?7|armhf/.test(text)) return 'armv7'
  if (/amd64|x86[._-]?64|x64|win64|64-bit|intel/.test(text)) return 'x86_64'
  if (/universal/.test(text)) return 'universal'
  if (/win32|ia32|i[36]86|x86|32-bit/.test(text)) return 'x86'
  if (product === 'Python' && system === 'windows') return 'x86'
  if (product === 'Python' && system === 'macos') return 'universal'
  return undefined
}

function plainName(fileName: string): string {
  const stem = fileName.replace(/\.(?:tar\.\w+|[A-Za-z]\w{0,9})$/, '')
  const name = stem.split(/[-_ ](?=v?[0-9])/)[0] ?? stem
  return name === '' ? fileName : name
}
