/** A second way to unplug a device of the running demo: `joinery demo unplug 2` from another terminal, over a local socket. */
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import type { Disk } from '../platform/disk.ts'
import { restrictToOwner } from '../platform/file-rights.ts'

/** `unplug 2` and its like. */
const MAX_LINE_CHARACTERS = 100
const ANSWER_TIMEOUT_MS = 90_000
const MAX_CONNECTIONS = 8

export function demoSocketPath(temporaryDirectory: string, userId: number): string {
  return join(temporaryDirectory, `joinery-demo-${userId}.sock`)
}

/**
 * @param handle runs one line and resolves with what to answer
 * @returns undefined when another demo of this user listens already
 */
export async function listenForOrders(
  disk: Disk,
  path: string,
  handle: (line: string) => Promise<string>
): Promise<Server | undefined> {
  if (await answers(path)) return undefined
  await disk.remove(path)
  const server = createServer((socket) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('data', (part: string) => {
      text += part
      if (text.length > MAX_LINE_CHARACTERS) socket.destroy()
      const end = text.indexOf('\n')
      if (end < 0) return
      const line = text.slice(0, end)
      text = ''
      handle(line).then(
        (answer) => socket.end(`${answer}\n`),
        (error: unknown) => socket.end(`${error instanceof Error ? error.message : 'failed'}\n`)
      )
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, resolve)
  })
  await restrictToOwner(path)
  return server
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** @throws JoineryError `NOT_RUNNING` when no demo runs */
export function sendOrder(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect({ path }, () => void socket.write(`${line}\n`))
    socket.setEncoding('utf8')
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new JoineryError('TIMED_OUT', 'the demo did not answer')))
    socket.on('data', (part: string) => {
      answer += part
    })
    socket.once('end', () => resolve(answer.trim()))
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      const gone = cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED'
      reject(gone ? new JoineryError('NOT_RUNNING', 'no demo is running', { cause }) : cause)
    })
  })
}
