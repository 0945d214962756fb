/** The pages that are built ahead (`dist-web/`). The test command builds them before any test; for tests that are run by hand they are built when they are old. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './child.ts'

const TOP = join(import.meta.dirname, '../..')

/** Whoever builds them takes them away from the tests beside it for a moment, so that nobody does where nothing has changed. */
export async function buildOldPages(): Promise<void> {
  const built = statSync(join(TOP, 'dist-web/room/room.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const sources = ['web-client', 'protocols'].flatMap((folder) =>
    readdirSync(join(TOP, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  )
  const isNewer = sources.some((file) => statSync(join(file.parentPath, file.name)).mtimeMs > built)
  if (isNewer) await run([process.execPath, 'web-client/notes/build.ts'], { cwd: TOP })
}
