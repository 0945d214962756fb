import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { until } from '../../kit/child.ts'
import { makeTorrent } from '../blobs-torrent.ts'
import type { CopyDevice, CopyTool } from './copy-tool.ts'
import { arrivedBytes } from './data-set.ts'

const TRACKER_PORT = 6969

/** BitTorrent by aria2, with a tracker on the first device; no DHT, no local discovery, everybody goes on seeding until all are done. */
export const aria2: CopyTool = {
  name: 'aria2 (BitTorrent)',
  debianPackage: 'aria2',
  program: 'aria2c',
  async copy({ data, first, others }, begin) {
    mkdirSync(first.folder, { recursive: true })
    const torrent = join(first.folder, 'data.torrent')
    writeFileSync(torrent, makeTorrent(data.folder, `http://${first.cable.address}:${TRACKER_PORT}/announce`))
    const program = join(import.meta.dirname, 'tracker.ts')
    const tracker = first.device.start([process.execPath, program, first.cable.address, String(TRACKER_PORT)])
    await tracker.line(/ready/)
    const start = ({ device }: CopyDevice, folder: string, check: boolean) =>
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
        ...(check ? ['--check-integrity=true', '--bt-seed-unverified=false'] : []),
        `--on-bt-download-complete=${hook(folder)}`,
        `--dir=${folder}`,
        torrent
      ])
    // aria2 puts a folder of the torrent's name below `dir`, and that name is the data folder's.
    const server = start(first, dirname(data.folder), true)
    await server.line(/Verification finished successfully|SEED/, 120_000)
    await begin([server.pid])
    const started = others.map((one) => start(one, one.folder, false))
    await until('aria2 has copied', () => others.every(({ folder }) => isWhole(folder, data.bytes)), {
      timeoutMs: 600_000,
      everyMs: 100
    })
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

function isWhole(folder: string, bytes: number): boolean {
  return existsSync(`${folder}.complete`) && arrivedBytes(folder) === bytes
}
