/** Which program listens on a TCP port of this computer: for messages such as "port 80 is used by apache2". Linux only. */
import { readdir, readFile, readlink } from 'node:fs/promises'

export interface PortOwner {
  /** As the system calls the program, such as `apache2`. */
  program: string
  processId: number
}

const LISTENING = '0A'
/** What has port 80 where another one has it: only root may see which sockets a process of others holds, but all see which run. */
const WEB_SERVERS = ['apache2', 'caddy', 'haproxy', 'httpd', 'lighttpd', 'nginx', 'traefik']

/** Inodes of the sockets that listen on `port`, from the text of /proc/net/tcp or tcp6. */
export function listeningInodes(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    return fields[1]?.endsWith(`:${hex}`) && fields[3] === LISTENING && fields[9] !== undefined ? [fields[9]] : []
  })
}

/** Undefined when nobody listens there, or when it cannot be told who does. For others than root, at best a web server that runs. */
export async function portOwner(port: number): Promise<PortOwner | undefined> {
  const inodes = new Set<string>()
  for (const name of ['tcp', 'tcp6']) {
    const table = await readOrNothing(`/proc/net/${name}`)
    for (const inode of listeningInodes(table, port)) inodes.add(`socket:[${inode}]`)
  }
  if (inodes.size === 0) return undefined
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  for (const name of processes)
    if (await holdsOneOf(`/proc/${name}/fd`, inodes))
      return { program: (await programOf(name)) || '?', processId: Number(name) }
  for (const name of processes) {
    const program = await programOf(name)
    if (WEB_SERVERS.includes(program)) return { program, processId: Number(name) }
  }
  return undefined
}

async function programOf(processId: string): Promise<string> {
  return (await readOrNothing(`/proc/${processId}/comm`)).trim()
}

async function holdsOneOf(folder: string, sockets: ReadonlySet<string>): Promise<boolean> {
  try {
    for (const file of await readdir(folder)) if (sockets.has(await readlink(`${folder}/${file}`))) return true
  } catch {
    // It ended meanwhile, or is not ours to look at.
  }
  return false
}

async function readOrNothing(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    // The kernel has no IPv6, or the process has ended.
    return ''
  }
}
