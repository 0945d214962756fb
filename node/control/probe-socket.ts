import { connect } from 'node:net'
import { JoineryError } from '../../protocols/errors.ts'
import './errors.ts'
import { PROBE_TIMEOUT_MS } from './limits.ts'

/**
 * Whether a program answers on a local socket. A file that a killed node left refuses connections (ECONNREFUSED).
 *
 * @throws JoineryError `NO_ACCESS` when the socket belongs to another user
 */
export function probeSocket(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path })
    socket.setTimeout(PROBE_TIMEOUT_MS)
    const finish = (lives: boolean): void => {
      socket.destroy()
      resolve(lives)
    }
    socket.once('connect', () => finish(true))
    socket.once('timeout', () => finish(true))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES' || error.code === 'EPERM')
        reject(new JoineryError('NO_ACCESS', 'the device is run by another user', { cause: error }))
      else finish(false)
    })
  })
}
