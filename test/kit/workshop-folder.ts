/**
 * A folder as the tool `offlinedatasci` leaves it, made on the spot: genuine wheels of Debian, R packages built by R itself, a lesson site
 * with pictures, and files of the size of installers. Layout: `pypi/`, `pythonlibraries/`, `miniCRAN/`, `R/`, `rstudio/`, `python/`, `lessons/`.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { run } from './child.ts'
import { seededRandom } from './seeded-random.ts'

const DEBIAN_WHEELS = '/usr/share/python-wheels'
/** Big enough to have pieces, to be interrupted and to need Range. */
const INSTALLER_BYTES = 12 * 2 ** 20 + 12_345

export interface WorkshopFolder {
  path: string
  /** What is in it, in bytes, each wheel counted once. */
  contentBytes: number
  wheels: string[]
  /** `seedling` imports `sunlight`, so that R has a dependency to find. */
  rPackages: string[]
  installer: { path: string; sha256: string; sizeBytes: number }
  /** Below `lessons/`. */
  lesson: { path: string; title: string; pictures: number }
}

/** @param path made; must not be there yet */
export async function makeWorkshopFolder(path: string): Promise<WorkshopFolder> {
  mkdirSync(path)
  const wheels = makePypi(path)
  const rPackages = await makeCran(path)
  const installer = makeInstallers(path)
  const lesson = makeLessons(path)
  const countedTwice = sizeOf(join(path, 'pythonlibraries'))
  return { path, contentBytes: sizeOf(path) - countedTwice, wheels, rPackages, installer, lesson }
}

function makePypi(top: string): string[] {
  const wheels = readdirSync(DEBIAN_WHEELS).filter((name) => /^(?:pip|setuptools|wheel)-.*\.whl$/.test(name))
  mkdirSync(join(top, 'pythonlibraries'))
  mkdirSync(join(top, 'pypi'))
  const links: string[] = []
  for (const wheel of wheels) {
    const project = wheel.split('-')[0]?.toLowerCase().replaceAll('_', '-') ?? ''
    const folder = join(top, 'pypi', project)
    mkdirSync(folder)
    copyFileSync(join(DEBIAN_WHEELS, wheel), join(top, 'pythonlibraries', wheel))
    copyFileSync(join(DEBIAN_WHEELS, wheel), join(folder, wheel))
    const hash = createHash('sha256')
      .update(readFileSync(join(folder, wheel)))
      .digest('hex')
    writeFileSync(join(folder, 'index.html'), page(project, `<a href="${wheel}#sha256=${hash}">${wheel}</a><br/>`))
    links.push(`<a href="${project}/index.html">${project}</a><br/>`)
  }
  writeFileSync(join(top, 'pypi/index.html'), page('Simple index', links.join('\n')))
  return wheels
}

async function makeCran(top: string): Promise<string[]> {
  const contrib = join(top, 'miniCRAN/src/contrib')
  mkdirSync(contrib, { recursive: true })
  const sources = join(top, '.r-sources')
  for (const [name, imports, code] of [
    ['sunlight', '', 'hours <- function() 8'],
    ['seedling', 'sunlight', 'grow <- function() paste("grown in", sunlight::hours(), "hours")']
  ] as const) {
    const folder = join(sources, name)
    mkdirSync(join(folder, 'R'), { recursive: true })
    const description = {
      Package: name,
      Version: '1.2.0',
      Title: 'A Package to Practise With',
      Description: 'Grows, given light. Nothing else.',
      Author: 'A Class',
      Maintainer: 'A Class <class@example.org>',
      License: 'MIT',
      ...(imports ? { Imports: imports } : {})
    }
    const lines = Object.entries(description).map(([key, value]) => `${key}: ${value}`)
    writeFileSync(join(folder, 'DESCRIPTION'), `${lines.join('\n')}\n`)
    writeFileSync(join(folder, 'NAMESPACE'), 'exportPattern("^[a-z]")\n')
    writeFileSync(join(folder, 'R/code.R'), `${code}\n`)
    await run(['R', 'CMD', 'build', '--no-build-vignettes', folder], { cwd: contrib })
  }
  await run(['Rscript', '-e', 'tools::write_PACKAGES(".", type = "source")'], { cwd: contrib })
  rmSync(sources, { recursive: true })
  return ['sunlight', 'seedling']
}

