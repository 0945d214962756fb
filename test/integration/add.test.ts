/** `joinery add` and `joinery remove` on a folder whose device does not run: single things, and what is wrong with them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeZip } from '../../node/demo/sample/zip-writer.ts'
import { joinery, joineryAnyway, joineryJson } from '../kit/node-process.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

test('a lesson comes as a ZIP, an installer with its system, several packages as one version; a path takes them out again', async () => {
  using folder = temporaryFolder()
  const place = { data: join(folder.path, 'data') }
  const at = (name: string): string => join(folder.path, name)
  await joinery(place, ['init', '--name', 'Shelf'])

  const page = Buffer.from('<!doctype html><title>Counting</title><p>One, two.')
  writeFileSync(at('counting.zip'), writeZip([{ name: 'counting-main/index.html', bytes: page }]))
  await joinery(place, ['add', 'lesson', at('counting.zip')])
  expect(await joineryJson(place, ['ls', 'lessons'])).toMatchObject({ path: 'counting/index.html', here: true })

  writeFileSync(at('setup.run'), '#!/bin/sh\necho done\n')
  await joinery(place, ['add', 'installer', at('setup.run'), '--system', 'linux'])
  writeFileSync(at('one.bin'), 'one')
  writeFileSync(at('two.bin'), 'two')

  const many = await joineryAnyway(place, ['add', 'cran', at('one.bin'), at('two.bin')])
  // Neither is an R package: each is named, and there is no half of a version.
  expect(many).toMatchObject({ code: 4, stderr: expect.stringMatching(/one\.bin[\s\S]*two\.bin/) })
  expect(await joineryJson(place, ['ls'])).toMatchObject([{ name: 'installers' }, { name: 'lessons', files: 1 }])

  await joinery(place, ['remove', 'lessons/counting/', '--yes'])
  expect(await joineryJson(place, ['ls'])).toMatchObject([
    { name: 'installers', files: 1 },
    { name: 'lessons', files: 0 }
  ])
})

test('a ZIP that leads out of its folder, or is none, adds nothing', async () => {
  using folder = temporaryFolder()
  const place = { data: join(folder.path, 'data') }
  await joinery(place, ['init', '--name', 'Shelf'])
  const bad = join(folder.path, 'bad.zip')
  writeFileSync(bad, writeZip([{ name: '../../out.html', bytes: Buffer.from('x') }]))
  expect(await joineryAnyway(place, ['add', 'lesson', bad])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ARCHIVE_UNSAFE')
  })
  writeFileSync(bad, 'no archive at all')
  expect(await joineryAnyway(place, ['add', 'lesson', bad])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ARCHIVE_BROKEN')
  })
  expect(await joineryJson(place, ['ls'])).toEqual([])
})
