import { createServer } from 'node:net'

/** Whether nobody listens on a TCP port of this computer. It can be taken a moment later. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '::' }, () => server.close(() => resolve(true)))
  })
}

/** @returns the first `count` free ones from `first` on, or fewer when `last` is reached */
export async function freePorts(count: number, first: number, last: number): Promise<number[]> {
  const found: number[] = []
  for (let port = first; port <= last && found.length < count; port++) if (await isPortFree(port)) found.push(port)
  return found
}
