/**
 * A device that was let in and has not heard the room yet: the only one that could tell it anything stands still until stock clients have asked.
 * None of them is told "not here".
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildSample } from '../../node/demo/sample/build.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { pipsAtHand } from '../fixtures/pips.ts'
import { requireTool, run } from '../fixtures/tool.ts'
import { runAnyway, until } from '../kit/child.ts'
import { joinery, joineryJson, NodeProcess } from '../kit/node-process.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { dataOf, Learner, startRoom } from './cloud-kit.ts'

test('pip, R, git and a browser that ask before it has heard the room get what they asked for', async () => {
  using folder = temporaryFolder()
  await buildSample(nodeDisk, join(folder.path, 'workshop'))
  await using room = await startRoom(dataOf(folder.path, 'room'), 'Hall', 'pi')
  await joinery(room.place, ['import', join(folder.path, 'workshop')])
  const ana = await Learner.add(room, 'ana', folder.path)
  await ana.makeRepository(room.node, 'birds')
  const lesson = (await (await fetch(new URL('/api/room', room.node.address))).json()) as {
    contents: { lessons: { href: string; title: string }[] }
  }
  const [first] = lesson.contents.lessons
  const { text } = await joineryJson<{ text: string }>(room.place, ['invite', '--uses', '1'])
  const rscript = requireTool('Rscript', 'apt-get install r-base-core')
  const [pip] = await pipsAtHand(folder.path)

  room.node.child.process.kill('SIGSTOP')
  const words = ['--join', text, '--name', 'pi-2', '--no-discovery']
  await using node = await NodeProcess.start(dataOf(folder.path, 'joined'), words)
  const at = node.address
  const library = join(folder.path, 'library')
  mkdirSync(library)
  const asking = (clients: number): Promise<unknown> =>
    until(`${clients} of them have asked`, async () => {
      const metrics = await (await fetch(new URL('/metrics', at))).text()
      // And the one that asks for this.
      return Number(/^joinery_http_connections (\d+)$/m.exec(metrics)?.[1]) > clients
    })
  const trusted = ['--index-url', `${at}/pypi/simple/`, '--trusted-host', new URL(at).hostname]
  const install = `install.packages("joinerybirds", repos = "${at}/cran", lib = "${library}", quiet = TRUE)`
  const packages = Promise.all([
    run(rscript, ['--vanilla', '-e', install], { R_LIBS_USER: library }, folder.path),
    pip?.run([...'download --no-cache-dir --no-deps'.split(' '), ...trusted, 'joinery-birds'], folder.path)
  ])
  await asking(2)
  const pages = Promise.all([
    // Whoever waited too long for this machine is asked to come again, which git does not do by itself.
    runAnyway(['curl', '--silent', '--retry', '100', '--include', `${at}${first?.href}`]),
    until('git is answered', async () => {
      const asked = await ana.git('ls-remote', `${at}/ana/birds.git`).catch((error: Error) => error)
      if (!(asked instanceof Error)) return { refs: asked }
      if (!asked.message.includes('returned error: 503')) return { refs: asked.message }
      throw asked
    })
  ])
  await asking(4)
  room.node.child.process.kill('SIGCONT')
  const [page, { refs }] = await pages
  expect(page.stdout.match(/^HTTP\/1\.1 (?!503)\d+/gm)).toEqual(['HTTP/1.1 200'])
  expect(page.stdout).toContain(first?.title)
  expect(refs).toBe('')
  const [, downloaded] = await packages
  expect((downloaded?.stdout ?? '') + downloaded?.stderr).toMatch(/Saved .*joinery_birds/)
  expect(existsSync(join(library, 'joinerybirds', 'DESCRIPTION'))).toBe(true)
  // Now it knows, and says so at once.
  const gone = await runAnyway(['curl', '--silent', '--include', `${at}/pypi/simple/no-such-package/`])
  expect(gone.stdout).toMatch(/^HTTP\/1\.1 404 /)
})
