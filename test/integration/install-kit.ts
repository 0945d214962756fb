/**
 * systemd does not run where the tests run. This does what it does with the unit that `joinery install` wrote, and nothing else: the lines before and after the
 * start as root, the start itself as the service's account with the unit's environment and rights, again and again.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Child, runAnyway } from '../kit/child.ts'
import type { Device } from '../kit/network-lab.ts'

export interface UnitLines {
  /** Every value of a key, in order. */
  all(key: string): string[]
  one(key: string): string
}

export function readUnit(root: string): UnitLines {
  const lines = readFileSync(join(root, 'etc/systemd/system/joinery.service'), 'utf8').split('\n')
  const all = (key: string): string[] =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1))
  return {
    all,
    one(key) {
      const [value, ...more] = all(key)
      if (value === undefined || more.length > 0)
        throw new Error(`${key} stands ${more.length + (value ? 1 : 0)} times in the unit`)
      return value
    }
  }
}

export class InstalledService implements AsyncDisposable {
  readonly #root: string
  readonly #device: Device
  main: Child | undefined

  constructor(root: string, device: Device) {
    this.#root = root
    this.#device = device
  }

  /** The numbers of the account that was made in the root folder. */
  account(): { user: number; group: number } {
    const line = readFileSync(join(this.#root, 'etc/passwd'), 'utf8').match(/^joinery:x:(\d+):(\d+):.*nologin$/m)
    return { user: Number(line?.[1]), group: Number(line?.[2]) }
  }

  /** One start, as `systemctl start` does it. @returns whether it came up */
  async start(): Promise<boolean> {
    const unit = readUnit(this.#root)
    const { user, group } = this.account()
    await this.#asRoot(unit.one('ExecStartPre'), {})
    const capability = unit.one('AmbientCapabilities').replace('CAP_', '').toLowerCase()
    const rights = [
      `--reuid=${user}`,
      `--regid=${group}`,
      '--clear-groups',
      `--inh-caps=-all,+${capability}`,
      `--ambient-caps=-all,+${capability}`,
      `--bounding-set=-all,+${capability}`,
      '--no-new-privs'
    ]
    // What systemd adds by itself, see systemd.exec(5).
    const given = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', 'USER=joinery', 'HOME=/var/lib/joinery']
    const environment = [...given, ...unit.all('Environment').flatMap((line) => line.split(' '))]
    const command = this.#words(unit.one('ExecStart'))
    this.main = this.#device.start(['env', '-i', ...environment, 'setpriv', ...rights, '--', ...command])
    const cameUp = await this.#asRoot(unit.one('ExecStartPost'), {
      MAINPID: String(this.main.pid),
      JOINERY_DATA: join(this.#root, 'var/lib/joinery')
    })
    // As systemd does with the main process when the line after the start fails.
    if (!cameUp) await this.main.signal('SIGTERM')
    return cameUp
  }

  async kill(): Promise<void> {
    await this.main?.signal('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async #asRoot(line: string, env: NodeJS.ProcessEnv): Promise<boolean> {
    if (!line.startsWith('+')) throw new Error(`it needs root's rights: ${line}`)
    const { code } = await runAnyway(this.#device.inside(this.#words(line.slice(1))), { env, timeoutMs: 150_000 })
    return code === 0
  }

  /** Below the root folder what the unit names from the top. */
  #words(line: string): string[] {
    return line.split(' ').map((word) => word.replaceAll('"', '').replace(/^\/(?=opt\/|var\/)/, `${this.#root}/`))
  }
}
