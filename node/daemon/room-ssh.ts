/** Git over SSH for the room that the device is in just now. A port that is taken costs only this: pages, pip, R and git over HTTP go on. */
import { join } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import { GitSsh } from '../git/index.ts'
import type { Device } from './device.ts'
import { roomHearing } from './room-hearing.ts'
import type { RoomSlot } from './room-slot.ts'
import type { Undoing } from './undoing.ts'

/** @returns the port; undefined when there is none */
export async function startRoomSsh(
  { clock, config, disk, log }: Device,
  slot: RoomSlot,
  undo: Undoing
): Promise<number | undefined> {
  if (config.sshPort === 0) return undefined
  const ssh = new GitSsh(
    {
      disk,
      clock,
      host() {
        const { current } = slot
        if (!current?.git) return undefined
        if (current.git instanceof JoineryError) throw current.git
        const { agreement } = current.git
        return { people: current.people, directory: agreement.directory, service: agreement }
      },
      hasHeard: () => roomHearing(slot).known().heard,
      onProblem: ({ message, cause }) => log.warn({ err: cause }, message)
    },
    { port: config.sshPort, host: config.httpHost, hostKeyPath: join(config.dataDirectory, 'ssh', 'host-key') }
  )
  try {
    const { port } = await ssh.start()
    undo.add(() => ssh.stop())
    return port
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error
    log.warn({ port: config.sshPort, code }, 'git over SSH is off: its port is taken, or needs more rights')
    return undefined
  }
}
