import type { Server } from 'node:http'
import { JoineryError } from '../../protocols/errors.ts'
import './errors.ts'

/** Where browsers look when no port is typed, and where we go without the privilege for it. */
export const USUAL_PORTS: readonly number[] = [80, 8080]

/**
 * Listens on the first of `ports` that is free and allowed.
 *
 * @param host `::` stands for every address and becomes `0.0.0.0` on a device without IPv6
 * @returns the port
 * @throws JoineryError `PORT_TAKEN` or `PORT_FORBIDDEN`
 */
export async function listen(server: Server, ports: readonly number[], host: string): Promise<number> {
  let failure: NodeJS.ErrnoException | undefined
  for (const candidate of ports) {
    try {
      return await listenOnce(server, candidate, host)
    } catch (error) {
      failure = error as NodeJS.ErrnoException
      if (failure.code !== 'EACCES' && failure.code !== 'EADDRINUSE') throw failure
    }
  }
  const asked = ports.join(' and ')
  if (failure?.code === 'EACCES')
    throw new JoineryError('PORT_FORBIDDEN', `port ${asked} needs more rights`, { cause: failure })
  throw new JoineryError('PORT_TAKEN', `port ${asked} is used by another program`, { cause: failure })
}

async function listenOnce(server: Server, port: number, host: string): Promise<number> {
  try {
    return await tryListen(server, port, host)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (host !== '::' || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw error
    return await tryListen(server, port, '0.0.0.0')
  }
}

function tryListen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      server.removeListener('listening', listening)
      reject(error)
    }
    const listening = (): void => {
      server.removeListener('error', failed)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    }
    server.once('error', failed)
    server.once('listening', listening)
    server.listen({ port, host })
  })
}
