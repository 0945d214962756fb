import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, until } from '../../kit/child.ts'
import type { CopyDevice, CopyTool } from './copy-tool.ts'
import { arrivedBytes } from './data-set.ts'

interface Member extends CopyDevice {
  home: string
  id: string
  files: string
}

/** Syncthing, everybody connected with everybody; no relays, no discovery outside, TLS as it comes. */
export const syncthing: CopyTool = {
  name: 'Syncthing',
  debianPackage: 'syncthing',
  program: 'syncthing',
  async copy({ data, first, others }, begin) {
    const members: Member[] = []
    for (const one of [first, ...others]) {
      const home = join(one.folder, 'home')
      const files = one === first ? data.folder : join(one.folder, 'files')
      mkdirSync(home, { recursive: true })
      mkdirSync(join(files, '.stfolder'), { recursive: true })
      await run(['syncthing', 'generate', `--home=${home}`, '--no-default-folder'], { env: { HOME: home } })
      const { stdout } = await run(['syncthing', '--device-id', `--home=${home}`], { env: { HOME: home } })
      members.push({ ...one, home, files, id: stdout.trim() })
    }
    for (const member of members) writeFileSync(join(member.home, 'config.xml'), settings(member, members))
    const start = ({ device, home }: Member) =>
      device.start(['syncthing', 'serve', '--no-browser', '--no-restart', `--home=${home}`], {
        env: { HOME: home, STNORESTART: '1', STNOUPGRADE: '1' }
      })
    const [seed, ...rest] = members
    if (!seed) throw new Error('nobody to copy from')
    const server = start(seed)
    await server.line(/Completed initial scan/, 120_000)
    await begin([server.pid])
    const started = rest.map(start)
    await until('Syncthing has copied', () => rest.every(({ files }) => arrivedBytes(files) === data.bytes), {
      timeoutMs: 600_000,
      everyMs: 100
    })
    return {
      first: [server.pid],
      others: started.map(({ pid }) => pid),
      end: async () => {
        // Killed, it would leave the child that does its work.
        for (const one of [server, ...started]) await one.signal('SIGTERM')
        // Its mark would be a file more for the next tool.
        rmSync(join(data.folder, '.stfolder'), { recursive: true, force: true })
      }
    }
  }
}

function settings(self: Member, members: readonly Member[]): string {
  const device = ({ id, cable }: Member): string =>
    `<device id="${id}" compression="never"><address>tcp://${cable.address}:22000</address></device>`
  const folder = `<folder id="data" path="${self.files}" type="${self === members[0] ? 'sendonly' : 'sendreceive'}" rescanIntervalS="3600" fsWatcherEnabled="false">
    ${members.map(({ id }) => `<device id="${id}"/>`).join('')}</folder>`
  return `<configuration version="36">${folder}${members.map(device).join('')}
  <gui enabled="false"></gui>
  <options><listenAddress>tcp://${self.cable.address}:22000</listenAddress><globalAnnounceEnabled>false</globalAnnounceEnabled>
  <localAnnounceEnabled>false</localAnnounceEnabled><relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled>
  <urAccepted>-1</urAccepted><crashReportingEnabled>false</crashReportingEnabled><reconnectionIntervalS>1</reconnectionIntervalS>
  <startBrowser>false</startBrowser></options></configuration>`
}
