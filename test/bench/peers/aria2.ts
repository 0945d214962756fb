import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { makeTorrent } from '../blobs-torrent.ts'
import type { CopyDevice, CopyTool } from './copy-tool.ts'
import { allArrived } from './data-set.ts'

const TRACKER_PORT = 6969
const RPC = 'http://127.0.0.1:6800/jsonrpc'
const GO = '{"jsonrpc":"2.0","id":"1","method":"aria2.unpauseAll"}'

/** BitTorrent by aria2, with a tracker on the first device; no DHT, no local discovery, everybody goes on seeding until all are done. What begins the copying is that the download is not paused any more. */
export const aria2: CopyTool = {
  name: 'aria2 (BitTorrent)',
  debianPackage: 'aria2',
  program: 'aria2c',
  async copy({ data, first, others, start }, begin) {
    mkdirSync(first.folder, { recursive: true })
    const torrent = join(first.folder, 'data.torrent')
    writeFileSync(torrent, makeTorrent(data.folder, `http://${first.cable.address}:${TRACKER_PORT}/announce`))
    const program = join(import.meta.dirname, 'tracker.ts')
    const tracker = first.device.start([process.execPath, program, first.cable.address, String(TRACKER_PORT)])
    await tracker.line(/ready/)
    const launch = ({ device }: CopyDevice, folder: string, options: readonly string[]) =>
      device.start([
        'aria2c',
        '--enable-dht=false',
        '--bt-enable-lpd=false',
        '--enable-peer-exchange=false',
        '--seed-ratio=0',
        '--seed-time=60',
        '--bt-tracker-interval=1',
        '--file-allocation=none',
        '--summary-interval=0',
        '--allow-overwrite=true',
        ...options,
        `--on-bt-download-complete=${hook(folder)}`,
        `--dir=${folder}`,
        torrent
      ])
    // aria2 puts a folder of the torrent's name below `dir`, and that name is the data folder's.
    const server = launch(first, dirname(data.folder), ['--check-integrity=true', '--bt-seed-unverified=false'])
    await server.line(/Verification finished successfully|SEED/, 120_000)
    const paused = start === 'up' ? ['--pause=true', '--enable-rpc=true'] : []
    const launchOthers = () => others.map((one) => launch(one, one.folder, paused))
    let started: ReturnType<typeof launchOthers>
    if (start === 'up') {
      started = launchOthers()
      for (const { device } of others)
        await device.run(['curl', '-sS', '--retry', '20', '--retry-connrefused', '--retry-delay', '1', RPC])
      await begin({ first: [server.pid], others: started.map(({ pid }) => pid) })
      await Promise.all(others.map(({ device }) => device.run(['curl', '-sS', '--fail', '-d', GO, RPC])))
    } else {
      await begin({ first: [server.pid], others: [] })
      started = launchOthers()
    }
    await allArrived(
      data,
      // A torrent's folder has the name of the folder that it was made of.
      others.map(({ folder }) => ({ pathOf: (file) => join(folder, basename(data.folder), file.name) })),
      () => others.every(({ folder }) => existsSync(`${folder}.complete`))
    )
    return {
      first: [server.pid],
      others: started.map(({ pid }) => pid),
      end: async () => {
        for (const one of [server, ...started, tracker]) await one.signal('SIGKILL')
      }
    }
  }
}

/** aria2 calls it when the last piece was verified; its files have their full length long before. */
function hook(folder: string): string {
  const path = `${folder}.hook`
  writeFileSync(path, `#!/bin/sh\ntouch '${folder}.complete'\n`)
  chmodSync(path, 0o755)
  return path
}
