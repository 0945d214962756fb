import { mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROGRAM_VERSION } from '../../../node/config/version.ts'
import { createControlClient } from '../../../node/control/control-client.ts'
import type { Operations } from '../../../node/control/operations.ts'
import { controlSocketPath } from '../../../node/control/socket-path.ts'
import { until } from '../../kit/child.ts'
import { joinery, joineryJson, type NodePlace, NodeProcess } from '../../kit/node-process.ts'
import { BegunTooSoon, type CopyDevice, type CopyTool } from './copy-tool.ts'
import { allArrived } from './data-set.ts'

const LINKED_WITHIN_MS = 60_000

/** Real nodes, found by mDNS, copying by policy. What begins the copying is the policy (`up`), or a device that starts with nothing but an invitation. */
export const joineryNodes: CopyTool = {
  name: 'Joinery',
  debianPackage: undefined,
  program: undefined,
  async copy({ data, first, others, start }, begin) {
    const place = ({ folder, device }: CopyDevice): NodePlace => ({ data: join(folder, 'node'), device })
    for (const { folder } of [first, ...others]) mkdirSync(folder, { recursive: true })
    await joinery(place(first), ['init', '--name', 'Bench'])
    const seed = await NodeProcess.start(place(first), ['--name', 'first'])
    await joinery(place(first), ['import', data.folder, '--as', 'data'], { timeoutMs: 300_000 })
    const { text } = await joineryJson<{ text: string }>(place(first), ['invite', '--uses', String(others.length)])
    const startOthers = (): Promise<NodeProcess[]> =>
      Promise.all(others.map((one) => NodeProcess.start(place(one), ['--join', text])))
    let nodes: NodeProcess[]
    if (start === 'up') {
      const operations = operationsOf(place(first))
      await operations.setPolicy({ target: 'data', policy: { kind: 'on-demand' } })
      nodes = await startOthers()
      for (const one of [first, ...others]) await linkedAndListed(operationsOf(place(one)), others.length)
      for (const one of others) {
        // What the room's standard policy brought before ours was heard of would be missing from the measure.
        const held = (await operationsOf(place(one)).collections()).find(({ name }) => name === 'data')?.heldFiles
        if (held !== 0) throw new BegunTooSoon(`${held} files were copied before the clock was started`)
      }
      await begin({ first: [seed.child.pid], others: nodes.map(({ child }) => child.pid) })
      await operations.setPolicy({ target: 'data', policy: { kind: 'everywhere' } })
    } else {
      await begin({ first: [seed.child.pid], others: [] })
      nodes = await startOthers()
    }
    await allArrived(
      data,
      others.map((one) => ({
        // See node/blobs/layout.ts; not asked of a node, whose time counts.
        pathOf: ({ digest }) => join(place(one).data, 'blobs', 'blobs', digest[0] ?? '', digest[1] ?? '', digest)
      }))
    )
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

/** As `joinery` commands talk to it; the socket lies in the data folder, whichever network its device is in. */
function operationsOf({ data }: NodePlace): Operations {
  return createControlClient({ socketPath: controlSocketPath(data, tmpdir()), version: PROGRAM_VERSION })
}

async function linkedAndListed(operations: Operations, peers: number): Promise<void> {
  const look = async (): Promise<boolean> => {
    const linked = (await operations.peers()).filter(({ connected, self }) => connected && !self).length
    return linked >= peers && (await operations.collections()).some(({ name }) => name === 'data')
  }
  await until('the devices are linked', look, { timeoutMs: LINKED_WITHIN_MS })
}

/** Compiled or from the sources: what the process itself was started with. */
function whatRuns(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  return words.some((word) => word.endsWith('dist/node/main.js')) ? 'compiled (dist/)' : 'from the sources'
}
