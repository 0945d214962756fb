import { describe, expect, test } from 'vitest'
import {
  type ImportPart,
  type Look,
  placeOf,
  recogniseFile,
  recogniseFolder
} from '../../../node/collections/import/layout.ts'

/** @param paths files; folders end with `/` */
function lookAt(...paths: string[]): Look {
  return async (folder) => {
    const start = folder ? `${folder}/` : ''
    const inside = paths
      .filter((path) => path.startsWith(start) && path !== start)
      .map((path) => path.slice(start.length))
    const names = (has: boolean): string[] =>
      [...new Set(inside.filter((path) => path.includes('/') === has).map((path) => path.split('/')[0] ?? ''))].sort()
    return { files: names(false), folders: names(true) }
  }
}

async function partsOf(name: string, ...paths: string[]): Promise<string[]> {
  const { parts } = await recogniseFolder(name, lookAt(...paths))
  return parts.map(({ collection, folder, under }) => `${folder || '.'} → ${collection}/${under}`).sort()
}

describe('a folder is recognised by the names in it', () => {
  test('as offlinedatasci makes it, whatever the case', async () => {
    const names = ['lessons', 'pypi', 'pythonlibraries', 'R', 'rstudio', 'python']
    const expected = [
      'R → installers/R',
      'lessons → lessons/',
      'pypi → pypi/',
      'python → installers/python',
      'pythonlibraries → pypi/',
      'rstudio → installers/rstudio'
    ]
    for (const cran of ['miniCRAN', 'minicran', 'MiniCRAN', 'CRAN'])
      expect(await partsOf('www', ...[...names, cran].map((one) => `${one}/`))).toEqual(
        [...expected, `${cran} → cran/`].sort()
      )
  })

  test('as a Pi serves it, with a page of its own', async () => {
    expect(await partsOf('html', 'index.html', 'lessons/', 'R/', 'python/', 'css/style.css')).toEqual([
      'R → installers/R',
      'lessons → lessons/',
      'python → installers/python'
    ])
  })

  test('as it was before 2023', async () => {
    expect(await partsOf('www', 'datacarpentry.org/', 'swcarpentry.github.io/', 'r/')).toEqual([
      'datacarpentry.org → lessons/data-carpentry',
      'r → installers/R',
      'swcarpentry.github.io → lessons/software-carpentry'
    ])
  })

  test('as one part of it', async () => {
    expect(await partsOf('lessons', 'index.html', 'data-carpentry/', 'software-carpentry/')).toEqual([
      'data-carpentry → lessons/data-carpentry',
      'software-carpentry → lessons/software-carpentry'
    ])
    expect(await partsOf('git-novice', 'index.html', 'fig/', 'python/', 'r/')).toEqual(['. → lessons/git-novice'])
    expect(await partsOf('wheels', 'numpy-2.0-py3-none-any.whl')).toEqual(['. → pypi/'])
    expect(await partsOf('simple', 'index.html', 'numpy/numpy-2.0-py3-none-any.whl')).toEqual(['. → pypi/'])
    expect(await partsOf('mirror', 'src/contrib/R6_2.5.1.tar.gz')).toEqual(['. → cran/'])
    expect(await partsOf('mirror', 'bin/macosx/big-sur-arm64/contrib/4.3/R6_2.5.1.tgz')).toEqual(['. → cran/'])
    expect(await partsOf('bag', 'R6_2.5.1.tar.gz')).toEqual(['. → cran/'])
    expect(await partsOf('rstudio', 'RStudio-2024.exe')).toEqual(['. → installers/rstudio'])
    expect(await partsOf('tools', 'Git-2.45.exe')).toEqual(['. → installers/tools'])
  })

  test('or not at all', async () => {
    for (const paths of [[], ['readme.txt'], ['holiday/1.jpg'], ['src/main.c']])
      expect(await partsOf('x', ...paths)).toEqual([])
  })

  test('and what is no part of it is named', async () => {
    const { others } = await recogniseFolder('www', lookAt('lessons/', 'form/', 'css/'))
    expect(others).toEqual(['css', 'form'])
  })
})

test('old names of lesson sources become today’s, wherever they lie', () => {
  const lessons: ImportPart = { collection: 'lessons', folder: 'lessons', under: '' }
  expect(placeOf(lessons, 'swcarpentry.github.io/git-novice/index.html')).toBe(
    'software-carpentry/git-novice/index.html'
  )
  expect(placeOf(lessons, 'data-carpentry/a/datacarpentry.org/b')).toBe('data-carpentry/a/datacarpentry.org/b')
  expect(placeOf(lessons, 'datacarpentry.org')).toBe('datacarpentry.org')
  expect(placeOf({ ...lessons, under: 'mine' }, 'index.html')).toBe('mine/index.html')
  expect(placeOf({ collection: 'cran', folder: 'cran', under: '' }, 'src/contrib/x')).toBe('src/contrib/x')
})

test('a single file is known by its ending', () => {
  expect(recogniseFile('numpy-2.0-py3-none-any.whl')?.collection).toBe('pypi')
  expect(recogniseFile('R6_2.5.1.tar.gz')?.collection).toBe('cran')
  expect(recogniseFile('R-4.4.1-win.exe')?.collection).toBe('installers')
  expect(recogniseFile('readme.txt')).toBeUndefined()
})
