import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../kit/child.ts'
import type { CopyTool } from './copy-tool.ts'
import { arrivedBytes } from './data-set.ts'

/** rsync's daemon and a client on each other device: the least that copying can cost, every byte from the first. */
export const rsync: CopyTool = {
  name: 'rsync daemon',
  debianPackage: 'rsync',
  program: 'rsync',
  async copy({ data, first, others }, begin) {
    const settings = join(first.folder, 'rsyncd.conf')
    mkdirSync(first.folder, { recursive: true })
    writeFileSync(
      settings,
      `use chroot = no\nuid = root\ngid = root\n[data]\n  path = ${data.folder}\n  read only = yes\n`
    )
    // With a socket as its input it would take itself for a child of inetd.
    const server = first.device.start(['sh', '-c', `exec rsync --daemon --no-detach --config='${settings}' </dev/null`])
    const address = first.cable.address
    await until('rsync listens', async () => {
      const probe = await others[0]?.device.runAnyway(['rsync', `rsync://${address}/`])
      return probe?.code === 0
    })
    await begin([server.pid])
    // The shell waits, so that the client's time is counted when it has ended.
    const clients = others.map(({ device, folder }) =>
      device.start(['sh', '-c', `rsync -a rsync://${address}/data/ '${folder}/' && echo done && exec cat`])
    )
    await Promise.all(clients.map((client) => client.line(/^done/, 600_000)))
    for (const { folder } of others)
      if (arrivedBytes(folder) !== data.bytes) throw new Error('rsync did not copy everything')
    return {
      first: [server.pid],
      others: clients.map(({ pid }) => pid),
      end: async () => {
        for (const one of [server, ...clients]) await one.signal('SIGKILL')
      }
    }
  }
}
