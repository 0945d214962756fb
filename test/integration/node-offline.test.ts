/** Commands on a folder whose device does not run. */
import { copyFileSync, mkdirSync, readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { joinery, joineryAnyway, joineryJson } from '../kit/node-process.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const WHEELS = '/usr/share/python-wheels'

test('what was imported is listed by the next command, and a strict import adds nothing when a file is bad', async () => {
  using folder = temporaryFolder()
  const place = { data: join(folder.path, 'data') }
  const source = join(folder.path, 'source')
  mkdirSync(source)
  const good = readdirSync(WHEELS).find((name) => name.startsWith('wheel-')) ?? ''
  const broken = readdirSync(WHEELS).find((name) => name.startsWith('pip-')) ?? ''
  for (const name of [good, broken]) copyFileSync(join(WHEELS, name), join(source, name))
  truncateSync(join(source, broken), 1000)
  await joinery(place, ['init', '--name', 'Shelf'])

  const strict = await joineryAnyway(place, ['import', source, '--strict'])
  expect(strict).toMatchObject({ code: 1, stderr: expect.stringContaining('IMPORT_HAS_PROBLEMS') })
  expect(await joineryJson(place, ['ls'])).toEqual([])

  const rest = await joineryAnyway(place, ['import', source])
  expect(rest).toMatchObject({ code: 4, stderr: expect.stringContaining(broken) })
  expect(await joineryJson(place, ['ls'])).toMatchObject([{ name: 'pypi', files: 1, heldFiles: 1 }])
  expect(await joineryJson(place, ['history', 'pypi'])).toMatchObject([{ action: 'import', files: 1, current: true }])
})
