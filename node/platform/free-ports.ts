import { createServer } from 'node:net'

/** What a computer says to IPv6 addresses that has no IPv6, or has it turned off. */
const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL'])

/**
 * Whether nobody listens on a TCP port of this computer. It can be taken a moment later.
 *
 * @param create makes the server that tries it
 */
export async function isPortFree(port: number, create = createServer): Promise<boolean> {
  // This one address stands for those of IPv4 too.
  const found = await tryPort(port, '::', create)
  return found !== undefined && NO_IPV6.has(found)
    ? (await tryPort(port, '0.0.0.0', create)) === undefined
    : found === undefined
}

/** @returns why nobody can listen there now; undefined when one can */
function tryPort(port: number, host: string, create: typeof createServer): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = create()
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'unknown'))
    server.listen({ port, host }, () => server.close(() => resolve(undefined)))
  })
}

/** @returns the first `count` free ones from `first` on, or fewer when `last` is reached */
export async function freePorts(count: number, first: number, last: number): Promise<number[]> {
  const found: number[] = []
  for (let port = first; port <= last && found.length < count; port++) if (await isPortFree(port)) found.push(port)
  return found
}
