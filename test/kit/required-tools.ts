/**
 * What the suite needs from the machine beside Node and npm, and in which Debian package it comes. A missing tool is a failure
 * and never a skipped test, so this list is checked before anything runs.
 */
import { execFileSync } from 'node:child_process'
import { accessSync, constants, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface RequiredTool {
  /** What is looked for: a program on the PATH, or a folder that holds a file whose name starts so. */
  what: { program: string } | { folder: string; startsWith: string } | { module: string }
  /** Package of Debian 12. */
  debianPackage: string
  /** Which tests cannot be run without it. */
  because: string
}

export const REQUIRED_TOOLS: readonly RequiredTool[] = [
  { what: { program: 'ip' }, debianPackage: 'iproute2', because: 'rooms on networks of their own' },
  { what: { program: 'tc' }, debianPackage: 'iproute2', because: 'slow links' },
  { what: { program: 'nsenter' }, debianPackage: 'util-linux', because: 'programs inside those networks' },
  { what: { program: 'setpriv' }, debianPackage: 'util-linux', because: 'programs that end with their test' },
  { what: { program: 'mount' }, debianPackage: 'mount', because: 'power cuts and full disks' },
  { what: { program: 'losetup' }, debianPackage: 'mount', because: 'power cuts' },
  { what: { program: 'mkfs.ext4' }, debianPackage: 'e2fsprogs', because: 'power cuts' },
  { what: { program: 'strace' }, debianPackage: 'strace', because: 'disks that fail to sync' },
  { what: { program: 'systemd-analyze' }, debianPackage: 'systemd', because: 'the unit of an installed device' },
  { what: { program: 'systemd-sysusers' }, debianPackage: 'systemd', because: 'the account of an installed device' },
  { what: { program: 'git' }, debianPackage: 'git', because: 'stock git clients, and what the git host runs' },
  { what: { program: 'curl' }, debianPackage: 'curl', because: 'downloads with Range' },
  {
    what: { program: 'ssh' },
    debianPackage: 'openssh-client',
    because: 'git over SSH, with the client that learners have'
  },
  { what: { program: 'wget' }, debianPackage: 'wget', because: 'the line that makes a computer a further device' },
  { what: { program: 'openssl' }, debianPackage: 'openssl', because: 'a proxy that ends TLS' },
  { what: { program: 'nginx' }, debianPackage: 'nginx-light', because: 'a cloud peer behind a proxy that ends TLS' },
  { what: { program: 'python3' }, debianPackage: 'python3', because: 'stock pip' },
  { what: { module: 'ensurepip' }, debianPackage: 'python3-venv', because: 'stock pip' },
  {
    what: { folder: '/usr/share/python-wheels', startsWith: 'pip-' },
    debianPackage: 'python3-pip-whl',
    because: 'real wheels to serve'
  },
  {
    what: { folder: '/usr/share/python-wheels', startsWith: 'setuptools-' },
    debianPackage: 'python3-setuptools-whl',
    because: 'real wheels to serve'
  },
  {
    what: { folder: '/usr/share/python-wheels', startsWith: 'wheel-' },
    debianPackage: 'python3-wheel-whl',
    because: 'real wheels to serve'
  },
  { what: { program: 'Rscript' }, debianPackage: 'r-base-core', because: 'stock install.packages' },
  { what: { program: 'chromium' }, debianPackage: 'chromium', because: 'pages as people see them' }
]

export function missingTools(): RequiredTool[] {
  return REQUIRED_TOOLS.filter(({ what }) => !isThere(what))
}

function isThere(what: RequiredTool['what']): boolean {
  if ('program' in what) return findProgram(what.program) !== undefined
  if ('folder' in what) {
    try {
      return readdirSync(what.folder).some((name) => name.startsWith(what.startsWith))
    } catch {
      return false
    }
  }
  try {
    execFileSync('/usr/bin/python3', ['-c', `import ${what.module}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Debian keeps some of them where the PATH of a user who is not root does not look. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']
  for (const folder of folders) {
    if (folder === '') continue
    try {
      const path = join(folder, name)
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // not here
    }
  }
  return undefined
}
