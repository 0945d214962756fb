/**
 * What an installer says of itself inside, for what its name leaves out: programs of Linux (ELF) their CPU, those of Windows (PE) their product, version and
 * CPU, packages of macOS (xar) the Macs that they are for. Reads a few places of the file and believes no length in it; what it does not understand it leaves
 * alone.
 */
import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import type { ImportSource } from '../../../protocols/content.ts'
import type { Product } from './product.ts'

type Inside = Partial<Pick<Product, 'product' | 'version' | 'system' | 'cpu'>>

/** Resources of real installers have icons of some 100 KB; what a version says lies among them. */
const MAX_RESOURCES_BYTES = 4 * 2 ** 20
/** Packages of R have a table of 2 KB, the largest seen some 100 KB. */
const MAX_TABLE_BYTES = 2 * 2 ** 20
const MAX_TEXT_CHARACTERS = 80
const inflated = promisify(inflate)

/** @returns an empty object for what is not known */
export async function lookInside(source: ImportSource): Promise<Inside> {
  const first = Buffer.from(await source.read(0, Math.min(64, source.sizeBytes)))
  if (first.length >= 20 && first.readUInt32BE(0) === 0x7f454c46) return elf(first)
  if (first.length === 64 && first.toString('latin1', 0, 2) === 'MZ') return await portableExecutable(source, first)
  if (first.length >= 28 && first.toString('latin1', 0, 4) === 'xar!') return await xar(source, first)
  return {}
}

/** ELF-64 object file format, "ELF header": e_machine. */
function elf(header: Buffer): Inside {
  const machine = header[5] === 2 ? header.readUInt16BE(18) : header.readUInt16LE(18)
  const cpu = new Map([
    [3, 'x86'],
    [40, 'armv7'],
    [62, 'x86_64'],
    [183, 'arm64']
  ]).get(machine)
  return { system: 'linux', ...(cpu ? { cpu } : {}) }
}

/**
 * Microsoft's "PE Format". A 32-bit program says nothing about what it installs: the usual installers are such programs whatever they carry, so that only a
 * 64-bit one counts.
 */
async function portableExecutable(source: ImportSource, dos: Buffer): Promise<Inside> {
  const at = dos.readUInt32LE(60)
  if (at > source.sizeBytes - 24 || at > 2 ** 20) return { system: 'windows' }
  const header = Buffer.from(await source.read(at, Math.min(4096, source.sizeBytes - at)))
  if (header.length < 24 || header.toString('latin1', 0, 4) !== 'PE\0\0') return { system: 'windows' }
  const cpu = new Map([
    [0x8664, 'x86_64'],
    [0xaa64, 'arm64']
  ]).get(header.readUInt16LE(4))
  const resources = await resourcesOf(source, header)
  const product = resources && versionText(resources, 'ProductName')
  const version = resources && /^[0-9]+(?:[.,] ?[0-9]+)*/.exec(versionText(resources, 'ProductVersion') ?? '')?.[0]
  return {
    system: 'windows',
    ...(cpu ? { cpu } : {}),
    ...(product ? { product } : {}),
    ...(version ? { version: version.replace(/, ?/g, '.') } : {})
  }
}

async function resourcesOf(source: ImportSource, header: Buffer): Promise<Buffer | undefined> {
  const sections = header.readUInt16LE(6)
  const table = 24 + header.readUInt16LE(20)
  for (let i = 0; i < sections; i++) {
    const at = table + 40 * i
    if (at + 40 > header.length) return undefined
    if (header.toString('latin1', at, at + 8).replace(/\0+$/, '') !== '.rsrc') continue
    const [length, start] = [header.readUInt32LE(at + 16), header.readUInt32LE(at + 20)]
    const bytes = Math.min(length, MAX_RESOURCES_BYTES, Math.max(0, source.sizeBytes - start))
    return bytes > 0 ? Buffer.from(await source.read(start, bytes)) : undefined
  }
  return undefined
}

/** A `String` of VS_VERSIONINFO: its key in UTF-16 with a zero, padding to four bytes, its value with a zero. */
function versionText(resources: Buffer, key: string): string | undefined {
  const found = resources.indexOf(Buffer.from(`${key}\0`, 'utf16le'))
  if (found < 0) return undefined
  let at = found + 2 * (key.length + 1)
  while (at + 1 < resources.length && at < found + 2 * key.length + 8 && resources.readUInt16LE(at) === 0) at += 2
  let end = at
  while (end + 1 < resources.length && end - at < 2 * MAX_TEXT_CHARACTERS && resources.readUInt16LE(end) >= 0x20)
    end += 2
  const text = resources.toString('utf16le', at, end).trim()
  return text === '' ? undefined : text
}

/** The eXtensible ARchive format: a header, a table in zlib, a heap. Apple's installer reads `Distribution` from it. */
async function xar(source: ImportSource, header: Buffer): Promise<Inside> {
  const headerBytes = header.readUInt16BE(4)
  const tableBytes = Number(header.readBigUInt64BE(8))
  const table = await inflatedText(source, headerBytes, tableBytes)
  const data = table && dataOf(table, 'Distribution')
  if (!data) return { system: 'macos' }
  const text = await inflatedText(source, headerBytes + tableBytes + data.offset, data.length)
  const macs = /\bhostArchitectures="([^"]{1,80})"/
    .exec(text ?? '')?.[1]
    ?.split(',')
    .map((one) => one.trim())
  const version = /<product\b[^>]*\bversion="([0-9][\w.-]{0,40})"/.exec(text ?? '')?.[1]
  const cpu =
    macs?.includes('arm64') && macs.includes('x86_64')
      ? 'universal'
      : macs?.find((one) => one === 'arm64' || one === 'x86_64')
  return { system: 'macos', ...(cpu ? { cpu } : {}), ...(version ? { version } : {}) }
}

/** Where the file of this name lies in the heap. */
function dataOf(table: string, name: string): { offset: number; length: number } | undefined {
  const at = table.indexOf(`<name>${name}</name>`)
  if (at < 0) return undefined
  const end = table.indexOf('</file>', at)
  const element = table.slice(table.lastIndexOf('<file', at), end < 0 ? table.length : end)
  const number = (tag: string): number =>
    Number(new RegExp(`<${tag}>([0-9]{1,12})</${tag}>`).exec(element)?.[1] ?? Number.NaN)
  const [offset, length] = [number('offset'), number('length')]
  return Number.isSafeInteger(offset) && Number.isSafeInteger(length) ? { offset, length } : undefined
}

async function inflatedText(source: ImportSource, at: number, length: number): Promise<string | undefined> {
  if (!(length > 0 && length <= MAX_TABLE_BYTES && at + length <= source.sizeBytes)) return undefined
  try {
    return (await inflated(await source.read(at, length), { maxOutputLength: MAX_TABLE_BYTES })).toString('utf8')
  } catch {
    // Stored, packed in another way, or damaged: then the name is all that is known.
    return undefined
  }
}
