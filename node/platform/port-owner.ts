/** Which program listens on a TCP port of this computer: for messages such as "port 80 is used by apache2". Linux only, and complete for root only. */
import { readdir, readFile, readlink } from 'node:fs/promises'

export interface PortOwner {
  /** As the system calls the program, such as `apache2`. */
  program: string
  processId: number
}

const LISTENING = '0A'

/** Inodes of the sockets that listen on `port`, from the text of /proc/net/tcp or tcp6. */
export function listeningInodes(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    return fields[1]?.endsWith(`:${hex}`) && fields[3] === LISTENING && fields[9] !== undefined ? [fields[9]] : []
  })
}

/** Undefined when nobody listens there, or when it cannot be told who does. */
export async function portOwner(port: number): Promise<PortOwner | undefined> {
  const inodes = new Set<string>()
  for (const name of ['tcp', 'tcp6']) {
    const table = await readOrNothing(`/proc/net/${name}`)
    for (const inode of listeningInodes(table, port)) inodes.add(`socket:[${inode}]`)
  }
  if (inodes.size === 0) return undefined
  for (const name of await readdir('/proc')) {
    if (/^\d+$/.test(name) && (await holdsOneOf(`/proc/${name}/fd`, inodes)))
      return { program: (await readOrNothing(`/proc/${name}/comm`)).trim() || '?', processId: Number(name) }
  }
  return undefined
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
