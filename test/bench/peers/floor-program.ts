/**
 * The least that copying can cost with Node: one connection, a request of HTTP for each MiB, every byte hashed once, each file synced before it gets its name.
 * No room, no pieces of several peers, no going on after a break.
 *
 *     floor-program.ts serve FOLDER        floor-program.ts copy FOLDER ADDRESS LIST (JSON; begins at the first line of its input)
 */
import { createHash } from 'node:crypto'
import { closeSync, fdatasync, fsyncSync, openSync, read, readFileSync, renameSync, write } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { HttpConnection } from '../../../node/blobs/http-connection.ts'
import type { DataFile } from './data-set.ts'

const PORT = 9_000
const REQUEST_BYTES = 2 ** 20
const readAt = promisify(read)
const writeAt = promisify(write)
const sync = promisify(fdatasync)

const [role, folder = '', address = '', list = ''] = process.argv.slice(2)
if (role === 'serve') serve()
else process.stdin.once('data', () => void copyAll(JSON.parse(readFileSync(list, 'utf8')) as DataFile[]))
if (role === 'copy') console.log('ready')

function serve(): void {
  const files = new Map<string, number>()
  const buffer = Buffer.allocUnsafeSlow(REQUEST_BYTES)
  createServer((request, response) => {
    const name = (request.url ?? '').slice(1)
    const file = files.get(name) ?? openSync(join(folder, name), 'r')
    files.set(name, file)
    const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    const length = Number(last) + 1 - Number(start)
    response.writeHead(206, { 'content-length': length })
    void readAt(file, buffer, 0, length, Number(start)).then(() => response.end(buffer.subarray(0, length)))
  }).listen(PORT, () => console.log('ready'))
}

async function copyAll(files: readonly DataFile[]): Promise<void> {
  const connection = new HttpConnection(address, PORT)
  for (const file of files) await copy(file, connection)
  connection.close()
  const directory = openSync(folder, 'r')
  fsyncSync(directory)
  closeSync(directory)
  console.log('done')
}

const buffer = Buffer.allocUnsafeSlow(REQUEST_BYTES)

async function copy({ name, bytes, digest }: DataFile, connection: HttpConnection): Promise<void> {
  const unfinished = join(folder, `${name}.part`)
  const file = openSync(unfinished, 'w')
  const hasher = createHash('sha256')
  for (let at = 0; at < bytes; at += REQUEST_BYTES) {
    const part = buffer.subarray(0, Math.min(REQUEST_BYTES, bytes - at))
    const head = `GET /${name} HTTP/1.1\r\nHost: floor\r\nRange: bytes=${at}-${at + part.length - 1}\r\n\r\n`
    const answer = await connection.get(
      head,
      part,
      (status) => status === 206,
      () => undefined
    )
    if (!answer.filled) throw new Error(`${name} was not sent`)
    hasher.update(part)
    await writeAt(file, part, 0, part.length, at)
  }
  if (hasher.digest('hex') !== digest) throw new Error(`${name} came wrong`)
  await sync(file)
  closeSync(file)
  renameSync(unfinished, join(folder, name))
}
