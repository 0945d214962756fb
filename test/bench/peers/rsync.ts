import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../kit/child.ts'
import type { CopyTool } from './copy-tool.ts'
import { allArrived } from './data-set.ts'

/** rsync's daemon and a client on each other device: the least that copying can cost, every byte from the first. Nothing of it is synced to the disk. */
export const rsync: CopyTool = rsyncWith('rsync daemon', [])

/** The same, each file synced as all the others do it: what a power cut leaves then is whole. */
export const rsyncSynced: CopyTool = rsyncWith('rsync --fsync', ['--fsync'])

function rsyncWith(name: string, options: readonly string[]): CopyTool {
  return {
    name,
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
      const command = `exec rsync --daemon --no-detach --config='${settings}' </dev/null`
      const server = first.device.start(['sh', '-c', command])
      const address = first.cable.address
      await until('rsync listens', async () => {
        const probe = await others[0]?.device.runAnyway(['rsync', `rsync://${address}/`])
        return probe?.code === 0
      })
      // A shell that waits to be told, and waits afterwards so that its client's time is counted when that has ended.
      const words = ['rsync', '-a', ...options, `rsync://${address}/data/`].join(' ')
      const clients = others.map(({ device, folder }) =>
        device.start(['sh', '-c', `echo up && read go && ${words} '${folder}/' && echo done && exec cat`])
      )
      await Promise.all(clients.map((client) => client.line(/^up/)))
      const processes = { first: [server.pid], others: clients.map(({ pid }) => pid) }
      await begin(processes)
      for (const client of clients) client.process.stdin?.write('go\n')
      await Promise.all(clients.map((client) => client.line(/^done/, 600_000)))
      await allArrived(
        data,
        others.map(({ folder }) => ({ pathOf: (file) => join(folder, file.name) }))
      )
      return {
        ...processes,
        end: async () => {
          for (const one of [server, ...clients]) await one.signal('SIGKILL')
        }
      }
    }
  }
}