function makeInstallers(top: string): WorkshopFolder['installer'] {
  const random = seededRandom(42)
  const make = (path: string, magic: string, length: number): Buffer => {
    // One random MiB over and over, each with its number: quick to make, and no two pieces are equal.
    const pattern = Buffer.from(random.bytes(2 ** 20))
    const bytes = Buffer.alloc(length)
    for (let at = 0; at < length; at += pattern.length) {
      pattern.copy(bytes, at)
      bytes.writeUInt32BE(at / pattern.length, Math.min(at, length - 4))
    }
    bytes.write(magic, 0, 'latin1')
    mkdirSync(join(top, path, '..'), { recursive: true })
    writeFileSync(join(top, path), bytes)
    return bytes
  }
  const path = 'R/R-4.4.1-win.exe'
  const bytes = make(path, 'MZ', INSTALLER_BYTES)
  make('rstudio/RStudio-2024.04.2-764.exe', 'MZ', 3 * 2 ** 20)
  make('python/python-3.12.4-amd64.exe', 'MZ', 2 * 2 ** 20 + 1)
  return { path, sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length }
}

function makeLessons(top: string): WorkshopFolder['lesson'] {
  const path = 'software-carpentry/garden-novice'
  const folder = join(top, 'lessons', path)
  const title = 'Gardening for Novices'
  const pictures = ['fig/plan.png', 'fig/seeds.png', 'episodes/fig/soil.png']
  mkdirSync(join(folder, 'fig'), { recursive: true })
  mkdirSync(join(folder, 'episodes/fig'), { recursive: true })
  mkdirSync(join(folder, 'assets'), { recursive: true })
  for (const [index, picture] of pictures.entries()) writeFileSync(join(folder, picture), png(64 + index, 48))
  writeFileSync(join(folder, 'assets/styles.css'), 'h1 { color: rgb(1, 102, 3) }\n')
  writeFileSync(join(folder, 'assets/menu.js'), 'document.documentElement.dataset.menu = "ready"\n')
  writeFileSync(
    join(folder, 'index.html'),
    page(
      title,
      `<h1>${title}</h1><img src="fig/plan.png" alt="A plan"><img src="./fig/seeds.png" alt="Seeds">
<p><a href="episodes/01-soil.html">Soil</a></p><script src="assets/menu.js"></script>`,
      'assets/styles.css'
    )
  )
  writeFileSync(
    join(folder, 'episodes/01-soil.html'),
    page(
      'Soil',
      '<h1>Soil</h1><img src="fig/soil.png" alt="Soil"><p><a href="../index.html">Back</a></p>',
      '../assets/styles.css'
    )
  )
  writeFileSync(
    join(top, 'lessons/index.html'),
    page(
      'Lesson Material',
      `<h1>Lesson Material</h1><h2>Software Carpentry</h2><ul><li><a href="${path}/index.html">garden-novice</a></li></ul>`
    )
  )
  return { path, title, pictures: 2 }
}

function page(title: string, body: string, style?: string): string {
  const link = style ? `<link rel="stylesheet" href="${style}">` : ''
  return `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title>${link}</head><body>\n${body}\n</body></html>\n`
}

/** A picture with a gradient, in true colour. */
export function png(width: number, height: number): Buffer {
  const rows = Buffer.alloc(height * (1 + 3 * width))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (1 + 3 * width) + 1 + 3 * x
      rows[at] = (255 * x) / width
      rows[at + 1] = (255 * y) / height
      rows[at + 2] = 80
    }
  }
  const part = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const framed = Buffer.alloc(body.length + 8)
    framed.writeUInt32BE(data.length, 0)
    body.copy(framed, 4)
    framed.writeUInt32BE(crc32(body), 4 + body.length)
    return framed
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  return Buffer.concat([
    signature,
    part('IHDR', header),
    part('IDAT', deflateSync(rows)),
    part('IEND', Buffer.alloc(0))
  ])
}

function sizeOf(folder: string): number {
  let sum = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) sum += readFileSync(join(entry.parentPath, entry.name)).length
  }
  return sum
}
