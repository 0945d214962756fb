/**
 * A bad line to the internet, as a program of its own in a network of its own: so many bytes a second, and dead every so many of them.
 * Prints one line when it listens; on standard input `count` prints what was carried, `cut` breaks it, `off` and `on` stop and begin the breaking.
 */
import { createInterface } from 'node:readline'
import { TcpProxy } from '../../kit/tcp-proxy.ts'

/** It breaks a little later than it should. */
const LOOK_EVERY_MS = 10

const [listenPort, targetHost, targetPort, bytesPerSecond, cutEveryBytes] = process.argv.slice(2)
const proxy = await TcpProxy.listen({ host: targetHost ?? '', port: Number(targetPort) }, '0.0.0.0', Number(listenPort))
proxy.bytesPerSecond = Number(bytesPerSecond)
let breaks = true
let cuts = 0
let nextCutBytes = Number(cutEveryBytes)
setInterval(() => {
  const bytes = proxy.sentBytes + proxy.carriedBytes
  if (!breaks || bytes < nextCutBytes) return
  nextCutBytes = bytes + Number(cutEveryBytes)
  cuts++
  proxy.part()
}, LOOK_EVERY_MS)
process.stdout.write('ready\n')
for await (const word of createInterface({ input: process.stdin })) {
  if (word === 'count') {
    const { sentBytes, carriedBytes } = proxy
    process.stdout.write(`${JSON.stringify({ sentBytes, receivedBytes: carriedBytes, cuts })}\n`)
  }
  if (word === 'cut') proxy.cut()
  if (word === 'off') breaks = false
  if (word === 'on') breaks = true
}
