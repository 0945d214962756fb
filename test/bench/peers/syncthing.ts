import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, until } from '../../kit/child.ts'
import type { CopyDevice, CopyTool } from './copy-tool.ts'
import { allArrived } from './data-set.ts'

const API = 'http://127.0.0.1:8384/rest'
const API_KEY = 'bench'

interface Member extends CopyDevice {
  home: string
  id: string
  files: string
}

/** Syncthing, everybody connected with everybody; no relays, no discovery outside, TLS as it comes. What begins the copying is that the folder is not paused any more. */
export const syncthing: CopyTool = {
  name: 'Syncthing',
  debianPackage: 'syncthing',
  program: 'syncthing',
  async copy({ data, first, others, start }, begin) {
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
    for (const member of members) {
      const paused = start === 'up' && member !== members[0]
      writeFileSync(join(member.home, 'config.xml'), settings(member, members, paused))
    }
    const launch = ({ device, home }: Member) =>
      device.start(['syncthing', 'serve', '--no-browser', '--no-restart', `--home=${home}`], {
        env: { HOME: home, STNORESTART: '1', STNOUPGRADE: '1' }
      })
    const [seed, ...rest] = members
    if (!seed) throw new Error('nobody to copy from')
    const server = launch(seed)
    await server.line(/Completed initial scan/, 120_000)
    let started: (typeof server)[]
    if (start === 'up') {
      started = rest.map(launch)
      for (const member of members) await until('Syncthing is connected', () => isConnected(member, others.length))
      await begin({ first: [server.pid], others: started.map(({ pid }) => pid) })
      await Promise.all(
        rest.map((member) => ask(member, '/config/folders/data', ['-X', 'PATCH', '-d', '{"paused":false}']))
      )
    } else {
      await begin({ first: [server.pid], others: [] })
      started = rest.map(launch)
    }
    await allArrived(
      data,
      rest.map(({ files }) => ({ pathOf: (file) => join(files, file.name) }))
    )
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

async function ask({ device }: Member, path: string, options: readonly string[] = []): Promise<string> {
  const command = ['curl', '-sS', '--fail', '-H', `X-API-Key: ${API_KEY}`, ...options, `${API}${path}`]
  return (await device.run(command)).stdout
}

async function isConnected(member: Member, peers: number): Promise<boolean> {
  const { connections } = JSON.parse(await ask(member, '/system/connections')) as {
    connections: { [id: string]: { connected: boolean } }
  }
  return Object.values(connections).filter(({ connected }) => connected).length >= peers
}

function settings(self: Member, members: readonly Member[], paused: boolean): string {
  const device = ({ id, cable }: Member): string =>
    `<device id="${id}" compression="never"><address>tcp://${cable.address}:22000</address></device>`
  const type = self === members[0] ? 'sendonly' : 'sendreceive'
  const folder = `<folder id="data" path="${self.files}" type="${type}" rescanIntervalS="3600" fsWatcherEnabled="false">
    ${members.map(({ id }) => `<device id="${id}"/>`).join('')}<paused>${paused}</paused></folder>`
  return `<configuration version="36">${folder}${members.map(device).join('')}
  <gui enabled="true"><address>127.0.0.1:8384</address><apikey>${API_KEY}</apikey></gui>
  <options><listenAddress>tcp://${self.cable.address}:22000</listenAddress><globalAnnounceEnabled>false</globalAnnounceEnabled>
  <localAnnounceEnabled>false</localAnnounceEnabled><relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled>
  <urAccepted>-1</urAccepted><crashReportingEnabled>false</crashReportingEnabled><reconnectionIntervalS>1</reconnectionIntervalS>
  <startBrowser>false</startBrowser></options></configuration>`
}
