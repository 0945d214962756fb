import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Handout, handoutLine, ProgramHandout } from '../../../node/install/handout.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { sha256 } from '../../../node/platform/hash.ts'
import { tarHeader } from '../../../protocols/tar-header.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

function programIn(folder: string): ProgramHandout {
  const files: Readonly<Record<string, string>> = {
    'dist/main.js': 'x'.repeat(700),
    'dist/empty.js': '',
    'level/index.js': 'level',
    'level/.cache/old': 'never',
    node: '#!/bin/sh\necho "started: $*"\n'
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  symlinkSync('/etc/passwd', join(folder, 'level/outside'))
  const folders = [
    { from: join(folder, 'dist'), to: 'node_modules/joinery/dist' },
    { from: join(folder, 'level'), to: 'node_modules/level' },
    { from: join(folder, 'node'), to: `node_modules/node-linux-${process.arch}/bin/node` }
  ]
  const program = { version: '1.2.3-abcdef01', sizeBytes: 0, folders }
  return new ProgramHandout({ disk: nodeDisk }, { architecture: process.arch, program: async () => program })
}

async function bytesOf(handout: ProgramHandout, start: number, end: number): Promise<Buffer> {
  const spans: Uint8Array[] = []
  for await (const bytes of handout.read(start, end)) spans.push(bytes)
  return Buffer.concat(spans)
}

it('is an archive that tar unpacks, with the hash and the size that were told, and starts the installer', async () => {
  using folder = temporaryFolder()
  const handout = programIn(join(folder.path, 'program'))
  const { fileName, sizeBytes, sha256: told } = await handout.describe()
  expect(fileName).toBe(`joinery-1.2.3-abcdef01-${process.arch}.tar`)
  const whole = await bytesOf(handout, 0, sizeBytes)
  expect(whole.length).toBe(sizeBytes)
  expect(Buffer.from(sha256(whole)).toString('hex')).toBe(told)
  const archive = join(folder.path, fileName)
  writeFileSync(archive, whole)
  execFileSync('tar', ['-xf', archive], { cwd: folder.path })
  const out = join(folder.path, 'joinery/node_modules')
  expect(readFileSync(join(out, 'joinery/dist/main.js'), 'utf8')).toBe('x'.repeat(700))
  expect(statSync(join(out, 'joinery/dist/empty.js')).size).toBe(0)
  const listed = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' })
  expect(listed).not.toMatch(/\.cache|outside/)
  const started = execFileSync(join(folder.path, 'joinery/install'), ['--join', 'X'], { encoding: 'utf8' })
  expect(started).toMatch(/^started: .*joinery\.js install --join X\n$/)
})

it('every part of it can be read, so that a download that broke off goes on', async () => {
  using folder = temporaryFolder()
  const handout = programIn(folder.path)
  const { sizeBytes } = await handout.describe()
  const whole = await bytesOf(handout, 0, sizeBytes)
  for (const [start, end] of [
    [0, 1],
    [511, 513],
    [512, 512],
    [1_000, 3_001],
    [sizeBytes - 1, sizeBytes],
    [sizeBytes - 1_500, sizeBytes]
  ] as const)
    expect((await bytesOf(handout, start, end)).equals(whole.subarray(start, end))).toBe(true)
})

it('breaks off when the program was changed on the disk, and then describes the new one', async () => {
  using folder = temporaryFolder()
  const handout = programIn(folder.path)
  const before = await handout.describe()
  writeFileSync(join(folder.path, 'dist/main.js'), 'short')
  await expect(bytesOf(handout, 0, before.sizeBytes)).rejects.toThrow('changed')
  const after = await handout.describe()
  expect(after.sha256).not.toBe(before.sha256)
  expect((await bytesOf(handout, 0, after.sizeBytes)).length).toBe(after.sizeBytes)
})

it('the line runs nothing before the hash was compared', () => {
  const handout: Handout = { fileName: 'joinery-1-x64.tar', sizeBytes: 1, sha256: 'ab'.repeat(32) }
  const line = handoutLine(handout, 'http://192.168.1.20:8080/', 'JOINERY:ABC')
  expect(line.split(' && ')).toEqual([
    'wget -c http://192.168.1.20:8080/setup/device/joinery-1-x64.tar',
    `echo "${'ab'.repeat(32)}  joinery-1-x64.tar" | sha256sum -c`,
    'tar -xf joinery-1-x64.tar',
    'sudo ./joinery/install --join JOINERY:ABC'
  ])
})

it('a name of an archive has at most 100 bytes, or 155 more before a slash', () => {
  const long = `${'p'.repeat(155)}/${'n'.repeat(100)}`
  const header = Buffer.from(tarHeader(long, 1))
  expect(header.toString('latin1', 345, 500)).toBe('p'.repeat(155))
  expect(header.toString('latin1', 0, 100)).toBe('n'.repeat(100))
  expect(() => tarHeader(`${'p'.repeat(156)}/${'n'.repeat(100)}`, 1)).toThrow('does not fit')
  expect(() => tarHeader(`${'p'.repeat(155)}/${'n'.repeat(101)}`, 1)).toThrow('does not fit')
  expect(() => tarHeader('n'.repeat(101), 1)).toThrow('does not fit')
  expect(Buffer.from(tarHeader('n'.repeat(100), 1)).toString('latin1', 0, 100)).toBe('n'.repeat(100))
})
