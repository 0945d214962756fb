/**
 * The sample workshop that ships with Joinery, in the layout of the tool `offlinedatasci`, made from the text in this folder:
 * the same bytes each time and on each machine, some 30 KB.
 *
 *     await buildSample(nodeDisk, '/tmp/workshop')   // then: joinery import /tmp/workshop
 */

import type { Disk } from '../../platform/disk.ts'
import { sha256 } from '../../platform/hash.ts'
import { installerFiles } from './installer.ts'
import { lessonFiles } from './lesson.ts'
import { WHEEL_NAME, wheelBytes } from './python-package.ts'
import { R_PACKAGE_NAME, rPackageBytes } from './r-package.ts'
import { type SampleFile, textFile } from './sample-file.ts'

/** All files of the workshop, in byte order of the path. */
export function sampleFiles(): SampleFile[] {
  const wheel = wheelBytes()
  return [
    ...lessonFiles('lessons/joinery/counting-birds'),
    textFile('lessons/index.html', LESSON_LIST),
    { path: `pythonlibraries/${WHEEL_NAME}`, bytes: wheel },
    { path: `pypi/joinery-birds/${WHEEL_NAME}`, bytes: wheel },
    textFile('pypi/index.html', link('joinery-birds/index.html', 'joinery-birds')),
    textFile(
      'pypi/joinery-birds/index.html',
      link(`${WHEEL_NAME}#sha256=${Buffer.from(sha256(wheel)).toString('hex')}`, WHEEL_NAME)
    ),
    { path: `miniCRAN/src/contrib/${R_PACKAGE_NAME}`, bytes: rPackageBytes() },
    textFile(
      'miniCRAN/src/contrib/PACKAGES',
      'Package: joinerybirds\nVersion: 1.0.0\nDepends: R (>= 3.5)\nImports: utils\nLicense: MIT + file LICENSE\nNeedsCompilation: no\n'
    ),
    ...installerFiles('python')
  ].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Writes the workshop into `directory`, which is made if it is not there; files that are there already are replaced. */
export async function buildSample(disk: Disk, directory: string): Promise<void> {
  for (const { path, bytes } of sampleFiles()) {
    const full = `${directory}/${path}`
    await disk.makeDirectory(full.slice(0, full.lastIndexOf('/')))
    const file = await disk.open(full, 'create')
    try {
      await file.write(bytes, 0)
    } finally {
      await file.close()
    }
  }
}

function link(target: string, text: string): string {
  return `<a href="${target}">${text}</a><br/>\n`
}

const LESSON_LIST = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Lesson Material</title></head>
<body><h1>Lesson Material</h1><h2>joinery</h2>
<ul><li><a href="joinery/counting-birds/index.html">counting-birds</a></li></ul></body></html>
`
