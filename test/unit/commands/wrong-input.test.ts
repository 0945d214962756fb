import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../integration/cli-run.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

test('an unknown command is named, whatever stands before it', async () => {
  using folder = temporaryFolder()
  const init = { folder: folder.path }
  expect(await run(init, '--data', '/media/usb', 'statsu')).toMatchObject({
    code: 2,
    err: expect.stringContaining('there is no command "statsu"; did you mean "status"?')
  })
  expect(await run(init, '--data', '/media/usb', 'add', 'instaler', 'setup.run')).toMatchObject({
    code: 2,
    err: expect.stringContaining('there is no command "add instaler"; did you mean "installer"?')
  })
})

test('a command that needs another word shows its own help', async () => {
  using folder = temporaryFolder()
  for (const name of ['add', 'person', 'cloud'])
    expect(await run({ folder: folder.path }, name)).toMatchObject({
      code: 2,
      out: expect.stringMatching(`^Usage: joinery ${name} `)
    })
})

test('a mistyped data folder is told of and not made', async () => {
  using folder = temporaryFolder()
  const missing = join(folder.path, 'jonery')
  for (const words of [['ls'], ['wants'], ['import', '/media/usb'], ['verify']]) {
    const ran = await run({ folder: folder.path }, '--data', missing, ...words)
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining(missing) })
    expect(ran.err).toContain('NO_DATA_FOLDER')
  }
  expect(existsSync(missing)).toBe(false)
})

test('a file that cannot be written is named as it was given, with what to do', async () => {
  using folder = temporaryFolder()
  const operations = { wants: () => Promise.resolve([]) }
  const program = { openOffline: () => Promise.resolve({ operations: operations as never, close: async () => {} }) }
  const path = join(folder.path, 'no-such-folder', 'wants.csv')
  const ran = await run({ folder: folder.path, program }, 'wants', '--csv', path)
  expect(ran.code).toBe(1)
  expect(ran.err).toContain(`${path}: there is no such file or folder (FILE_UNUSABLE)`)
})
