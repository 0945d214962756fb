/** A lesson of very many pages through a real folder: imported, served, listed, removed. 2,000 pages (JOINERY_LONG: 100,000). */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lessonsKind } from '../../node/mirrors/lessons/index.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { openTestNode } from '../unit/collections/test-node.ts'

const PAGES = process.env.JOINERY_LONG ? 100_000 : 2_000
const IN_A_FOLDER = 500

test('a lesson of very many pages is imported whole, told of once, and goes again in one step', {
  timeout: 1_800_000
}, async () => {
  using folder = temporaryFolder()
  for (let i = 0; i < PAGES; i++) {
    const within = join(folder.path, 'many', `d${Math.floor(i / IN_A_FOLDER)}`)
    if (i % IN_A_FOLDER === 0) mkdirSync(within, { recursive: true })
    writeFileSync(join(within, `${i}.html`), `<title>Page ${i}</title><img src="https://a.example/p.png"><p>${i}`)
  }
  writeFileSync(join(folder.path, 'many', 'index.html'), '<title>Many</title>')
  const { collections } = await openTestNode({ kinds: new Map([['lessons', lessonsKind]]) })
  try {
    const report = await collections.importFolder(join(folder.path, 'many'))
    expect(report.problems).toEqual([])
    expect(report.notices.map(({ what }) => what)).toEqual([
      `shows https://a.example/p.png, which is not in this room (${PAGES - 1} more pages do)`
    ])
    expect([...collections.list('lessons')]).toHaveLength(PAGES + 1)
    const last = `many/d${Math.floor((PAGES - 1) / IN_A_FOLDER)}/${PAGES - 1}.html`
    expect(collections.index.get('lessons', last)?.details).toMatchObject({ title: `Page ${PAGES - 1}` })
    expect(await collections.remove('lessons', 'many/')).toMatchObject({ removed: PAGES + 1 })
    expect([...collections.list('lessons')]).toEqual([])
  } finally {
    await collections.stop()
  }
})
