/** The script that an installed device runs before each start, in sh, with a folder for the boot drive and a stand-in for the program. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bootDriveScript } from '../../../node/install/boot-drive.ts'
import { type TemporaryFolder, temporaryFolder } from '../../kit/temporary-folder.ts'

let folder: TemporaryFolder
let boot: string
let console_: string
beforeEach(() => {
  folder = temporaryFolder()
  boot = join(folder.path, 'boot')
  console_ = join(folder.path, 'console')
  for (const name of ['boot', 'bin', 'run']) mkdirSync(join(folder.path, name))
  // Notes what was asked, and answers as the program would.
  stub(
    'setpriv',
    `for word; do case $word in *asked) cat "$word" >> "${folder.path}/seen" ;; esac; done\necho "Code: abcd"`
  )
})
afterEach(() => folder[Symbol.dispose]())

function stub(name: string, text: string): void {
  const path = join(folder.path, 'bin', name)
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
}

function start(): { code: number | null; stdout: string; stderr: string } {
  const script = join(folder.path, 'boot-drive.sh')
  writeFileSync(script, bootDriveScript('arm64', '/var/lib/joinery'))
  // Not by way of the kit, which starts what it runs with the setpriv of the PATH.
  const { status, stdout, stderr } = spawnSync('/bin/sh', [script], {
    encoding: 'utf8',
    env: {
      PATH: `${folder.path}/bin:${process.env.PATH}`,
      JOINERY_BOOT_FOLDERS: `${boot} ${folder.path}/none`,
      JOINERY_RUN: join(folder.path, 'run'),
      JOINERY_CONSOLE: console_
    }
  })
  return { code: status, stdout, stderr }
}
const seen = (): string =>
  existsSync(join(folder.path, 'seen')) ? readFileSync(join(folder.path, 'seen'), 'utf8') : ''
const leftovers = (): string[] => readdirSync(join(folder.path, 'run'))

describe('the boot drive', () => {
  test('without a file changes nothing and says nothing', () => {
    expect(start()).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect([readdirSync(boot), seen()]).toEqual([[], ''])
  })

  test.each(['joinery-reset.txt', 'joinery-reset.txt.txt'])('with %s renews a code, once', (name) => {
    writeFileSync(join(boot, name), 'ana-maria\r\n')
    const { code, stderr } = start()
    expect(code).toBe(0)
    expect(seen()).toBe('ana-maria\r\n')
    expect(readdirSync(boot)).toEqual(['joinery-code.txt'])
    expect(readFileSync(join(boot, 'joinery-code.txt'), 'utf8')).toBe('Code: abcd\n')
    expect(readFileSync(console_, 'utf8')).toBe('Code: abcd\n')
    // The log is read by more people than the card.
    expect(stderr).toContain('the answer is in')
    expect(stderr).not.toContain('abcd')
    start()
    expect(seen()).toBe('ana-maria\r\n')
    expect(leftovers()).toEqual([])
  })

  test('that nothing can be removed from resets nothing, and says so', () => {
    writeFileSync(join(boot, 'joinery-reset.txt'), 'ana')
    stub('rm', `for word; do case $word in ${boot}/*) exit 1 ;; esac; done\nexec /bin/rm "$@"`)
    const { code, stderr } = start()
    expect([code, seen()]).toEqual([0, ''])
    expect(stderr).toContain('nothing was reset')
    expect(readdirSync(boot)).toEqual(['joinery-reset.txt'])
    expect(leftovers()).toEqual([])
  })

  test('hands over no more of a huge file than shows that it is too long, and follows no link', () => {
    writeFileSync(join(folder.path, 'secret'), 'secret')
    symlinkSync(join(folder.path, 'secret'), join(boot, 'joinery-reset.txt'))
    writeFileSync(join(boot, 'joinery-reset.txt.txt'), Buffer.alloc(1e6, 'x'))
    start()
    expect(seen()).toBe('x'.repeat(4_097))
    expect(readdirSync(boot).sort()).toEqual(['joinery-code.txt', 'joinery-reset.txt'])
  })

  test('replaces a link in the place of the answer instead of writing where it leads', () => {
    writeFileSync(join(folder.path, 'other'), 'other')
    symlinkSync(join(folder.path, 'other'), join(boot, 'joinery-code.txt'))
    writeFileSync(join(boot, 'joinery-reset.txt'), '')
    start()
    expect(readFileSync(join(folder.path, 'other'), 'utf8')).toBe('other')
    expect(readFileSync(join(boot, 'joinery-code.txt'), 'utf8')).toBe('Code: abcd\n')
  })
})
