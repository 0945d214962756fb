import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CopyTool } from './copy-tool.ts'
import { allArrived } from './data-set.ts'

const PROGRAM = join(import.meta.dirname, 'floor-program.ts')

/** Two programs that do nothing but copy: what Joinery cannot go below while it runs on Node, syncs each file, and hashes each byte once. */
export const floor: CopyTool = {
  name: 'least with Node',
  debianPackage: undefined,
  program: undefined,
  async copy({ data, first, others }, begin) {
    const list = join(first.folder, 'list.json')
    writeFileSync(list, JSON.stringify(data.files))
    const server = first.device.start([process.execPath, PROGRAM, 'serve', data.folder])
    await server.line(/^ready/)
    const clients = others.map(({ device, folder }) =>
      device.start([process.execPath, PROGRAM, 'copy', folder, first.cable.address, list])
    )
    await Promise.all(clients.map((client) => client.line(/^ready/)))
    const processes = { first: [server.pid], others: clients.map(({ pid }) => pid) }
    await begin(processes)
    for (const client of clients) client.process.stdin?.write('go\n')
    await allArrived(
      data,
      others.map(({ folder }) => ({ pathOf: (file) => join(folder, file.name) }))
    )
    await Promise.all(clients.map((client) => client.line(/^done/)))
    return {
      ...processes,
      end: async () => {
        for (const one of [server, ...clients]) await one.signal('SIGKILL')
      }
    }
  }
}
