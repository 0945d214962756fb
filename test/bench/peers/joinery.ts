import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../kit/child.ts'
import { joinery, joineryJson, type NodePlace, NodeProcess } from '../../kit/node-process.ts'
import type { CopyDevice, CopyTool } from './copy-tool.ts'

/** Real nodes, found by mDNS, copying by policy: a new device is plugged in and starts with nothing but an invitation. */
export const joineryNodes: CopyTool = {
  name: 'Joinery',
  debianPackage: undefined,
  program: undefined,
  async copy({ data, first, others }, begin) {
    const place = ({ folder, device }: CopyDevice): NodePlace => ({ data: join(folder, 'node'), device })
    for (const { folder } of [first, ...others]) mkdirSync(folder, { recursive: true })
    await joinery(place(first), ['init', '--name', 'Bench'])
    const seed = await NodeProcess.start(place(first), ['--name', 'first'])
    await joinery(place(first), ['import', data.folder, '--as', 'data'], { timeoutMs: 300_000 })
    const { text } = await joineryJson<{ text: string }>(place(first), ['invite', '--uses', String(others.length)])
    await begin([seed.child.pid])
    const nodes = await Promise.all(others.map((one) => NodeProcess.start(place(one), ['--join', text])))
    await until('Joinery has copied', () => others.every(({ folder }) => storedBytes(folder) >= data.bytes), {
      timeoutMs: 600_000,
      everyMs: 100
    })
    return {
      first: [seed.child.pid],
      note: whatRuns(seed.child.pid),
      others: nodes.map(({ child }) => child.pid),
      end: async () => {
        for (const node of [seed, ...nodes]) await node.kill()
      }
    }
  }
}

/** Compiled or from the sources: what the process itself was started with. */
function whatRuns(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  return words.some((word) => word.endsWith('dist/node/main.js')) ? 'compiled (dist/)' : 'from the sources'
}

/** Whole blobs of a data folder, whatever it calls the folder that they lie in: files named by 64 hex digits. */
function storedBytes(folder: string): number {
  let sum = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!/^[0-9a-f]{64}$/.test(entry.name) || /partial|incoming|quarantine/.test(entry.parentPath)) continue
    try {
      sum += statSync(join(entry.parentPath, entry.name)).size
    } catch {
      // renamed while we looked
    }
  }
  return sum
}
