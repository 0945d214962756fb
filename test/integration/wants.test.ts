/** What learners asked a real device for in vain: listed, exported with and without who, and still there after a restart. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCsv } from '../../protocols/csv.ts'
import type { Want } from '../../protocols/wants.ts'
import { joinery, joineryJson, NodeProcess } from '../kit/node-process.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

/** As pip 24 sends it from a Mac. */
const PIP = `pip/24.2 {"ci":null,"cpu":"arm64","implementation":{"name":"CPython","version":"3.12.4"},"python":"3.12.4","system":{"name":"Darwin","release":"23.5.0"}}`

test('a want goes from the request to the page, the table and the command line, and outlives a restart', async () => {
  using folder = temporaryFolder()
  const place = { data: join(folder.path, 'data') }
  const made = await joineryJson<{ facilitator: { name: string; code: string } }>(place, ['init', '--name', 'Shelf'])
  const expected = [
    {
      ...{ collection: 'pypi', name: 'torch', target: 'Python 3.12, macOS arm64', runs: 'Python', version: '3.12' },
      ...{ system: 'macOS', cpu: 'arm64', count: 2, learners: 1, who: ['127.0.0.1'] }
    },
    {
      ...{ collection: 'cran', name: 'dplyr', target: 'R 4.4, Windows', runs: 'R', version: '4.4', system: 'Windows' },
      ...{ count: 1, learners: 1, who: ['127.0.0.1'] }
    }
  ]
  {
    await using node = await NodeProcess.start(place)
    const address = node.address.replace(/\/\/[^/:]+/, '//127.0.0.1')
    const ask = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${address}${path}`, { headers })
    for (let i = 0; i < 2; i++) expect((await ask('/pypi/simple/torch/', { 'user-agent': PIP })).status).toBe(404)
    expect((await ask('/cran/bin/windows/contrib/4.4/dplyr_1.1.4.zip')).status).toBe(404)
    expect(await joineryJson<Want[]>(place, ['wants'])).toEqual(expected)
    expect((await joinery(place, ['wants'])).stdout).toMatch(
      /torch \(pypi\) +Python 3\.12, macOS arm64 +1 +2 +127\.0\.0\.1/
    )

    // Whoever reaches the room sees what is missing; who asked for it is for those who help.
    const table = await ask('/wants.csv')
    expect(table.headers.get('content-disposition')).toBe('attachment; filename="wants.csv"')
    expect(readCsv(await table.text())[1]).toEqual(['pypi', 'torch', 'Python', '3.12', 'macOS', 'arm64', '1', '2', ''])
    const signIn = await fetch(`${address}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: address, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ name: made.facilitator.name, code: made.facilitator.code })
    })
    const cookie = signIn.headers.get('set-cookie')?.split(';')[0] ?? ''
    expect(await (await ask('/wants.json', { cookie })).json()).toEqual({ wants: expected })
    await node.stop()
  }
  expect(await joineryJson<Want[]>(place, ['wants'])).toEqual(expected)
  const file = join(folder.path, 'wants.csv')
  await joinery(place, ['wants', '--csv', file])
  expect(readCsv(readFileSync(file, 'utf8'))).toHaveLength(3)
  await using again = await NodeProcess.start(place)
  expect((await again.status()).overview.wanted).toMatchObject([{ name: 'torch', count: 2 }, { name: 'dplyr' }])
})
