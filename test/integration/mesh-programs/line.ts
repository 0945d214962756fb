/**
 * A bad line to the internet, as a program of its own in a network of its own: so many bytes a second, and dead every so many of them.
 * Prints one line when it listens; on standard input `count` prints what was carried, `cut` breaks it, `off` and `on` stop and begin the breaking.
 */
import { createInterface } from 'node:readline'
import { TcpProxy } from '../../kit/tcp-proxy.ts'

const [listenPort, targetHost, targetPort, bytesPerSecond, cutEveryMs] = process.argv.slice(2)
const proxy = await TcpProxy.listen({ host: targetHost ?? '', port: Number(targetPort) }, '0.0.0.0', Number(listenPort))
proxy.bytesPerSecond = Number(bytesPerSecond)
let breaks = true
let cuts = 0
setInterval(() => {
  if (!breaks || proxy.connections === 0) return
  cuts++
  proxy.cut()
}, Number(cutEveryMs))
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
