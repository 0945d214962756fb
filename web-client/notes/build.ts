/**
 * Builds the notes' pages into `dist-web/`: hashed files and a manifest; and the script of the room's dashboard. Takes about a second.
 *
 *     npx node web-client/notes/build.ts
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { NOTE_ASSETS_PATH } from './shell.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

await build({
  configFile: false,
  root,
  base: NOTE_ASSETS_PATH,
  logLevel: 'warn',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // Yjs must be there once: two copies make documents that do not know each other's types.
  resolve: { dedupe: ['yjs', 'y-protocols', 'lib0', '@codemirror/state', '@codemirror/view', 'preact'] },
  build: {
    outDir: join(root, 'dist-web'),
    emptyOutDir: true,
    assetsDir: '.',
    manifest: 'manifest.json',
    target: 'es2022',
    modulePreload: { polyfill: false },
    rollupOptions: { input: join(root, 'web-client', 'notes', 'main.tsx') }
  }
})

await build({
  configFile: false,
  root,
  logLevel: 'warn',
  publicDir: false,
  build: {
    outDir: join(root, 'dist-web', 'room'),
    assetsDir: '.',
    target: 'es2022',
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: join(root, 'web-client', 'room', 'main.ts'),
      output: { entryFileNames: 'room.js', codeSplitting: false }
    }
  }
})
