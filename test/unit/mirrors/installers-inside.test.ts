/** Installers as they are inside: genuine programs of this machine and of Debian's wheels, and files made by the published formats. */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openZip } from '../../../node/mirrors/archives/zip.ts'
import { lookInside } from '../../../node/mirrors/installers/inside.ts'
import { installersKind } from '../../../node/mirrors/installers/inspector.ts'
import { sourceOf } from '../../fixtures/memory-content.ts'
import { refusal } from '../../fixtures/refusal.ts'

const WHEELS = '/usr/share/python-wheels'

/** A program for Windows out of setuptools. */
async function genuine(name: string): Promise<Uint8Array> {
  const wheel = readdirSync(WHEELS).find((one) => one.startsWith('setuptools-'))
  if (!wheel) throw new Error('apt-get install python3-setuptools-whl')
  const zip = await openZip(sourceOf(wheel, readFileSync(join(WHEELS, wheel))))
  return await zip.bytes(`setuptools/${name}`, 2 ** 20)
}

function ownProgram(): Buffer {
  const file = openSync(process.execPath, 'r')
  const bytes = Buffer.alloc(4096)
  readSync(file, bytes, 0, bytes.length, 0)
  closeSync(file)
  return bytes
}

/** One section `.rsrc` with a version in it. */
function windowsProgram(machine: number, strings: Readonly<Record<string, string>>): Buffer {
  const dos = Buffer.alloc(64)
  dos.write('MZ')
  dos.writeUInt32LE(64, 60)
  const header = Buffer.alloc(24 + 16 + 40)
  header.write('PE\0\0', 'latin1')
  header.writeUInt16LE(machine, 4)
  header.writeUInt16LE(1, 6)
  header.writeUInt16LE(16, 20)
  const parts = Object.entries(strings).map(([key, value]) => {
    const name = Buffer.from(`${key}\0`, 'utf16le')
    const padding = Buffer.alloc((6 + name.length) % 4)
    return Buffer.concat([Buffer.alloc(6, 1), name, padding, Buffer.from(`${value}\0`, 'utf16le'), Buffer.alloc(4)])
  })
  const resources = Buffer.concat(parts)
  header.write('.rsrc', 40, 'latin1')
  header.writeUInt32LE(resources.length, 56)
  header.writeUInt32LE(64 + header.length, 60)
  return Buffer.concat([dos, header, resources])
}

function macPackage(distribution: string): Buffer {
  const packed = deflateSync(distribution)
  const table = deflateSync(
    `<?xml version="1.0"?><xar><toc><file id="1"><name>Bom</name><data><length>3</length><offset>0</offset></data></file><file id="2"><data><length>${packed.length}</length><encoding style="application/x-gzip"/><offset>20</offset><size>${distribution.length}</size></data><name>Distribution</name></file></toc></xar>`
  )
  const header = Buffer.alloc(28)
  header.write('xar!')
  header.writeUInt16BE(28, 4)
  header.writeUInt16BE(1, 6)
  header.writeBigUInt64BE(BigInt(table.length), 8)
  return Buffer.concat([header, table, Buffer.alloc(20), packed])
}

const details = async (path: string, bytes: Uint8Array): Promise<unknown> =>
  (await installersKind.inspector.inspect(sourceOf(path, bytes))).details

describe('a program says', () => {
  test('its CPU, on Linux', async () => {
    const cpu = { x64: 'x86_64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64']
    expect(await details('Editor.AppImage', ownProgram())).toEqual({ product: 'Editor', system: 'linux', cpu })
    expect(await details('tool', ownProgram())).toEqual({ product: 'tool', system: 'linux', cpu })
  })

  test.each([
    ['cli-64.exe', 'x86_64'],
    ['cli-arm64.exe', 'arm64'],
    // The usual installers are 32-bit programs whatever they carry.
    ['cli-32.exe', undefined]
  ])('its CPU, on Windows: %s', async (name, cpu) => {
    expect(await details('setup.exe', await genuine(name))).toEqual({
      product: 'setup',
      system: 'windows',
      ...(cpu ? { cpu } : {})
    })
  })

  test('its name and version, on Windows; a name that its publisher uses says more', async () => {
    const bytes = windowsProgram(0x14c, { ProductName: 'Great Editor', ProductVersion: '2, 5, 1, 0' })
    expect(await details('setup.exe', bytes)).toEqual({
      product: 'Great Editor',
      version: '2.5.1.0',
      system: 'windows'
    })
    expect(await details('R-4.4.1-win.exe', bytes)).toEqual({
      product: 'R',
      version: '4.4.1',
      system: 'windows',
      cpu: 'x86_64'
    })
    expect(await details('great-2.6.exe', bytes)).toMatchObject({ product: 'Great Editor', version: '2.6' })
  })

  test.each([
    ['x86_64,arm64', 'universal'],
    ['arm64', 'arm64'],
    ['x86_64', 'x86_64'],
    ['ppc', undefined]
  ])('which Macs its package is for: %s', async (architectures, cpu) => {
    const distribution = `<installer-gui-script><options hostArchitectures="${architectures}"/><product id="org.example" version="3.1"/></installer-gui-script>`
    expect(await details('Tool.pkg', macPackage(distribution))).toEqual({
      product: 'Tool',
      version: '3.1',
      system: 'macos',
      ...(cpu ? { cpu } : {})
    })
  })
})

test('a program of Linux for another CPU than its name says is refused by name', async () => {
  const other = process.arch === 'arm64' ? 'x86_64' : 'arm64'
  const path = `tools/Editor-2.0-${other}.AppImage`
  expect(await refusal(() => installersKind.inspector.inspect(sourceOf(path, ownProgram())))).toBe('INSTALLER_MISMATCH')
  await expect(installersKind.inspector.inspect(sourceOf(path, ownProgram()))).rejects.toThrow(path)
})

test('damaged and cut-off files are looked into without an error, quickly, and within the file', async () => {
  const samples = [
    ownProgram(),
    windowsProgram(0x8664, { ProductVersion: '1.0' }),
    macPackage('<x hostArchitectures="arm64"/>')
  ]
  const damage = fc.record({
    sample: fc.constantFrom(...samples),
    cut: fc.nat({ max: 400 }),
    bytes: fc.array(fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 255 })), { maxLength: 6 })
  })
  await fc.assert(
    fc.asyncProperty(damage, async ({ sample, cut, bytes }) => {
      const damaged = Buffer.from(sample.subarray(0, Math.max(0, sample.length - cut)))
      for (const [at, value] of bytes) if (at < damaged.length) damaged[at] = value
      const source = sourceOf('x.exe', damaged)
      const read = source.read.bind(source)
      source.read = (position, length) => {
        expect(position >= 0 && length >= 0 && position + length <= damaged.length).toBe(true)
        return read(position, length)
      }
      const found = await lookInside(source)
      for (const value of Object.values(found)) expect(typeof value === 'string' && value.length <= 90).toBe(true)
    }),
    { numRuns: 3000 }
  )
})
